#include "manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attune::index {
namespace {

TEST(Manifest, GivesTheNamesBack) {
  const std::vector<std::string> names = {SegmentFileName(1), SegmentFileName(0xABCDEF), SegmentFileName(~0ULL)};
  const auto parsed = ParseManifest(FormatManifest(names));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, names);
  EXPECT_TRUE(ParseManifest(FormatManifest({})).ok());
}

TEST(Manifest, EveryCutAndEveryFlippedBitIsCorruption) {
  const std::string text = FormatManifest({SegmentFileName(1), SegmentFileName(2)});
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto parsed = ParseManifest(text.substr(0, length));
    ASSERT_FALSE(parsed.ok()) << length;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kCorruption);
  }
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(ParseManifest(damaged).ok()) << bit;
  }
  EXPECT_FALSE(ParseManifest(text + "x").ok());
}

TEST(SegmentFileName, OnlyItsOwnFormIsANumber) {
  EXPECT_EQ(SegmentFileNumber("00000000000000a3.seg"), 0xA3U);
  for (const char* name : {"", "a3.seg", "00000000000000A3.seg", "00000000000000a3.tmp", "0x000000000000a3.seg",
                           "00000000000000a3.seg~", "-0000000000000a3.seg"}) {
    EXPECT_EQ(SegmentFileNumber(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace attune::index

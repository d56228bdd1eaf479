#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "attune/store/page_words.h"
#include "hash_bytes.h"
#include "store_fixture.h"
#include "text_codec.h"
#include "write_notes.h"

namespace attune::store {
namespace {

TEST(TextCodec, UnpacksAPrefixWithoutTheRest) {
  TextPacker packer;
  TextUnpacker unpacker;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
  const std::string packed = Must(packer.Pack(text));
  EXPECT_LT(packed.size(), text.size());
  for (const std::size_t wanted :
       {std::size_t{0}, std::size_t{1}, std::size_t{4'096}, text.size() - 1, text.size(), text.size() + 9}) {
    EXPECT_EQ(Must(unpacker.Unpack(packed, wanted, 1_MiB)), text.substr(0, wanted));
  }
  EXPECT_EQ(unpacker.Unpack(packed, 10, 1_KiB).error().code(), ErrorCode::kExhausted);
}

TEST(TextCodec, EveryTruncationIsDetectedWhenTheEndIsNeeded) {
  TextPacker packer;
  TextUnpacker unpacker;
  std::string text;
  for (int i = 0; i < 200; ++i) text += std::to_string(i * i);
  const std::string packed = Must(packer.Pack(text));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto unpacked = unpacker.Unpack(std::string_view(packed).substr(0, size), SIZE_MAX, 1_MiB);
    EXPECT_TRUE(!unpacked.ok() || *unpacked == text) << size;
  }
}

PageWords SomeWords() {
  PageWords page{.page = 3, .width = 2'480, .height = UINT32_MAX};
  std::mt19937 random(5);
  std::uint32_t at = 0;
  for (int i = 0; i < 300; ++i) {
    at += static_cast<std::uint32_t>(random() % 300);
    page.words.push_back({.byte_begin = at,
                          .byte_end = at + static_cast<std::uint32_t>(random() % 20),
                          .left = static_cast<std::uint32_t>(random()),
                          .top = static_cast<std::uint32_t>(random() % 128),
                          .width = 127,
                          .height = 128,
                          .confidence = static_cast<std::uint8_t>(random() % 101)});
  }
  return page;
}

TEST(PageWordsCodec, PacksAndUnpacks) {
  const PageWords page = SomeWords();
  EXPECT_EQ(Must(UnpackPageWords(3, Must(PackPageWords(page)))), page);
  const PageWords empty{.page = 1};
  EXPECT_EQ(Must(UnpackPageWords(1, Must(PackPageWords(empty)))), empty);
}

TEST(PageWordsCodec, EveryTruncationAndEveryExtraByteIsCorruption) {
  const std::string bytes = Must(PackPageWords(SomeWords()));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto page = UnpackPageWords(3, std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(page.ok()) << size;
    EXPECT_EQ(page.error().code(), ErrorCode::kCorruption);
  }
  EXPECT_FALSE(UnpackPageWords(3, bytes + '\0').ok());
}

TEST(PageWordsCodec, RefusesWordsThatMakeNoSense) {
  for (const PageWord& word : {PageWord{.byte_begin = 5, .byte_end = 4}, PageWord{.confidence = 101}}) {
    EXPECT_EQ(PackPageWords({.words = {word}}).error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_FALSE(PackPageWords({.words = {{.byte_begin = 5, .byte_end = 6}, {.byte_begin = 4, .byte_end = 6}}}).ok());
}

TEST(HashBytes, AreSixteenMostSignificantFirst) {
  const Hash128 hash{0x0102030405060708U, 0x090a0b0c0d0e0f10U};
  const std::string bytes = HashToBytes(hash);
  EXPECT_EQ(bytes, std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"));
  EXPECT_EQ(HashFromBytes(bytes), hash);
  EXPECT_EQ(HashFromBytes("short"), Hash128{});
}

TEST(Tags, AreLines) {
  EXPECT_EQ(Must(JoinTags({})), "");
  EXPECT_TRUE(SplitTags("").empty());
  EXPECT_EQ(SplitTags(Must(JoinTags({"a", "b c"}))), (std::vector<std::string>{"a", "b c"}));
}

}  // namespace
}  // namespace attune::store

#include "utf16.h"

#include <gtest/gtest.h>

#include <vector>

namespace attune::vision {
namespace {

std::string From(const std::vector<unsigned short>& units) { return Utf8FromUtf16({units.data(), units.size()}); }

TEST(Utf8FromUtf16, WritesOneToFourBytes) {
  EXPECT_EQ(From({'a', 0xE9, 0x20AC, 0xD83D, 0xDE00}), "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(Utf8FromUtf16, HalfAPairBecomesTheReplacementCharacter) {
  EXPECT_EQ(From({0xD83D}), "\xEF\xBF\xBD");
  EXPECT_EQ(From({0xDE00, 'x'}), "\xEF\xBF\xBDx");
  EXPECT_EQ(From({0xD83D, 'x'}), "\xEF\xBF\xBDx");
}

TEST(Utf8FromUtf16, DropsMarksAndNul) { EXPECT_EQ(From({0xFEFF, 'a', 0, 'b'}), "ab"); }

}  // namespace
}  // namespace attune::vision

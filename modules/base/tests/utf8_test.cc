#include "attune/base/utf8.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

std::string Utf8(char32_t code) {
  std::string text;
  AppendUtf8(code, text);
  return text;
}

TEST(Utf8Test, EveryLengthBeginsAndEndsWhereTheStandardSays) {
  EXPECT_EQ(Utf8(0), std::string(1, '\0'));
  EXPECT_EQ(Utf8(0x7F), "\x7F");
  EXPECT_EQ(Utf8(0x80), "\xC2\x80");
  EXPECT_EQ(Utf8(0x7FF), "\xDF\xBF");
  EXPECT_EQ(Utf8(0x800), "\xE0\xA0\x80");
  EXPECT_EQ(Utf8(0xFFFF), "\xEF\xBF\xBF");
  EXPECT_EQ(Utf8(0x10000), "\xF0\x90\x80\x80");
  EXPECT_EQ(Utf8(0x10FFFF), "\xF4\x8F\xBF\xBF");
}

TEST(Utf8Test, AppendsToWhatIsThere) {
  std::string text = "5 ";
  AppendUtf8(U'€', text);
  EXPECT_EQ(text, "5 €");
}

}  // namespace
}  // namespace attune

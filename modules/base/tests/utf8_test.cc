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

void ExpectStep(std::string_view text, std::size_t size, bool valid) {
  const Utf8Step step = DecodeUtf8Step(text);
  EXPECT_EQ(step.size, size);
  EXPECT_EQ(step.valid, valid);
}

TEST(Utf8Test, AStepIsOneSequenceOrTheMaximalPartOfABrokenOne) {
  ExpectStep("ab", 1, true);
  ExpectStep("\xE2\x82\xAC€", 3, true);
  ExpectStep("\xF4\x8F\xBF\xBF", 4, true);
  ExpectStep("\xE2\x82", 2, false);
  ExpectStep("\x80", 1, false);
  ExpectStep("\xC0\x80", 1, false);          // overlong
  ExpectStep("\xED\xA0\x80", 1, false);      // a surrogate
  ExpectStep("\xF4\x90\x80\x80", 1, false);  // above U+10FFFF
}

TEST(Utf8Test, AppendsToWhatIsThere) {
  std::string text = "5 ";
  AppendUtf8(U'€', text);
  EXPECT_EQ(text, "5 €");
}

}  // namespace
}  // namespace attune

#include "attune/base/ascii.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
  EXPECT_EQ(ToLower('A'), 'a');
  EXPECT_EQ(ToLower('Z'), 'z');
  EXPECT_EQ(ToLower('@'), '@');  // the neighbours of the letters
  EXPECT_EQ(ToLower('['), '[');
  EXPECT_EQ(ToLower('\xC4'), '\xC4');  // not of ASCII
}

TEST(Ascii, KnowsLettersAndDigits) {
  EXPECT_TRUE(IsLetter('q') && IsLetter('Q'));
  EXPECT_FALSE(IsLetter('_') || IsLetter('`') || IsLetter('{') || IsLetter('5'));
  EXPECT_TRUE(IsDigit('0') && IsDigit('9'));
  EXPECT_FALSE(IsDigit('/') || IsDigit(':'));
}

TEST(Ascii, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoringCase("Content-Type", "cONTENT-tYPE"));
  EXPECT_FALSE(EqualsIgnoringCase("Content-Type", "Content"));
  EXPECT_TRUE(StartsWithIgnoringCase("FROM scratch", "from "));
  EXPECT_FALSE(StartsWithIgnoringCase("FRO", "from"));
  EXPECT_TRUE(StartsWithIgnoringCase("", ""));
}

TEST(Ascii, TellsBlankText) {
  EXPECT_TRUE(IsBlank("") && IsBlank(" \t\r\n\f\v"));
  EXPECT_FALSE(IsBlank(" . "));
}

TEST(Ascii, TrimsWhatItIsTold) {
  EXPECT_EQ(Trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(Trim(" \t\r\n"), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(TrimLeft("  a "), "a ");
  EXPECT_EQ(TrimRight("  a; ", "; "), "  a");
  EXPECT_EQ(Trim("\na\n", " "), "\na\n");
}

}  // namespace
}  // namespace attune

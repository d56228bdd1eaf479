#include "attune/console/text_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace attune::console {
namespace {

using namespace std::string_literals;

TEST(TextEncoding, Utf8PassesUnchanged) {
  const std::string text = "naïve \xF0\x9F\x98\x80 text\n";
  const DecodedText decoded = DecodeText(text);
  EXPECT_EQ(decoded.text, text);
  EXPECT_EQ(decoded.encoding, TextEncoding::kUtf8);
  EXPECT_EQ(decoded.bytes_replaced, 0U);
  EXPECT_EQ(DecodeText("").text, "");
}

TEST(TextEncoding, AByteOrderMarkIsTakenAway) { EXPECT_EQ(DecodeText("\xEF\xBB\xBFx").text, "x"); }

TEST(TextEncoding, Utf16IsConverted) {
  const DecodedText little = DecodeText("\xFF\xFEh\0\xE9\0\x3D\xD8\x00\xDE"s);
  EXPECT_EQ(little.text, "h\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(little.encoding, TextEncoding::kUtf16LittleEndian);
  EXPECT_EQ(DecodeText("\xFE\xFF\0h\0i"s).text, "hi");
}

TEST(TextEncoding, BrokenUtf16IsRepairedAndCounted) {
  EXPECT_EQ(DecodeText("\xFF\xFE\x00\xD8h\0"s).text, "\xEF\xBF\xBDh") << "half a pair";
  EXPECT_EQ(DecodeText("\xFF\xFE\x00\xD8h\0"s).bytes_replaced, 2U);
  EXPECT_EQ(DecodeText("\xFF\xFEh"s).bytes_replaced, 1U) << "half a unit";
}

TEST(TextEncoding, Latin1IsRecognised) {
  const DecodedText decoded = DecodeText(
      "Stra\xDF"
      "e, caf\xE9, \xA9 and more text");
  EXPECT_EQ(decoded.encoding, TextEncoding::kLatin1);
  EXPECT_EQ(decoded.text, "Straße, café, © and more text");
  EXPECT_EQ(decoded.bytes_replaced, 0U);
}

TEST(TextEncoding, OtherBytesAreRepairedOncePerRunAndCounted) {
  const DecodedText decoded = DecodeText(
      "ab\x80\x81\x82"
      "cd\xC3");
  EXPECT_EQ(decoded.text,
            "ab\xEF\xBF\xBD"
            "cd\xEF\xBF\xBD");
  EXPECT_EQ(decoded.bytes_replaced, 4U);
}

TEST(TextEncoding, TheValidPrefixEndsBeforeWhatNoUtf8Has) {
  EXPECT_EQ(ValidUtf8Prefix("abcdefghij\xC3\xA9"), 12U);
  EXPECT_EQ(ValidUtf8Prefix("a\xC0\x80"), 1U) << "overlong";
  EXPECT_EQ(ValidUtf8Prefix("a\xE0\x80\x80"), 1U) << "overlong";
  EXPECT_EQ(ValidUtf8Prefix("a\xED\xA0\x80"), 1U) << "a surrogate";
  EXPECT_EQ(ValidUtf8Prefix("a\xF4\x90\x80\x80"), 1U) << "beyond the last code point";
  EXPECT_EQ(ValidUtf8Prefix("a\xF5"), 1U);
  EXPECT_EQ(ValidUtf8Prefix("a\xE2\x82"), 1U) << "cut off";
}

TEST(TextEncoding, NulBytesAndManyControlsAreBinary) {
  EXPECT_TRUE(LooksBinary("ELF\0"s));
  EXPECT_TRUE(LooksBinary("\x01\x02\x03 text"));
  EXPECT_FALSE(LooksBinary("tab\t, form feed\f and \x1B[1mcolour\x1B[0m\n"));
  EXPECT_FALSE(LooksBinary("\xFF\xFEh\0i\0"s));
  EXPECT_FALSE(LooksBinary(""));
  EXPECT_FALSE(LooksBinary(std::string(8192, 'a') + '\0')) << "only the head decides";
}

TEST(TextEncoding, TheLongestLineIsMeasuredWithoutItsEnd) {
  EXPECT_EQ(LongestLine(""), 0U);
  EXPECT_EQ(LongestLine("ab\nabc\n"), 3U);
  EXPECT_EQ(LongestLine("ab\nabcd"), 4U);
}

}  // namespace
}  // namespace attune::console

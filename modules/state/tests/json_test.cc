#include "attune/state/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "json_fault.h"

namespace attune::state {
namespace {

std::string MessageOf(std::string_view text, ParseLimits limits = {}) {
  const auto parsed = ParseJson(text, limits);
  return parsed.ok() ? "accepted: " + PrintJson(*parsed) : parsed.error().ToString();
}

TEST(ParseJsonTest, ReadsEveryKind) {
  const auto parsed = ParseJson(R"( {"n":null,"t":true,"f":false,"i":-5,"d":2.5,"s":"\u00e9\n","a":[1,[]],"o":{}} )");
  ASSERT_TRUE(parsed.ok());
  const Value expected =
      Object{{"n", nullptr},           {"t", true},    {"f", false}, {"i", -5}, {"d", 2.5}, {"s", "é\n"},
             {"a", Array{1, Array{}}}, {"o", Object{}}};
  EXPECT_EQ(*parsed, expected);
}

TEST(ParseJsonTest, ScalarsAreDocumentsToo) {
  EXPECT_EQ(*ParseJson("7"), Value(7));
  EXPECT_EQ(*ParseJson("\"x\""), Value("x"));
  EXPECT_EQ(*ParseJson("null\n"), Value());
}

TEST(ParseJsonTest, AByteOrderMarkIsSkippedAndCountsInPositions) {
  EXPECT_EQ(*ParseJson("\xEF\xBB\xBF[1]"), Value(Array{1}));
  EXPECT_EQ(MessageOf("\xEF\xBB\xBF[1"), "INVALID_ARGUMENT: JSON 1:6: expected ',' or ']', found the end of the text");
}

TEST(ParseJsonTest, IntegersAreExactUpTo64Bits) {
  EXPECT_EQ(ParseJson("9223372036854775807")->AsInt(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseJson("-9223372036854775808")->AsInt(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseJson("9223372036854775808")->AsUint(), std::uint64_t{1} << 63U);
  EXPECT_EQ(ParseJson("18446744073709551615")->AsUint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(MessageOf("18446744073709551616"),
            "INVALID_ARGUMENT: JSON 1:1: the integer 18446744073709551616 does not fit 64 bits");
  EXPECT_EQ(MessageOf("[1,\n -9223372036854775809]"),
            "INVALID_ARGUMENT: JSON 2:2: the integer -9223372036854775809 does not fit 64 bits");
  EXPECT_EQ(ParseJson("-0")->AsInt(), 0);
}

TEST(ParseJsonTest, DoublesAreCorrectlyRoundedAndBounded) {
  EXPECT_EQ(ParseJson("1.0")->kind(), Kind::kDouble);
  EXPECT_EQ(ParseJson("0.1")->AsDouble(), 0.1);
  EXPECT_EQ(ParseJson("1e308")->AsDouble(), 1e308);
  EXPECT_EQ(ParseJson("1e-400")->AsDouble(), 0.0);
  EXPECT_TRUE(std::signbit(*ParseJson("-0.0")->AsDouble()));
  EXPECT_EQ(MessageOf("1e400"), "INVALID_ARGUMENT: JSON 1:1: the number 1e400 is too large for a double");
  EXPECT_EQ(MessageOf("[0.5e+999999999999999999999]"),
            "INVALID_ARGUMENT: JSON 1:2: the number 0.5e+999999999999999999999 is too large for a double");
}

TEST(ParseJsonTest, DuplicateKeysKeepTheLastValueInTheFirstPlace) {
  EXPECT_EQ(PrintJson(*ParseJson(R"({"a":1,"b":2,"a":3})")), R"({"a":3,"b":2})");
}

TEST(ParseJsonTest, ManyMembersWithOneKeyCostLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) {
    text += "\"k" + std::to_string(i) + "\":0,";
  }
  text += "\"last\":1}";
  EXPECT_EQ(ParseJson(text)->AsObject()->size(), 200'001U);
}

TEST(ParseJsonTest, ErrorsNameLineColumnAndWhatWasFound) {
  EXPECT_EQ(MessageOf(""), "INVALID_ARGUMENT: JSON 1:1: the text is empty; a JSON value was expected");
  EXPECT_FALSE(ParseJson(std::string_view()).ok()) << "a view of nothing at all";
  EXPECT_EQ(MessageOf(" \n\t"), "INVALID_ARGUMENT: JSON 2:2: the text is empty; a JSON value was expected");
  EXPECT_EQ(MessageOf("{\n  \"a\": 1,\n}"), "INVALID_ARGUMENT: JSON 3:1: expected a key in quotes, found '}'");
  EXPECT_EQ(MessageOf("[1,]"), "INVALID_ARGUMENT: JSON 1:4: expected a value, found ']'");
  EXPECT_EQ(MessageOf("[1 2]"), "INVALID_ARGUMENT: JSON 1:4: expected ',' or ']', found '2'");
  EXPECT_EQ(MessageOf("{\"a\" 1}"), "INVALID_ARGUMENT: JSON 1:6: expected ':' after a key, found '1'");
  EXPECT_EQ(MessageOf("[1] x"), "INVALID_ARGUMENT: JSON 1:5: text after the end of the value: 'x'");
  EXPECT_EQ(MessageOf("nul"), "INVALID_ARGUMENT: JSON 1:1: expected a value, found 'n'");
  EXPECT_EQ(MessageOf("nulls"), "INVALID_ARGUMENT: JSON 1:5: unexpected 's'");
  EXPECT_EQ(MessageOf("[01]"), "INVALID_ARGUMENT: JSON 1:2: a number must not begin with 0");
  EXPECT_EQ(MessageOf("[1.]"), "INVALID_ARGUMENT: JSON 1:4: expected a digit, found ']'");
  EXPECT_EQ(MessageOf("\"abc"), "INVALID_ARGUMENT: JSON 1:1: a string that is never closed");
  EXPECT_EQ(MessageOf("\"a\nb\""),
            "INVALID_ARGUMENT: JSON 1:3: a control character (byte 0x0A) inside a string must be escaped");
  EXPECT_EQ(MessageOf("\"\\x\""), "INVALID_ARGUMENT: JSON 1:2: unknown escape: a backslash and 'x'");
  EXPECT_EQ(MessageOf("\"\\u12G4\""), "INVALID_ARGUMENT: JSON 1:2: \\u must be followed by four hexadecimal digits");
}

TEST(ParseJsonTest, InvalidUtf8IsRejectedWhereItStands) {
  EXPECT_EQ(MessageOf("[\"ab\xFF\"]"), "INVALID_ARGUMENT: JSON 1:5: invalid UTF-8 (byte 0xFF)");
  EXPECT_EQ(MessageOf("\"\xC0\x80\""), "INVALID_ARGUMENT: JSON 1:2: invalid UTF-8 (byte 0xC0)");
  EXPECT_EQ(MessageOf("\"\xED\xA0\x80\""), "INVALID_ARGUMENT: JSON 1:2: invalid UTF-8 (byte 0xED)");
}

TEST(ParseJsonTest, HalfASurrogatePairIsRejected) {
  EXPECT_EQ(MessageOf(R"("\ud83d")"), "INVALID_ARGUMENT: JSON 1:2: half a surrogate pair: \\ud83d");
  EXPECT_EQ(MessageOf(R"("x\uDE00")"), "INVALID_ARGUMENT: JSON 1:3: half a surrogate pair: \\uDE00");
  EXPECT_EQ(MessageOf(R"("\ud83d\u0041")"), "INVALID_ARGUMENT: JSON 1:2: half a surrogate pair: \\ud83d");
  EXPECT_EQ(MessageOf(R"({"\udfff":1})"), "INVALID_ARGUMENT: JSON 1:3: half a surrogate pair: \\udfff");
  EXPECT_EQ(*ParseJson(R"("\ud83d\ude00")"), Value("\xF0\x9F\x98\x80"));
}

std::string Brackets(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJsonTest, DepthIsAllowedExactlyUpToItsLimit) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{256}, ParseLimits::kDepthLimit}) {
    EXPECT_TRUE(ParseJson(Brackets(limit), {.depth_max = limit}).ok()) << limit;
    EXPECT_FALSE(ParseJson(Brackets(limit + 1), {.depth_max = limit}).ok()) << limit;
    const std::string empty_object_inside = std::string(limit, '[') + "{}" + std::string(limit, ']');
    EXPECT_FALSE(ParseJson(empty_object_inside, {.depth_max = limit}).ok()) << limit;
  }
}

TEST(ParseJsonTest, AHundredThousandLevelsAreACleanError) {
  EXPECT_EQ(MessageOf(Brackets(100'000)),
            "INVALID_ARGUMENT: JSON 1:257: nesting deeper than 256 levels (byte 256 opens one more)");
  EXPECT_EQ(MessageOf(std::string(100'000, '[')),
            "INVALID_ARGUMENT: JSON 1:257: nesting deeper than 256 levels (byte 256 opens one more)");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_NE(MessageOf(objects).find("nesting deeper than 256 levels"), std::string::npos);
}

TEST(ParseJsonTest, TextAboveTheSizeLimitIsRefusedUnread) {
  EXPECT_TRUE(ParseJson("[1]", {.size_max = 3_B}).ok());
  EXPECT_EQ(ParseJson("[12]", {.size_max = 3_B}).error().code(), ErrorCode::kExhausted);
}

TEST(PrintJsonTest, WritesCompactAndIndented) {
  const Value value = Object{{"a", Array{1, 2}}, {"b", Object{}}, {"c", Array{}}};
  EXPECT_EQ(PrintJson(value), R"({"a":[1,2],"b":{},"c":[]})");
  EXPECT_EQ(PrintJson(value, {.indent = 2}), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

TEST(PrintJsonTest, EscapesWhatMustBeEscapedAndNothingElse) {
  EXPECT_EQ(PrintJson("\"\\/\b\f\n\r\t\x01\x1f\x7f é 😀"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f é 😀\"");
}

TEST(PrintJsonTest, BrokenUtf8BecomesOneReplacementForEachMaximalPart) {
  const std::string replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(PrintJson("a\xFFz"), "\"a" + replacement + "z\"");
  EXPECT_EQ(PrintJson("\xE2\x82z"), "\"" + replacement + "z\"");              // a truncated sequence is one part
  EXPECT_EQ(PrintJson("\xF0\x9F\x98"), "\"" + replacement + "\"");            // also at the end
  EXPECT_EQ(PrintJson("\xC0\x80"), "\"" + replacement + replacement + "\"");  // overlong: two bytes that start nothing
}

TEST(PrintJsonTest, SpecialBytesAreFoundAtEveryAlignment) {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char special : {'"', '\\', '\x01', '\x1f', '\xFF'}) {
        std::string text(size, ' ');
        text[at] = special;
        const std::string printed = PrintJson(text);
        EXPECT_GT(printed.size(), size + 2) << size << ' ' << at;
        ASSERT_TRUE(ParseJson(printed).ok());
      }
    }
  }
}

TEST(PrintJsonTest, DoublesAreShortestAndStayDoubles) {
  EXPECT_EQ(PrintJson(0.1), "0.1");
  EXPECT_EQ(PrintJson(1.0), "1.0");
  EXPECT_EQ(PrintJson(-0.0), "-0.0");
  EXPECT_EQ(PrintJson(1e300), "1e+300");
  EXPECT_EQ(PrintJson(5e-324), "5e-324");
  EXPECT_EQ(PrintJson(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(PrintJson(std::nan("")), "null");
  EXPECT_EQ(PrintJson(-std::numeric_limits<double>::infinity()), "null");
}

TEST(PrintJsonTest, AnyDepthIsPrinted) {
  constexpr std::size_t kDepth = 200'000;
  Value value = Array{};
  for (std::size_t i = 1; i < kDepth; ++i) {
    Array around;
    around.push_back(std::move(value));
    value = Value(std::move(around));
  }
  EXPECT_EQ(PrintJson(value), Brackets(kDepth));
}

TEST(TextPositionTest, CountsLinesAndBytesFromOne) {
  const std::string_view text = "ab\ncd\n";
  EXPECT_EQ(PositionAt(text, 0).line, 1U);
  EXPECT_EQ(PositionAt(text, 0).column, 1U);
  EXPECT_EQ(PositionAt(text, 2).column, 3U);
  EXPECT_EQ(PositionAt(text, 3).line, 2U);
  EXPECT_EQ(PositionAt(text, 3).column, 1U);
  EXPECT_EQ(PositionAt(text, 99).line, 3U);
}

}  // namespace
}  // namespace attune::state

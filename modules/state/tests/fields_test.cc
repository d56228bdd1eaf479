#include "attune/state/fields.h"

#include <gtest/gtest.h>

#include <limits>

namespace attune::state {
namespace {

Value Message() {
  return Object{{"content", "hello"}, {"count", 42},        {"ratio", 0.5},     {"final", true},
                {"tags", Array{"a"}}, {"author", Object{}}, {"parent", nullptr}};
}

TEST(FieldsTest, PresentFieldsComeBackTyped) {
  const Value message = Message();
  EXPECT_EQ(*RequireString(message, "content"), "hello");
  EXPECT_EQ(*RequireInt(message, "count"), 42);
  EXPECT_EQ(*RequireDouble(message, "ratio"), 0.5);
  EXPECT_EQ(*RequireDouble(message, "count"), 42.0);
  EXPECT_EQ(*RequireBool(message, "final"), true);
  EXPECT_EQ((*RequireArray(message, "tags"))->size(), 1U);
  EXPECT_EQ((*RequireObject(message, "author"))->kind(), Kind::kObject);
}

TEST(FieldsTest, AWrongKindNamesTheFieldAndWhatWasFound) {
  const Value message = Message();
  EXPECT_EQ(RequireString(message, "count").error().message(), "field 'count' must be a string, found an integer (42)");
  EXPECT_EQ(RequireInt(message, "content", {}, "messages[3]").error().message(),
            "field 'messages[3].content' must be an integer, found a string (\"hello\")");
  EXPECT_EQ(RequireObject(message, "tags").error().message(), "field 'tags' must be an object, found an array of 1");
  EXPECT_EQ(RequireArray(message, "final").error().message(), "field 'final' must be an array, found a boolean (true)");
}

TEST(FieldsTest, AMissingFieldAndANullOneAreTheSame) {
  for (const char* key : {"absent", "parent"}) {
    const Value message = Message();
    EXPECT_EQ(RequireString(message, key).error().message(),
              "field '" + std::string(key) + "' is missing or null; it must be a string");
    EXPECT_FALSE(OptionalString(message, key)->has_value());
    EXPECT_FALSE(OptionalInt(message, key)->has_value());
    EXPECT_FALSE(OptionalBool(message, key)->has_value());
    EXPECT_FALSE(OptionalDouble(message, key)->has_value());
    EXPECT_EQ(*OptionalArray(message, key), nullptr);
    EXPECT_EQ(*OptionalObject(message, key), nullptr);
  }
}

TEST(FieldsTest, AnOptionalFieldOfAnotherKindIsAnError) {
  EXPECT_EQ(OptionalBool(Message(), "count").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(OptionalArray(Message(), "count").error().code(), ErrorCode::kInvalidArgument);
}

TEST(FieldsTest, IntegersOutsideTheRangeSayTheRange) {
  const Value request = Object{{"limit", 101}, {"huge", std::numeric_limits<std::uint64_t>::max()}};
  EXPECT_EQ(*RequireInt(request, "limit", {.min = 101, .max = 101}), 101);
  EXPECT_EQ(RequireInt(request, "limit", {.min = 1, .max = 100}).error().message(),
            "field 'limit' must be between 1 and 100, found 101");
  EXPECT_EQ(RequireInt(request, "huge", {.min = 1, .max = 100}).error().message(),
            "field 'huge' must be between 1 and 100, found 18446744073709551615");
}

TEST(FieldsTest, SomethingElseThanAnObjectIsNamed) {
  EXPECT_EQ(RequireString(Value(Array{}), "content").error().message(),
            "the value must be an object with field 'content', found an array of 0");
  EXPECT_EQ(RequireInt(Value("x"), "n", {}, "body").error().message(),
            "'body' must be an object with field 'n', found a string (\"x\")");
}

TEST(FieldsTest, UnknownFieldsAreNamedWithWhatIsKnown) {
  const Value request = Object{{"query", "x"}, {"limt", 3}};
  EXPECT_EQ(RejectUnknownFields(request, {"query", "limit"}).error().message(),
            "field 'limt' is not known here; known are: query, limit");
  EXPECT_TRUE(RejectUnknownFields(request, {"query", "limt"}).ok());
}

TEST(FieldsTest, LongStringsAreCutInMessages) {
  const std::string message = RequireInt(Object{{"n", std::string(1000, 'x')}}, "n").error().message();
  EXPECT_LT(message.size(), 120U);
  EXPECT_NE(message.find("…"), std::string::npos);
}

}  // namespace
}  // namespace attune::state

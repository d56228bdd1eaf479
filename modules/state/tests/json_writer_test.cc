#include "attune/state/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "attune/state/value.h"

namespace attune::state {
namespace {

TEST(JsonWriterTest, WritesNestedStructuresWithCommasWhereTheyBelong) {
  std::string out = "data: ";
  JsonWriter json(out);
  json.BeginObject().Key("hits").BeginArray();
  json.String("a").Int(-1).Uint(std::numeric_limits<std::uint64_t>::max()).Double(0.5).Bool(true).Null();
  json.BeginObject().EndObject().BeginArray().EndArray();
  json.EndArray().Key("raw").Raw("[1,2]").Key("tree").Write(Object{{"x", Array{1}}});
  EXPECT_FALSE(json.complete());
  json.EndObject();
  EXPECT_TRUE(json.complete());
  EXPECT_EQ(out, R"(data: {"hits":["a",-1,18446744073709551615,0.5,true,null,{},[]],"raw":[1,2],"tree":{"x":[1]}})");
}

TEST(JsonWriterTest, IndentsTreesInsideStreams) {
  std::string out;
  JsonWriter json(out, {.indent = 1});
  json.BeginArray().Write(Object{{"k", 1}}).EndArray();
  EXPECT_EQ(out, "[\n {\n  \"k\": 1\n }\n]");
}

TEST(JsonWriterTest, AScalarIsACompleteDocument) {
  std::string out;
  JsonWriter json(out);
  json.Int(1);
  EXPECT_TRUE(json.complete());
}

using JsonWriterDeathTest = ::testing::Test;

TEST(JsonWriterDeathTest, MisuseIsABugAndStops) {
  std::string out;
  EXPECT_DEATH(JsonWriter(out).BeginObject().Int(1), "needs a key");
  EXPECT_DEATH(JsonWriter(out).BeginArray().Key("k"), "key outside an object");
  EXPECT_DEATH(JsonWriter(out).Key("k"), "key outside an object");
  EXPECT_DEATH(JsonWriter(out).BeginObject().Key("a").Key("b"), "two JSON keys");
  EXPECT_DEATH(JsonWriter(out).BeginObject().Key("a").EndObject(), "key without a value");
  EXPECT_DEATH(JsonWriter(out).BeginObject().EndArray(), "closes nothing");
  EXPECT_DEATH(JsonWriter(out).EndObject(), "closes nothing");
  EXPECT_DEATH(JsonWriter(out).Int(1).Int(2), "second top-level");
}

}  // namespace
}  // namespace attune::state

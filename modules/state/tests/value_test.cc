#include "attune/state/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

namespace attune::state {
namespace {

constexpr int kDeep = 1'000'000;  // far beyond what recursion on an 8 MiB stack survives

Value Nested(int depth) {
  Value value = Array{};
  for (int i = 1; i < depth; ++i) {
    Array around;
    around.push_back(std::move(value));
    value = Value(std::move(around));
  }
  return value;
}

TEST(ValueTest, IsNullUntilSomethingIsPutIn) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(nullptr).is_null());
  EXPECT_EQ(Value(), Value(nullptr));
}

TEST(ValueTest, TypedGettersAnswerOnlyForTheirKind) {
  const Value number = 42;
  EXPECT_EQ(number.AsInt(), 42);
  EXPECT_EQ(number.AsUint(), 42U);
  EXPECT_EQ(number.AsDouble(), 42.0);
  EXPECT_FALSE(number.AsBool());
  EXPECT_FALSE(number.AsString());
  EXPECT_EQ(number.AsArray(), nullptr);
  EXPECT_EQ(number.AsObject(), nullptr);
  EXPECT_EQ(number.Find("key"), nullptr);
  EXPECT_EQ(Value(true).AsBool(), true);
  EXPECT_FALSE(Value(true).AsInt());
  EXPECT_FALSE(Value(1.5).AsInt());
  EXPECT_FALSE(Value(-1).AsUint());
  EXPECT_FALSE(Value("42").AsInt());
}

TEST(ValueTest, EqualIntegersHaveEqualKindsWhateverTypeTheyCameFrom) {
  EXPECT_EQ(Value(7), Value(std::uint64_t{7}));
  EXPECT_EQ(Value(std::uint64_t{1} << 62U).kind(), Kind::kInt);
  const Value largest = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(largest.kind(), Kind::kUint);
  EXPECT_FALSE(largest.AsInt());
  EXPECT_EQ(largest.AsUint(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(Value(std::numeric_limits<std::int64_t>::min()).AsInt(), std::numeric_limits<std::int64_t>::min());
}

TEST(ValueTest, AnIntegerIsNotTheDoubleOfTheSameSize) {
  EXPECT_FALSE(Value(1) == Value(1.0));
  EXPECT_EQ(Value(std::nan("")), Value(std::nan("")));
}

TEST(ValueTest, StringsKeepTheirBytesOnBothSidesOfTheInlineBorder) {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = static_cast<char>(i * 7);
    }
    const Value value = text;
    const Value copy = value;
    EXPECT_EQ(value.AsString(), text);
    EXPECT_EQ(copy.AsString(), text);
    EXPECT_EQ(copy, value);
    EXPECT_EQ(value.HeapBytes(), Bytes(size > 14 ? size : 0));
  }
}

TEST(ValueTest, MovingLeavesNullBehind) {
  Value from = "a string that is longer than the inline bytes";
  const Value to = std::move(from);
  EXPECT_TRUE(from.is_null());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(to.AsString(), "a string that is longer than the inline bytes");
}

TEST(ValueTest, ACopyIsDeep) {
  Value original = Object{{"list", Array{1, 2}}};
  Value copy = original;
  copy.AsObject()->Find("list")->AsArray()->push_back(3);
  EXPECT_EQ(original.Find("list")->AsArray()->size(), 2U);
  EXPECT_EQ(copy.Find("list")->AsArray()->size(), 3U);
}

TEST(ValueTest, AChildCanReplaceItsParent) {
  Value value = Array{Object{{"inner", "a text that lives on the heap"}}};
  value = std::move(*(*value.AsArray())[0].AsObject()->Find("inner"));
  EXPECT_EQ(value.AsString(), "a text that lives on the heap");
  Value copied = Array{Value(Array{"one"})};  // compilers disagree on Array{Array}
  copied = (*copied.AsArray())[0];
  EXPECT_EQ(copied, Value(Array{"one"}));
}

TEST(ValueTest, DepthCostsMemoryAndNeverStack) {
  const Value deep = Nested(kDeep);
  const Value copy = deep;
  EXPECT_TRUE(copy == deep);
  EXPECT_FALSE(copy == Nested(kDeep - 1));
  EXPECT_GT(copy.HeapBytes(), Bytes(kDeep));
}

TEST(ValueTest, EmptyContainersAllocateNothingAndCanGrow) {
  Value array = Array{};
  Value object = Object{};
  EXPECT_EQ(array.HeapBytes(), Bytes(0));
  EXPECT_EQ(object.HeapBytes(), Bytes(0));
  array.AsArray()->push_back(1);
  object.AsObject()->Set("key", 1);
  EXPECT_EQ(array, Value(Array{1}));
  EXPECT_EQ(object, Value(Object{{"key", 1}}));
  const Value still_empty = Array{};
  EXPECT_TRUE(still_empty.AsArray()->empty());
}

TEST(ValueTest, AtAnswersNullOutsideTheArray) {
  const Value value = Array{1, 2};
  EXPECT_EQ(value.At(1)->AsInt(), 2);
  EXPECT_EQ(value.At(2), nullptr);
  EXPECT_EQ(Value(3).At(0), nullptr);
}

TEST(ObjectTest, KeepsTheOrderOfFirstInsertionAndTheLastValue) {
  const Object object{{"b", 1}, {"a", 2}, {"b", 3}};
  ASSERT_EQ(object.size(), 2U);
  EXPECT_EQ(object.members()[0].key, "b");
  EXPECT_EQ(object.members()[0].value, Value(3));
  EXPECT_EQ(object.members()[1].key, "a");
}

TEST(ObjectTest, EqualityIgnoresTheOrderOfMembers) {
  EXPECT_EQ(Value(Object{{"a", 1}, {"b", 2}}), Value(Object{{"b", 2}, {"a", 1}}));
  EXPECT_FALSE(Value(Object{{"a", 1}, {"b", 2}}) == Value(Object{{"a", 1}, {"c", 2}}));
  EXPECT_FALSE(Value(Object{{"a", 1}}) == Value(Object{{"a", 1}, {"b", 2}}));
}

TEST(ObjectTest, BehavesLikeAMapOnBothSidesOfTheIndexBorder) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 50; ++round) {
    Object object;
    std::map<std::string, std::int64_t> twin;
    for (int step = 0; step < 300; ++step) {
      const std::string key = "key" + std::to_string(random() % (round < 25 ? 30 : 200));
      if (random() % 4 == 0) {
        EXPECT_EQ(object.Remove(key), twin.erase(key) == 1);
      } else {
        object.Set(key, step);
        twin[key] = step;
      }
      ASSERT_EQ(object.size(), twin.size());
      const auto found = twin.find(key);
      const Value* value = object.Find(key);
      ASSERT_EQ(value != nullptr, found != twin.end());
    }
    for (const auto& [key, number] : twin) {
      ASSERT_NE(object.Find(key), nullptr) << key;
      EXPECT_EQ(object.Find(key)->AsInt(), number);
    }
    const Value copy = object;
    for (const auto& [key, number] : twin) {
      EXPECT_EQ(copy.Find(key)->AsInt(), number);
    }
  }
}

}  // namespace
}  // namespace attune::state

#include "chat_timestamp.h"

#include <gtest/gtest.h>

#include <limits>

namespace attune::console {
namespace {

using std::chrono::milliseconds;

std::optional<std::int64_t> Milliseconds(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return time->time_since_epoch().count();
}

TEST(ChatTimestamp, ReadsIsoTextWithAndWithoutZone) {
  EXPECT_EQ(Milliseconds(ParseTimestamp("1970-01-01T00:00:00Z")), 0);
  EXPECT_EQ(Milliseconds(ParseTimestamp("2024-05-01T12:34:56.789123Z")), 1714566896789);
  EXPECT_EQ(Milliseconds(ParseTimestamp("2024-05-01T14:34:56.789+02:00")), 1714566896789);
  EXPECT_EQ(Milliseconds(ParseTimestamp("2024-05-01T09:04:56.789-0330")), 1714566896789);
  EXPECT_EQ(Milliseconds(ParseTimestamp("2024-05-01 12:34")), 1714566840000);
  EXPECT_EQ(Milliseconds(ParseTimestamp("2024-05-01")), 1714521600000);
}

TEST(ChatTimestamp, RefusesWhatIsNoTime) {
  for (const std::string_view text :
       {"", "yesterday", "2024-13-01", "2024-02-30", "2024-05-01T25:00:00Z", "2024-05-01T12", "2024-05-01T12:34:56 UTC",
        "1969-12-31T23:59:59Z", "2024-05-01T12:61:00Z"}) {
    EXPECT_EQ(Milliseconds(ParseTimestamp(text)), std::nullopt) << text;
  }
}

TEST(ChatTimestamp, TellsSecondsMillisecondsAndMicrosecondsApart) {
  const state::Value seconds = 1714566896.789;
  const state::Value milli = 1714566896789;
  const state::Value micro = 1714566896789000;
  for (const state::Value* value : {&seconds, &milli, &micro}) {
    EXPECT_EQ(Milliseconds(ReadTimestamp(value)), 1714566896789);
  }
}

TEST(ChatTimestamp, ANumberOutsideOfTimeIsNothing) {
  for (const double number :
       {-1.0, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    const state::Value value = number;
    EXPECT_EQ(Milliseconds(ReadTimestamp(&value)), std::nullopt);
  }
  const state::Value null;
  EXPECT_EQ(Milliseconds(ReadTimestamp(&null)), std::nullopt);
  EXPECT_EQ(Milliseconds(ReadTimestamp(nullptr)), std::nullopt);
}

TEST(ChatTimestamp, WhatIsWrittenIsReadBackExactly) {
  for (const std::int64_t count : {0L, 1L, 999L, 1714566896789L, 253402300799999L}) {
    const WallTime time{milliseconds(count)};
    EXPECT_EQ(Milliseconds(ParseTimestamp(FormatTimestamp(time))), count) << FormatTimestamp(time);
  }
}

}  // namespace
}  // namespace attune::console

#include "attune/base/duration.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

using namespace std::chrono_literals;

TEST(DurationTest, ReadsWhatPeopleType) {
  EXPECT_EQ(*ParseDuration("50ms"), 50ms);
  EXPECT_EQ(*ParseDuration("1.5s"), 1500ms);
  EXPECT_EQ(*ParseDuration("250us"), 250us);
  EXPECT_EQ(*ParseDuration("0s"), 0ns);
  EXPECT_EQ(*ParseDuration("2h"), 2h);
  EXPECT_EQ(*ParseDuration("1d"), 24h);
}

TEST(DurationTest, RejectsTheRestAndSaysHow) {
  for (const char* text : {"", "ms", "-1s", "5", "5 ms", "1e3s", "nans", "infs", "99999999d", "5mss"}) {
    const auto parsed = ParseDuration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().message().find("50ms"), std::string::npos);
  }
}

TEST(DurationTest, PrintsTheLargestFittingUnit) {
  EXPECT_EQ(ToString(50ms), "50ms");
  EXPECT_EQ(ToString(1500ms), "1.5s");
  EXPECT_EQ(ToString(Duration(0)), "0s");
  EXPECT_EQ(ToString(Duration(870'000)), "870us");
}

}  // namespace
}  // namespace attune

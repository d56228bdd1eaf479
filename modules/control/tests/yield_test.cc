#include "attune/control/yield.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace attune::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class YieldTest : public ::testing::Test {
 protected:
  // One second later; a goal of 50 ms.
  double Busy(double p99_seconds, std::uint64_t completions = 100) {
    now_ += seconds(1);
    return yield_
        .Decide({.now = now_,
                 .p99_seconds = p99_seconds,
                 .completions = completions,
                 .in_flight = 2,
                 .arrivals_per_second = 100})
        .share;
  }
  double Idle(Duration step = seconds(1)) {
    now_ += step;
    return yield_.Decide({.now = now_}).share;
  }

  TimePoint now_{seconds(100)};
  YieldController yield_;
};

TEST_F(YieldTest, StartsAtFullSpeedAndStaysThereWhileNobodyWaits) {
  EXPECT_EQ(yield_.share(), 1);
  EXPECT_EQ(Idle(), 1);
}

TEST_F(YieldTest, ShrinksInBoundedStepsAndNeverToNothing) {
  EXPECT_DOUBLE_EQ(Busy(10), 0.5);
  EXPECT_DOUBLE_EQ(Busy(10), 0.25);
  for (int i = 0; i < 20; ++i) Busy(10);
  EXPECT_DOUBLE_EQ(yield_.share(), 0.05);
}

TEST_F(YieldTest, ShrinksLessWhenItIsOnlyALittleTooSlow) {
  EXPECT_DOUBLE_EQ(Busy(0.040), 0.035 / 0.040);  // 0.7 of the goal is 35 ms
}

TEST_F(YieldTest, StandsBetweenReliefAndPressure) {
  Busy(10);
  for (const double p99 : {0.025, 0.030, 0.035}) EXPECT_DOUBLE_EQ(Busy(p99), 0.5) << p99;
}

TEST_F(YieldTest, GrowsStepByStepWhenThereIsRoom) {
  Busy(10);
  EXPECT_DOUBLE_EQ(Busy(0.001), 0.55);
  EXPECT_DOUBLE_EQ(Busy(0.0249), 0.60);
  for (int i = 0; i < 20; ++i) Busy(0.001);
  EXPECT_EQ(yield_.share(), 1);
}

TEST_F(YieldTest, RecoversFastWhenTheForegroundIsGoneButNotAtTheFirstPause) {
  for (int i = 0; i < 20; ++i) Busy(10);
  EXPECT_DOUBLE_EQ(Idle(milliseconds(499)), 0.05);
  int steps = 0;
  while (Idle() < 1) ++steps;
  EXPECT_LE(steps, 5);
}

TEST_F(YieldTest, ABrokenSignalChangesNothing) {
  Busy(10);
  for (const double p99 : {std::nan(""), -1.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_DOUBLE_EQ(Busy(p99), 0.5) << p99;
  }
}

TEST_F(YieldTest, RequestsOfWhichNoneCompletesShrinkItGentlyAtTheSecondLook) {
  EXPECT_EQ(Busy(0, 0), 1);
  EXPECT_DOUBLE_EQ(Busy(0, 0), 0.8);
  EXPECT_DOUBLE_EQ(Busy(std::nan(""), 0), 0.64);
  Busy(0.030);
  EXPECT_DOUBLE_EQ(Busy(0, 0), 0.64) << "the first look again";
}

TEST_F(YieldTest, DecisionsTooCloseTogetherOrBackInTimeChangeNothing) {
  Busy(10);
  const YieldObservation slow{
      .now = now_ + milliseconds(249), .p99_seconds = 10, .completions = 1, .in_flight = 1, .arrivals_per_second = 1};
  EXPECT_DOUBLE_EQ(yield_.Decide(slow).share, 0.5);
  YieldObservation earlier = slow;
  earlier.now = now_ - seconds(50);
  EXPECT_DOUBLE_EQ(yield_.Decide(earlier).share, 0.5);
  YieldObservation later = slow;
  later.now = now_ + milliseconds(250);
  EXPECT_DOUBLE_EQ(yield_.Decide(later).share, 0.25);
}

TEST_F(YieldTest, EveryDecisionSaysWhy) {
  EXPECT_THAT(yield_.Decide({.now = now_}).reason, HasSubstr("idle"));
  now_ += seconds(1);
  EXPECT_THAT(yield_.Decide({.now = now_, .p99_seconds = 1, .completions = 1}).reason, HasSubstr("above the goal"));
  EXPECT_THAT(yield_.State(), HasSubstr("share 0.500"));
}

TEST(YieldConfig, NamesTheFieldThatMakesNoSense) {
  EXPECT_TRUE(Validate(YieldConfig{}).ok());
  EXPECT_THAT(Validate({.goal_p99 = Duration(0)}).error().message(), HasSubstr("goal_p99"));
  EXPECT_THAT(Validate({.pressure = 0}).error().message(), HasSubstr("pressure"));
  EXPECT_THAT(Validate({.relief = 0.7}).error().message(), HasSubstr("relief"));
  EXPECT_THAT(Validate({.shrink_max = 1}).error().message(), HasSubstr("shrink_max"));
  EXPECT_THAT(Validate({.grow_step = std::nan("")}).error().message(), HasSubstr("grow_step"));
  EXPECT_THAT(Validate({.share_min = 0}).error().message(), HasSubstr("share_min"));
  EXPECT_THAT(Validate({.idle_after = Duration(-1)}).error().message(), HasSubstr("idle_after"));
  EXPECT_THAT(Validate({.step_every = Duration(-1)}).error().message(), HasSubstr("step_every"));
}

}  // namespace
}  // namespace attune::control

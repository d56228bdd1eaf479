#include "attune/cache/timing_wheel.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
constexpr Duration kTick{1U << 20U};

class TimingWheelTest : public testing::Test {
 protected:
  void TearDown() override { wheel_.CheckInvariants(); }
  std::vector<Slot> Advance(TimePoint now) {
    std::vector<Slot> due;
    wheel_.Advance(now, [&](Slot slot) { due.push_back(slot); });
    return due;
  }
  TimingWheel wheel_{TimePoint()};
};

TEST_F(TimingWheelTest, NamesASlotWithinATickAfterItsTimeAndNeverBefore) {
  for (const Duration after : {Duration(1ns), Duration(1ms), Duration(70ms), Duration(5s), Duration(5min), Duration(6h),
                               Duration(std::chrono::hours(24 * 30))}) {
    TimingWheel wheel{TimePoint()};
    wheel.Add(3, TimePoint(after));
    int named = 0;
    wheel.Advance(TimePoint(after - 1ns), [&](Slot) { ++named; });
    EXPECT_EQ(named, 0) << after.count();
    wheel.Advance(TimePoint(after + kTick), [&](Slot) { ++named; });
    EXPECT_EQ(named, 1) << after.count();
  }
}

TEST_F(TimingWheelTest, WhatIsLateAlreadyComesWithTheNextTick) {
  Advance(TimePoint(10s));
  wheel_.Add(1, TimePoint(1s));
  EXPECT_TRUE(Advance(TimePoint(10s)).empty());
  EXPECT_EQ(Advance(TimePoint(10s + 2 * kTick)), std::vector<Slot>{1});
}

TEST_F(TimingWheelTest, ARemovedSlotIsNotNamed) {
  wheel_.Add(1, TimePoint(1s));
  wheel_.Add(2, TimePoint(1s));
  wheel_.Remove(1);
  wheel_.Remove(9);
  EXPECT_EQ(Advance(TimePoint(2s)), std::vector<Slot>{2});
}

TEST_F(TimingWheelTest, TimeThatRunsBackwardsDoesNothing) {
  wheel_.Add(1, TimePoint(5s));
  Advance(TimePoint(4s));
  EXPECT_TRUE(Advance(TimePoint(1s)).empty());
  EXPECT_EQ(Advance(TimePoint(6s)).size(), 1U);
}

TEST_F(TimingWheelTest, AgreesWithASortedListOverAllScales) {
  std::mt19937_64 random(3);
  std::map<Slot, TimePoint> twin;
  TimePoint now;
  for (int i = 0; i < 20'000; ++i) {
    const Slot slot = static_cast<Slot>(random() % 300);
    if (twin.contains(slot)) {
      wheel_.Remove(slot);
      twin.erase(slot);
    } else {
      const TimePoint at = now + Duration(static_cast<Duration::rep>(random() >> (20 + random() % 40)));
      wheel_.Add(slot, at);
      twin.emplace(slot, at);
    }
    if (i % 16 == 0) {
      now += Duration(static_cast<Duration::rep>(random() >> (24 + random() % 30)));
      for (const Slot due : Advance(now)) {
        ASSERT_TRUE(twin.contains(due));
        ASSERT_LE(twin.at(due), now);
        twin.erase(due);
      }
      for (const auto& [left, at] : twin) {
        ASSERT_GT(at + 2 * kTick, now) << "slot " << left << " was forgotten";
      }
    }
  }
}

}  // namespace
}  // namespace attune::cache

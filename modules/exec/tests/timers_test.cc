#include "attune/exec/timers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <string>
#include <thread>

namespace attune::exec {
namespace {

TimePoint At(int ns) { return TimePoint(Duration(ns)); }

TEST(TimerQueueTest, RunsWhatIsDueInOrderOfTimeThenOfScheduling) {
  TimerQueue timers;
  std::string order;
  ASSERT_TRUE(timers.Schedule(At(20), [&] { order += 'c'; }).ok());
  ASSERT_TRUE(timers.Schedule(At(10), [&] { order += 'a'; }).ok());
  ASSERT_TRUE(timers.Schedule(At(10), [&] { order += 'b'; }).ok());
  EXPECT_EQ(timers.NextDue(), At(10));
  EXPECT_EQ(timers.RunDue(At(9)), 0U);
  EXPECT_EQ(timers.RunDue(At(10)), 2U);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(timers.RunDue(At(100)), 1U);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(timers.NextDue(), std::nullopt);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(TimerQueueTest, RepeatingTimersKeepTheirRhythmAndNeverCatchUp) {
  TimerQueue timers;
  int runs = 0;
  ASSERT_TRUE(timers.ScheduleEvery(At(10), Duration(10), [&] { ++runs; }).ok());
  EXPECT_EQ(timers.RunDue(At(10)), 1U);
  EXPECT_EQ(timers.NextDue(), At(20));
  EXPECT_EQ(timers.RunDue(At(45)), 1U);
  EXPECT_EQ(timers.NextDue(), At(50));
  EXPECT_EQ(timers.RunDue(At(50)), 1U);
  EXPECT_EQ(timers.NextDue(), At(60));
  EXPECT_EQ(runs, 3);
}

TEST(TimerQueueTest, ACancelledTimerDoesNotRun) {
  TimerQueue timers;
  int runs = 0;
  const TimerId id = *timers.Schedule(At(10), [&] { ++runs; });
  EXPECT_TRUE(timers.Cancel(id));
  EXPECT_FALSE(timers.Cancel(id));
  EXPECT_EQ(timers.RunDue(At(10)), 0U);
  EXPECT_EQ(runs, 0);
}

TEST(TimerQueueTest, ACallbackMayCancelItselfAndOthersThatAreDueToo) {
  TimerQueue timers;
  int runs = 0;
  TimerId self{};
  TimerId other{};
  self = *timers.ScheduleEvery(At(1), Duration(1), [&] {
    ++runs;
    EXPECT_FALSE(timers.Cancel(self));
    EXPECT_TRUE(timers.Cancel(other));
  });
  other = *timers.Schedule(At(1), [&] { ADD_FAILURE() << "was cancelled"; });
  timers.RunDue(At(1));
  timers.RunDue(At(5));
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(TimerQueueTest, WhatACallbackSchedulesForNowRunsInTheNextCall) {
  TimerQueue timers;
  int runs = 0;
  ASSERT_TRUE(timers.Schedule(At(1), [&] { ASSERT_TRUE(timers.Schedule(At(1), [&] { ++runs; }).ok()); }).ok());
  EXPECT_EQ(timers.RunDue(At(1)), 1U);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(timers.RunDue(At(1)), 1U);
  EXPECT_EQ(runs, 1);
}

TEST(TimerQueueTest, TheNumberOfTimersIsBounded) {
  TimerQueue timers({.timers_max = 1});
  ASSERT_TRUE(timers.Schedule(At(1), [] {}).ok());
  EXPECT_EQ(timers.Schedule(At(1), [] {}).error().code(), ErrorCode::kExhausted);
}

TEST(TimerQueueTest, CancelWaitsForACallbackThatRunsElsewhere) {
  TimerQueue timers;
  std::binary_semaphore inside{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> finished = false;
  const TimerId id = *timers.Schedule(At(1), [&] {
    inside.release();
    go_on.acquire();
    finished = true;
  });
  std::jthread runner([&] { timers.RunDue(At(1)); });
  inside.acquire();
  std::latch cancelling(1);
  std::jthread canceller([&] {
    cancelling.count_down();
    EXPECT_FALSE(timers.Cancel(id));
    EXPECT_TRUE(finished);
  });
  cancelling.wait();
  go_on.release();
}

TEST(TimerQueueTest, WhileOneThreadRunsTimersAnotherFindsNothingToDo) {
  TimerQueue timers;
  ASSERT_TRUE(timers.Schedule(At(1), [&] { EXPECT_EQ(timers.RunDue(At(10)), 0U); }).ok());
  ASSERT_TRUE(timers.Schedule(At(2), [] {}).ok());
  EXPECT_EQ(timers.RunDue(At(1)), 1U);
}

TEST(TimerThreadTest, RunsTimersByTheRealClockAlsoEarlierOnesThatComeLater) {
  TimerQueue timers;
  const TimePoint now = SystemClock().Now();
  ASSERT_TRUE(timers.Schedule(now + std::chrono::hours(1), [] {}).ok());
  std::latch ran(3);
  TimerThread thread(timers, SystemClock());
  ASSERT_TRUE(timers
                  .ScheduleEvery(now, std::chrono::milliseconds(1),
                                 [&] {
                                   if (!ran.try_wait()) {
                                     ran.count_down();
                                   }
                                 })
                  .ok());
  ran.wait();
}

TEST(TimerThreadTest, EndsAtOnceWhateverIsScheduled) {
  TimerQueue timers;
  ASSERT_TRUE(timers.Schedule(SystemClock().Now() + std::chrono::hours(1), [] {}).ok());
  {
    TimerThread thread(timers, SystemClock());
  }
  {
    TimerThread again(timers, SystemClock());
  }
  EXPECT_EQ(timers.size(), 1U);
}

// For ThreadSanitizer.
TEST(TimerHammerTest, SchedulingCancellingAndRunningAtOnceKeepsThePromiseOfCancel) {
  TimerQueue timers;
  TimerThread thread(timers, SystemClock());
  std::vector<std::jthread> users;
  for (int t = 0; t < 3; ++t) {
    users.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        auto alive = std::make_unique<int>(0);
        const auto id = timers.ScheduleEvery(SystemClock().Now() + Duration(i * 10), std::chrono::microseconds(20),
                                             [raw = alive.get()] { ++*raw; });
        ASSERT_TRUE(id.ok());
        timers.Cancel(*id);
        alive.reset();  // a callback after Cancel would touch freed memory
      }
    });
  }
  users.clear();
  EXPECT_EQ(timers.size(), 0U);
}

}  // namespace
}  // namespace attune::exec

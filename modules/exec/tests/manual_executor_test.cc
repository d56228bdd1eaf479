#include "attune/exec/manual_executor.h"

#include <gtest/gtest.h>

#include <string>

namespace attune::exec {
namespace {

TEST(ManualExecutorTest, RunsNothingUntilItIsTold) {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::string order;
  ASSERT_TRUE(executor.TrySubmit(Lane::kBlocking, [&] { order += 'c'; }).ok());
  ASSERT_TRUE(executor.TrySubmit(Lane::kBackground, [&] { order += 'b'; }).ok());
  ASSERT_TRUE(executor.TrySubmit(Lane::kInteractive, [&] { order += 'a'; }).ok());
  EXPECT_EQ(order, "");
  EXPECT_EQ(executor.queued(), 3U);
  EXPECT_TRUE(executor.RunOne());
  EXPECT_EQ(order, "a");
  EXPECT_EQ(executor.RunUntilIdle(), 2U);
  EXPECT_EQ(order, "abc");
  EXPECT_FALSE(executor.RunOne());
}

TEST(ManualExecutorTest, OneLaneCanBeRunAlone) {
  ManualClock clock;
  ManualExecutor executor(clock);
  ASSERT_TRUE(executor.TrySubmit(Lane::kInteractive, [] {}).ok());
  EXPECT_FALSE(executor.RunOne(Lane::kBackground));
  EXPECT_TRUE(executor.RunOne(Lane::kInteractive));
}

TEST(ManualExecutorTest, DeadlinesFollowTheManualClock) {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::string seen;
  const auto submit = [&] {
    ASSERT_TRUE(executor
                    .TrySubmit(Lane::kInteractive,
                               Task([&] { seen = "run"; }, [&](const Error& why) { seen = ToString(why.code()); }),
                               {.deadline = clock.Now() + Duration(2)})
                    .ok());
  };
  submit();
  clock.Advance(Duration(1));
  executor.RunOne();
  EXPECT_EQ(seen, "run");
  submit();
  clock.Advance(Duration(2));
  executor.RunOne();
  EXPECT_EQ(seen, ToString(ErrorCode::kDeadline));
}

TEST(ManualExecutorTest, FullIsRefusedAndShutdownDrops) {
  ManualClock clock;
  ManualExecutor executor(clock, {.queue_max = 1});
  int dropped = 0;
  ASSERT_TRUE(executor.Submit(Lane::kBackground, Task([] {}, [&](const Error&) { ++dropped; })).ok());
  EXPECT_EQ(executor.Submit(Lane::kBackground, [] {}).error().code(), ErrorCode::kExhausted);
  executor.Shutdown();
  EXPECT_EQ(dropped, 1);
  EXPECT_EQ(executor.TrySubmit(Lane::kBackground, [] {}).error().code(), ErrorCode::kCancelled);
}

TEST(ManualExecutorTest, ATaskThatSubmitsItselfForEverIsStoppedByTheBound) {
  ManualClock clock;
  ManualExecutor executor(clock);
  std::function<void()> again = [&] { (void)executor.TrySubmit(Lane::kBackground, Task(again)); };
  again();
  EXPECT_EQ(executor.RunUntilIdle(50), 50U);
}

}  // namespace
}  // namespace attune::exec

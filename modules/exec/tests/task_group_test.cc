#include "attune/exec/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "attune/exec/executor.h"
#include "attune/exec/manual_executor.h"

namespace attune::exec {
namespace {

TEST(TaskGroupTest, WaitReturnsAfterEveryPiece) {
  Executor executor(SystemClock(), {});
  TaskGroup group(executor);
  std::atomic<int> runs = 0;
  for (int i = 0; i < 500; ++i) {
    group.Run([&] { ++runs; });
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(runs, 500);
}

TEST(TaskGroupTest, AnEmptyGroupIsDone) {
  ManualClock clock;
  ManualExecutor executor(clock);
  TaskGroup group(executor);
  EXPECT_TRUE(group.Wait().ok());
}

TEST(TaskGroupTest, WhoWaitsDoesThePiecesThatNobodyElseDoes) {
  ManualClock clock;
  ManualExecutor nobody_runs_it(clock);
  TaskGroup group(nobody_runs_it);
  int runs = 0;
  group.Run([&] { ++runs; });
  group.Run([&] { group.Run([&] { ++runs; }); });
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(runs, 2);
  EXPECT_GT(nobody_runs_it.RunUntilIdle(), 0U);  // invitations that come too late do nothing
  EXPECT_EQ(runs, 2);
}

TEST(TaskGroupTest, AStoppedExecutorOnlyMeansNoHelp) {
  Executor executor(SystemClock(), {});
  executor.Shutdown(Executor::Pending::kRun);
  TaskGroup group(executor);
  int runs = 0;
  for (int i = 0; i < 10; ++i) {
    group.Run([&] { ++runs; });
  }
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(runs, 10);
}

TEST(TaskGroupTest, BeyondItsBoundRunDoesThePieceItself) {
  ManualClock clock;
  ManualExecutor executor(clock, {.queue_max = 1});
  TaskGroup group(executor);
  std::size_t runs = 0;
  for (std::size_t i = 0; i < TaskGroup::kPiecesMax; ++i) {
    group.Run([&] { ++runs; });
  }
  EXPECT_EQ(runs, 0U);
  group.Run([&] { ++runs; });
  EXPECT_EQ(runs, 1U);
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(runs, TaskGroup::kPiecesMax + 1);
}

TEST(TaskGroupTest, TheFirstErrorCancelsTheRestAndComesBackOnce) {
  ManualClock clock;
  ManualExecutor executor(clock);
  TaskGroup group(executor);
  int runs = 0;
  group.Run([]() -> Status { return Error(ErrorCode::kCorruption, "segment 3 is broken"); });
  group.Run([&]() -> Status {
    ++runs;
    return OkStatus();
  });
  const std::stop_token stop = group.stop_token();
  EXPECT_EQ(group.Wait().error().message(), "segment 3 is broken");
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(runs, 0);
  EXPECT_FALSE(group.stop_token().stop_requested());
  group.Run([&] { ++runs; });
  EXPECT_TRUE(group.Wait().ok());
  EXPECT_EQ(runs, 1);
}

TEST(TaskGroupTest, CancelDropsWhatHasNotBegun) {
  ManualClock clock;
  ManualExecutor executor(clock);
  TaskGroup group(executor);
  int runs = 0;
  group.Run([&] { ++runs; });
  group.Cancel();
  group.Run([&] { ++runs; });
  EXPECT_EQ(group.Wait().error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(runs, 0);
}

TEST(TaskGroupTest, DestructionWaitsForRunningPieces) {
  Executor executor(SystemClock(), {});
  std::atomic<bool> finished = false;
  {
    std::latch inside(1);
    TaskGroup group(executor);
    group.Run([&] {
      inside.count_down();
      while (!group.stop_token().stop_requested()) {
        std::this_thread::yield();
      }
      finished = true;
    });
    inside.wait();
  }
  EXPECT_TRUE(finished);
}

int Fibonacci(Executor& executor, int n) {
  if (n < 2) {
    return n;
  }
  int left = 0;
  int right = 0;
  TaskGroup group(executor);
  group.Run([&] { left = Fibonacci(executor, n - 1); });
  group.Run([&] { right = Fibonacci(executor, n - 2); });
  EXPECT_TRUE(group.Wait().ok());
  return left + right;
}

TEST(TaskGroupTest, GroupsInsideGroupsNeverDeadlock) {
  Executor executor(SystemClock(), {.workers = 2, .background_queue_max = 8});
  EXPECT_EQ(Fibonacci(executor, 12), 144);
  std::atomic<int> result = 0;
  ASSERT_TRUE(executor.Submit(Lane::kBackground, [&] { result = Fibonacci(executor, 12); }).ok());
  executor.WaitIdle();
  EXPECT_EQ(result, 144);
}

}  // namespace
}  // namespace attune::exec

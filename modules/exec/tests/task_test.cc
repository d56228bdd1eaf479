#include "attune/exec/task.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace attune::exec {
namespace {

const Error kReason(ErrorCode::kCancelled, "because");

TEST(TaskTest, RunsOnceAndIsEmptyAfterwards) {
  int runs = 0;
  Task task = [&] { ++runs; };
  EXPECT_TRUE(task);
  task.Run();
  EXPECT_FALSE(task);
  EXPECT_EQ(runs, 1);
}

TEST(TaskTest, EitherRunsOrIsDroppedWithTheReason) {
  std::string seen;
  Task task([&] { seen = "run"; }, [&](const Error& why) { seen = why.message(); });
  task.Drop(kReason);
  EXPECT_EQ(seen, "because");
  EXPECT_FALSE(task);
}

TEST(TaskTest, DroppingATaskWithoutASecondFunctionDoesNothing) {
  int runs = 0;
  Task task = [&] { ++runs; };
  task.Drop(kReason);
  EXPECT_EQ(runs, 0);
}

// Captures of every size, so that both the inline bytes and the heap are used.
template <std::size_t Size>
void ExpectCapturesSurviveMoves() {
  std::array<unsigned char, Size> bytes;
  for (std::size_t i = 0; i < Size; ++i) {
    bytes[i] = static_cast<unsigned char>(i * 3);
  }
  bool same = false;
  Task first = [bytes, &same] {
    same = true;
    for (std::size_t i = 0; i < Size; ++i) {
      same = same && bytes[i] == static_cast<unsigned char>(i * 3);
    }
  };
  Task second = std::move(first);
  Task third;
  third = std::move(second);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the promise under test
  third.Run();
  EXPECT_TRUE(same) << Size;
}

TEST(TaskTest, CapturesSurviveMovesInlineAndOnTheHeap) {
  ExpectCapturesSurviveMoves<1>();
  ExpectCapturesSurviveMoves<39>();
  ExpectCapturesSurviveMoves<40>();
  ExpectCapturesSurviveMoves<41>();
  ExpectCapturesSurviveMoves<48>();
  ExpectCapturesSurviveMoves<500>();
}

TEST(TaskTest, CapturesDieExactlyOnceWhateverHappensToTheTask) {
  const auto counted = std::make_shared<int>(0);
  {
    std::vector<Task> tasks;
    for (int i = 0; i < 20; ++i) {
      tasks.emplace_back([counted] { ++*counted; });
    }
    tasks[0].Run();
    tasks[1].Drop(kReason);
    tasks[2] = Task();
    tasks[3] = std::move(tasks[4]);
  }
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(*counted, 1);
}

TEST(TaskTest, HoldsWhatCanOnlyBeMoved) {
  int seen = 0;
  Task task = [value = std::make_unique<int>(7), &seen] { seen = *value; };
  Task moved = std::move(task);
  moved.Run();
  EXPECT_EQ(seen, 7);
}

TEST(TaskDeathTest, AnEmptyTaskIsABug) {
  EXPECT_DEATH(Task().Run(), "empty task");
  EXPECT_DEATH(Task().Drop(kReason), "empty task");
}

}  // namespace
}  // namespace attune::exec

#include "attune/exec/bounded_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace attune::exec {
namespace {

TEST(BoundedQueueTest, KeepsOrderAndIsBoundedByItems) {
  BoundedQueue<int> queue({.items_max = 2});
  EXPECT_TRUE(queue.TryPush(1).ok());
  EXPECT_TRUE(queue.TryPush(2).ok());
  EXPECT_EQ(queue.TryPush(3).error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(queue.TryPop(), 1);
  EXPECT_TRUE(queue.TryPush(3).ok());
  EXPECT_EQ(queue.TryPop(), 2);
  EXPECT_EQ(queue.TryPop(), 3);
  EXPECT_EQ(queue.TryPop(), std::nullopt);
}

TEST(BoundedQueueTest, IsBoundedByBytesExactly) {
  BoundedQueue<int> queue({.items_max = 10, .bytes_max = 100_B});
  EXPECT_TRUE(queue.TryPush(1, 60_B).ok());
  EXPECT_FALSE(queue.TryPush(2, 41_B).ok());
  EXPECT_TRUE(queue.TryPush(2, 40_B).ok());
  EXPECT_EQ(queue.bytes(), 100_B);
  EXPECT_FALSE(queue.TryPush(3, 1_B).ok());
  EXPECT_TRUE(queue.TryPush(3, 0_B).ok());
}

TEST(BoundedQueueTest, AnOversizedItemPassesAlone) {
  BoundedQueue<int> queue({.items_max = 10, .bytes_max = 100_B});
  EXPECT_TRUE(queue.TryPush(1, 500_B).ok());
  EXPECT_FALSE(queue.TryPush(2, 0_B).ok());
  EXPECT_EQ(queue.TryPop(), 1);
  EXPECT_TRUE(queue.TryPush(2, 1_B).ok());
  EXPECT_FALSE(queue.TryPush(3, 500_B).ok());
}

TEST(BoundedQueueTest, ARefusedItemStaysWithItsOwner) {
  BoundedQueue<std::unique_ptr<int>> queue({.items_max = 1});
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.TryPush(std::move(first)).ok());
  EXPECT_FALSE(queue.TryPush(std::move(second)).ok());
  ASSERT_NE(second, nullptr);  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueueTest, ClosingGivesOutWhatIsLeftAndRefusesMore) {
  BoundedQueue<int> queue({.items_max = 4});
  EXPECT_TRUE(queue.Push(1).ok());
  queue.Close();
  EXPECT_EQ(queue.Push(2).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(queue.TryPush(2).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(queue.Pop(), 1);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueueTest, AbortDestroysWhatIsLeft) {
  BoundedQueue<std::shared_ptr<int>> queue({.items_max = 4});
  const auto counted = std::make_shared<int>(0);
  EXPECT_TRUE(queue.Push(std::shared_ptr(counted), 10_B).ok());
  EXPECT_EQ(queue.Abort(), 1U);
  EXPECT_EQ(counted.use_count(), 1);
  EXPECT_EQ(queue.bytes(), 0_B);
  EXPECT_EQ(queue.Pop(), std::nullopt);
}

TEST(BoundedQueueTest, WhoWaitsIsWokenByTheOtherSideByCloseAndByItsStopToken) {
  BoundedQueue<int> queue({.items_max = 1});
  std::jthread consumer([&] {
    EXPECT_EQ(queue.Pop(), 1);
    EXPECT_EQ(queue.Pop(), 2);
    EXPECT_EQ(queue.Pop(), std::nullopt);
  });
  EXPECT_TRUE(queue.Push(1).ok());
  EXPECT_TRUE(queue.Push(2).ok());
  queue.Close();
  consumer.join();

  BoundedQueue<int> stopped({.items_max = 1});
  std::jthread pops([&](std::stop_token stop) { EXPECT_EQ(stopped.Pop(std::move(stop)), std::nullopt); });
  pops.request_stop();
  pops.join();
  EXPECT_TRUE(stopped.Push(1).ok());
  std::jthread pushes([&](std::stop_token stop) {
    EXPECT_EQ(stopped.Push(2, {}, std::move(stop)).error().code(), ErrorCode::kCancelled);
  });
  pushes.request_stop();
}

// For ThreadSanitizer: nothing is lost, nothing comes twice.
TEST(BoundedQueueHammerTest, EveryItemArrivesExactlyOnce) {
  constexpr int kItems = 3000;
  BoundedQueue<int> queue({.items_max = 8, .bytes_max = 100_B});
  std::vector<std::atomic<int>> seen(3 * kItems);
  std::vector<std::jthread> consumers;
  for (int c = 0; c < 3; ++c) {
    consumers.emplace_back([&] {
      while (const auto item = queue.Pop()) {
        ++seen[static_cast<std::size_t>(*item)];
      }
    });
  }
  {
    std::vector<std::jthread> producers;
    for (int p = 0; p < 3; ++p) {
      producers.emplace_back([&, p] {
        for (int i = 0; i < kItems; ++i) {
          ASSERT_TRUE(queue.Push(p * kItems + i, Bytes(static_cast<std::uint64_t>(i % 60))).ok());
        }
      });
    }
  }
  queue.Close();
  consumers.clear();
  for (const auto& count : seen) {
    ASSERT_EQ(count, 1);
  }
}

}  // namespace
}  // namespace attune::exec

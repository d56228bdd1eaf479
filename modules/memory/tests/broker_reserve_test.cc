#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "attune/memory/broker.h"
#include "fake_consumers.h"

namespace attune::memory {
namespace {

TEST(BrokerReserveTest, WaitsUntilTheMemoryIsReturned) {
  Broker broker(kConfig, {}, {});
  Reservation holder = *broker.TryReserve("holder", 900_B);
  std::atomic<bool> granted = false;
  std::jthread waiter([&] {
    const auto mine = broker.Reserve("waiter", 500_B, TimePoint::max());
    granted = mine.ok();
  });
  while (broker.Snapshot().waiting == 0) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(granted);
  holder.ReduceTo(401_B);
  EXPECT_EQ(broker.Snapshot().waiting, 1U);
  holder.ReduceTo(400_B);
  waiter.join();
  EXPECT_TRUE(granted);
  EXPECT_EQ(broker.Snapshot().reserved, 400_B);
}

TEST(BrokerReserveTest, MaintainMakesRoomForWhoWaits) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 700_B);
  const Registration registration = *broker.Register(cache);
  std::jthread waiter([&] { EXPECT_TRUE(broker.Reserve("batch", 500_B, TimePoint::max()).ok()); });
  while (broker.Snapshot().waiting == 0) {
    std::this_thread::yield();
  }
  broker.Maintain(At(0));
  waiter.join();
  EXPECT_EQ(cache.bytes(), 400_B);
}

TEST(BrokerReserveTest, GivesUpAtItsDeadlineExactly) {
  Broker broker(kConfig, {}, {});
  const Reservation holder = *broker.TryReserve("holder", 900_B);
  std::optional<ErrorCode> code;
  std::jthread waiter([&] { code = broker.Reserve("late", 1_B, At(200)).error().code(); });
  while (broker.Snapshot().waiting == 0) {
    std::this_thread::yield();
  }
  broker.Maintain(At(199));
  EXPECT_EQ(broker.Snapshot().waiting, 1U);
  broker.Maintain(At(200));
  waiter.join();
  EXPECT_EQ(code, ErrorCode::kDeadline);
  EXPECT_EQ(broker.Reserve("later", 1_B, At(200)).error().code(), ErrorCode::kDeadline);
}

TEST(BrokerReserveTest, StopsWaitingWhenAskedTo) {
  Broker broker(kConfig, {}, {});
  const Reservation holder = *broker.TryReserve("holder", 900_B);
  std::optional<ErrorCode> code;
  std::jthread waiter([&](std::stop_token stop) {
    code = broker.Reserve("batch", 1_B, TimePoint::max(), std::move(stop)).error().code();
  });
  while (broker.Snapshot().waiting == 0) {
    std::this_thread::yield();
  }
  waiter.request_stop();
  waiter.join();
  EXPECT_EQ(code, ErrorCode::kCancelled);
  EXPECT_EQ(broker.Snapshot().waiting, 0U);
}

TEST(BrokerReserveTest, WhatCanNeverFitIsRefusedAtOnce) {
  Broker broker(kConfig, {}, {});
  FakeConsumer index("index", 500_B, 400_B);
  const Registration registration = *broker.Register(index);
  EXPECT_EQ(broker.Reserve("batch", 501_B, TimePoint::max()).error().code(), ErrorCode::kExhausted);
}

TEST(BrokerReserveTest, AWaiterThatGivesUpLetsThoseBehindItIn) {
  Broker broker(kConfig, {}, {});
  const Reservation holder = *broker.TryReserve("holder", 500_B);
  std::jthread large([&] { EXPECT_FALSE(broker.Reserve("large", 800_B, At(10)).ok()); });
  while (broker.Snapshot().waiting == 0) {
    std::this_thread::yield();
  }
  std::jthread small([&] { EXPECT_TRUE(broker.Reserve("small", 100_B, TimePoint::max()).ok()); });
  while (broker.Snapshot().waiting == 1) {
    std::this_thread::yield();
  }
  broker.Maintain(At(10));
}

}  // namespace
}  // namespace attune::memory

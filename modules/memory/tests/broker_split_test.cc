#include <gtest/gtest.h>

#include "attune/memory/broker.h"
#include "fake_consumers.h"

namespace attune::memory {
namespace {

TEST(BrokerSplitTest, FollowersShareWhatIsBelowTheMiddleLineByTheirBenefit) {
  Broker broker(kConfig, {}, {});
  FakeConsumer index("index", 150_B);
  Follower cold("cold", 1);
  Follower hot("hot", 4);
  const Registration first = *broker.Register(index);
  const Registration second = *broker.Register(cold);
  const Registration third = *broker.Register(hot);
  for (int round = 0; round < 200; ++round) {
    broker.Maintain(At(round));
    EXPECT_LE(broker.Snapshot().consumed + 100_B, 850_B) << round;
  }
  EXPECT_GE(cold.bytes() + hot.bytes(), 535_B);  // of 550: up to 800, the middle between the low and the high line
  EXPECT_NEAR(static_cast<double>(hot.bytes().count()) / static_cast<double>(cold.bytes().count()), 4, 0.5);
  EXPECT_EQ(index.bytes(), 150_B);
  EXPECT_TRUE(broker.Snapshot().consumers.at(2).target.has_value());
  EXPECT_FALSE(broker.Snapshot().consumers.at(0).target.has_value());
}

TEST(BrokerSplitTest, FollowersThatHaveGrownLeaveRoomForOthersBeforeAnybodyGives) {
  Broker broker(kConfig, {}, {});
  FakeConsumer index("index", 100_B);
  Follower cache("cache", 1);
  const Registration first = *broker.Register(index);
  const Registration second = *broker.Register(cache);
  Settle(broker);
  const Bytes grown = cache.bytes();
  EXPECT_GE(grown, 585_B);  // of 600
  index.Hold(140_B);        // between the middle and the high line
  const MaintainReport report = broker.Maintain(At(100));
  EXPECT_EQ(report.pressure, Pressure::kNone);
  EXPECT_EQ(report.freed, 0_B);
  EXPECT_EQ(cache.bytes(), grown) << "neither grows nor gives";
  index.Hold(200_B);  // above the high line: down to the low one, and from there only as far as the middle again
  EXPECT_EQ(broker.Maintain(At(101)).pressure, Pressure::kHigh);
  for (int round = 102; round < 200; ++round) {
    EXPECT_EQ(broker.Maintain(At(round)).pressure, Pressure::kNone) << round;
  }
}

TEST(BrokerSplitTest, FreeMemoryGoesBackToTheSystemOnceItIsWorthAWalkThroughTheHeap) {
  int released = 0;
  Broker broker({.limit = 64'000_B, .overhead = 0_B}, {}, [&] { ++released; });
  Follower hot("hot", 1);
  Follower cold("cold", 1);
  const Registration first = *broker.Register(hot);
  const Registration second = *broker.Register(cold);
  Settle(broker);
  EXPECT_EQ(released, 0);
  cold.set_weight(0.5);
  Bytes freed;
  for (int round = 100; freed <= 1000_B; ++round) {
    EXPECT_EQ(released, 0) << freed.count();
    freed = freed + broker.Maintain(At(round)).freed;
  }
  EXPECT_EQ(released, 1);
}

TEST(BrokerSplitTest, AReservationMakesFollowersGiveBeforeItMeetsTheLimit) {
  Broker broker(kConfig, {}, {});
  Follower cache("cache", 1);
  const Registration registration = *broker.Register(cache);
  Settle(broker);
  EXPECT_GE(cache.bytes(), 685_B);  // of 700
  const Reservation batch = *broker.TryReserve("batch", 150_B);
  broker.Maintain(At(200));
  EXPECT_LE(cache.bytes(), 600_B);
}

TEST(BrokerSplitTest, FollowersMakeRoomForWhatWasRefusedAndDoNotTakeItBackAtOnce) {
  Broker broker({.limit = 1000_B, .overhead = 0_B}, {}, {});
  Follower cache("cache", 1);
  const Registration registration = *broker.Register(cache);
  Settle(broker);
  EXPECT_GE(cache.bytes(), 785_B);  // of 800
  EXPECT_FALSE(broker.TryReserve("page", 500_B).ok());
  broker.Maintain(At(100));
  EXPECT_TRUE(broker.TryReserve("page", 500_B).ok());
}

}  // namespace
}  // namespace attune::memory

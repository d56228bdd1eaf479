#include "attune/memory/broker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <random>
#include <semaphore>
#include <thread>

namespace attune::memory {
namespace {

using std::chrono::milliseconds;

constexpr BrokerConfig kConfig{.limit = 1000_B, .overhead = 100_B};

class FakeConsumer : public Consumer {
 public:
  explicit FakeConsumer(std::string name, Bytes held = {}, Bytes minimum = {}, double benefit = 1)
      : name_(std::move(name)), held_(held.count()), minimum_(minimum), benefit_(benefit) {}

  std::string_view name() const noexcept override { return name_; }
  Bytes bytes() const noexcept override { return Bytes(held_.load()); }
  Bytes bytes_min() const noexcept override { return minimum_; }
  double marginal_benefit() const noexcept override { return benefit_; }
  Bytes Shrink(Bytes wanted) override {
    if (on_shrink) {
      on_shrink();
    }
    const Bytes freed = std::min(wanted, bytes());
    held_ -= freed.count();
    return freed;
  }

  void Hold(Bytes held) { held_ = held.count(); }
  std::function<void()> on_shrink;

 private:
  std::string name_;
  std::atomic<std::uint64_t> held_;
  Bytes minimum_;
  double benefit_;
};

TimePoint At(int ms) { return TimePoint(milliseconds(ms)); }

TEST(BrokerTest, ReservationsFitExactlyUpToTheLimit) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 400_B);
  const Registration registration = *broker.Register(cache);
  auto whole = broker.TryReserve("batch", 500_B);
  ASSERT_TRUE(whole.ok());
  EXPECT_FALSE(broker.TryReserve("one more", 1_B).ok());
  EXPECT_TRUE(broker.TryReserve("nothing", 0_B).ok());
  whole->ReduceTo(499_B);
  EXPECT_TRUE(broker.TryReserve("one more", 1_B).ok());
}

TEST(BrokerTest, ARefusalNamesWhoHoldsWhat) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 400_B);
  const Registration registration = *broker.Register(cache);
  const Reservation page = *broker.TryReserve("ocr page", 300_B);
  const auto refused = broker.TryReserve("batch", 201_B);
  EXPECT_EQ(refused.error().ToString(),
            "EXHAUSTED: no 201 of memory for 'batch': 800 of 1000 are in use: cache 400, ocr page (reserved) 300, "
            "process 100");
}

TEST(BrokerTest, AReservationEndsWithItsHolder) {
  Broker broker(kConfig, {}, {});
  {
    Reservation first = *broker.TryReserve("a", 500_B);
    Reservation second = std::move(first);
    EXPECT_EQ(first.bytes(), 0_B);  // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(broker.Snapshot().reserved, 500_B);
    second = *broker.TryReserve("b", 100_B);
    EXPECT_EQ(broker.Snapshot().reserved, 100_B);
  }
  EXPECT_EQ(broker.Snapshot().reserved, 0_B);
  EXPECT_TRUE(broker.Snapshot().reservations.empty());
}

TEST(BrokerTest, MinimaThatDoNotFitAreRefusedWithTheLimitThatWouldDo) {
  Broker broker(kConfig, {}, {});
  FakeConsumer index("index", 0_B, 600_B);
  FakeConsumer cache("cache", 0_B, 301_B);
  const Registration registration = *broker.Register(index);
  EXPECT_EQ(broker.Register(cache).error().message(),
            "memory limit 1000 is too small: with 'cache' at least 1001 are needed");
}

TEST(BrokerTest, TheNumberOfConsumersIsBounded) {
  Broker broker({.limit = 1000_B, .overhead = 0_B, .consumers_max = 1}, {}, {});
  FakeConsumer a("a");
  FakeConsumer b("b");
  Registration first = *broker.Register(a);
  EXPECT_EQ(broker.Register(b).error().code(), ErrorCode::kExhausted);
  first.Release();
  EXPECT_TRUE(broker.Register(b).ok());
}

TEST(BrokerTest, MaintainShrinksTheLeastUsefulAndReleasesFreeMemory) {
  int released = 0;
  Broker broker(kConfig, {}, [&] { ++released; });
  FakeConsumer useful("useful", 400_B, 0_B, 10);
  FakeConsumer idle("idle", 360_B, 0_B, 0.1);
  const Registration first = *broker.Register(useful);
  const Registration second = *broker.Register(idle);
  const MaintainReport report = broker.Maintain(At(0));
  EXPECT_EQ(report.pressure, Pressure::kHigh);
  EXPECT_EQ(report.used, 860_B);
  EXPECT_EQ(report.freed, 110_B);
  EXPECT_EQ(useful.bytes(), 400_B);
  EXPECT_EQ(idle.bytes(), 250_B);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(broker.Maintain(At(100)).pressure, Pressure::kNone);
  EXPECT_EQ(released, 1);
  const BrokerSnapshot snapshot = broker.Snapshot();
  EXPECT_EQ(snapshot.consumers.at(1).shrunk_total, 110_B);
  EXPECT_EQ(snapshot.consumers.at(1).shrinks, 1U);
  EXPECT_EQ(snapshot.consumers.at(0).shrinks, 0U);
  EXPECT_EQ(snapshot.rounds, 2U);
}

TEST(BrokerTest, MeasuredMemoryAloneCausesShrinking) {
  Bytes rss = 870_B;
  Broker broker(kConfig, [&] { return rss; }, {});
  FakeConsumer cache("cache", 200_B);
  const Registration registration = *broker.Register(cache);
  broker.Maintain(At(0));
  EXPECT_EQ(cache.bytes(), 80_B);
  EXPECT_EQ(broker.Snapshot().measured_peak, 870_B);
  EXPECT_FALSE(broker.TryReserve("batch", 131_B).ok());
  EXPECT_TRUE(broker.TryReserve("batch", 130_B).ok());
}

TEST(BrokerTest, ReservationsSinceTheLastMeasurementCountOnTopOfIt) {
  Broker broker(kConfig, [] { return 600_B; }, {});
  broker.Maintain(At(0));
  const Reservation first = *broker.TryReserve("a", 300_B);
  EXPECT_FALSE(broker.TryReserve("b", 101_B).ok());
  broker.Maintain(At(100));  // 600 B are measured with the first reservation in them
  EXPECT_TRUE(broker.TryReserve("b", 101_B).ok());
}

TEST(BrokerTest, AboveTheHardLineEverybodyIsAskedForAllButItsMinimum) {
  Broker broker(kConfig, {}, {});
  FakeConsumer a("a", 500_B, 50_B, 10);
  FakeConsumer b("b", 360_B, 60_B, 1);
  const Registration first = *broker.Register(a);
  const Registration second = *broker.Register(b);
  EXPECT_EQ(broker.Maintain(At(0)).pressure, Pressure::kHard);
  EXPECT_EQ(a.bytes(), 50_B);
  EXPECT_EQ(b.bytes(), 60_B);
}

TEST(BrokerTest, TheNextRoundMakesRoomForWhatWasRefused) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 600_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_FALSE(broker.TryReserve("batch", 500_B).ok());
  broker.Maintain(At(0));
  EXPECT_EQ(cache.bytes(), 400_B);
  EXPECT_TRUE(broker.TryReserve("batch", 500_B).ok());
}

TEST(BrokerTest, HeadroomIsWhatIsLeftBelowTheHighLine) {
  Broker broker(kConfig, {}, {});
  EXPECT_EQ(broker.headroom(), 750_B);
  FakeConsumer cache("cache", 200_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_EQ(broker.headroom(), 550_B);
  Reservation batch = *broker.TryReserve("batch", 600_B);
  EXPECT_EQ(broker.headroom(), 0_B);
  batch.Release();
  EXPECT_EQ(broker.headroom(), 550_B);
}

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

TEST(BrokerRegistrationTest, UnregisteringWaitsForARunningShrink) {
  Broker broker(kConfig, {}, {});
  auto cache = std::make_unique<FakeConsumer>("cache", 800_B);
  std::binary_semaphore inside{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> shrunk = false;
  cache->on_shrink = [&] {
    inside.release();
    go_on.acquire();
    shrunk = true;
  };
  Registration registration = *broker.Register(*cache);
  std::jthread maintainer([&] { broker.Maintain(At(0)); });
  inside.acquire();
  std::jthread owner([&] {
    registration.Release();
    EXPECT_TRUE(shrunk);
    cache.reset();
  });
  while (!broker.Snapshot().consumers.empty()) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(shrunk);
  go_on.release();
}

TEST(BrokerDeathTest, MisuseIsABugAndStops) {
  EXPECT_DEATH(Broker({.limit = 10_B, .overhead = 10_B}, {}, {}), "makes no sense");
  EXPECT_DEATH(
      {
        Broker broker(kConfig, {}, {});
        FakeConsumer cache("cache", 860_B);
        Registration registration = *broker.Register(cache);
        cache.on_shrink = [&] { registration.Release(); };
        broker.Maintain(At(0));
      },
      "inside its own Shrink");
  EXPECT_DEATH(
      {
        Registration registration;
        FakeConsumer cache("cache");
        Broker broker(kConfig, {}, {});
        registration = *broker.Register(cache);
      },
      "outlives its broker");
}

// Follows its target: fills what it is granted, and saves the more the less it has.
class Follower final : public FakeConsumer {
 public:
  Follower(std::string name, double weight) : FakeConsumer(std::move(name)), weight_(weight) {}
  double marginal_benefit() const noexcept override { return weight_ / (1.0 + static_cast<double>(bytes().count())); }
  bool follows_target() const noexcept override { return true; }
  void SetTarget(Bytes target) override { Hold(std::max(bytes(), target)); }
  void set_weight(double weight) { weight_ = weight; }

 private:
  double weight_;
};

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
  for (int round = 0; round < 100; ++round) {
    broker.Maintain(At(round));
  }
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
  for (int round = 0; round < 100; ++round) {
    broker.Maintain(At(round));
  }
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
  for (int round = 0; round < 100; ++round) {
    broker.Maintain(At(round));
  }
  EXPECT_GE(cache.bytes(), 685_B);  // of 700
  const Reservation batch = *broker.TryReserve("batch", 150_B);
  broker.Maintain(At(200));
  EXPECT_LE(cache.bytes(), 600_B);
}

TEST(BrokerSystemTest, TheGroupsLimitIsObeyedWhenItIsTighter) {
  SystemMemory system{.group_room = 100_B};
  Broker broker(kConfig, [] { return 500_B; }, {}, {.system_memory = [&] { return system; }});
  FakeConsumer cache("cache", 400_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_EQ(broker.Maintain(At(0)).pressure, Pressure::kNone);
  EXPECT_EQ(broker.Snapshot().limit_now, 600_B);
  EXPECT_FALSE(broker.TryReserve("batch", 101_B).ok());
  system.group_room = 50_B;
  EXPECT_EQ(broker.Maintain(At(1)).pressure, Pressure::kHigh);  // 500 of 550
  EXPECT_LT(cache.bytes(), 400_B);
  system.group_room.reset();
  broker.Maintain(At(2));
  EXPECT_EQ(broker.Snapshot().limit_now, 1000_B);
}

TEST(BrokerSystemTest, ASystemThatStallsIsGivenAPartFarBelowTheMarks) {
  SystemMemory system{.stalls = sys::Pressure{.some_10s = 0.5}};
  Broker broker(kConfig, [] { return 400_B; }, {}, {.system_memory = [&] { return system; }});
  FakeConsumer cache("cache", 300_B);
  const Registration registration = *broker.Register(cache);
  const MaintainReport report = broker.Maintain(At(0));
  EXPECT_EQ(report.pressure, Pressure::kHigh);
  EXPECT_EQ(report.freed, 20_B);
  system.stalls.reset();
  EXPECT_EQ(broker.Maintain(At(1)).freed, 0_B);
}

TEST(BrokerSystemTest, WhatTheGroupSufferedBeforeTheBrokerIsNoReasonToGive) {
  SystemMemory system{.high_events = 500, .max_events = 3};
  Broker broker(kConfig, [] { return 400_B; }, {}, {.system_memory = [&] { return system; }});
  FakeConsumer cache("cache", 300_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_EQ(broker.Maintain(At(0)).freed, 0_B) << "the first round";
  ++system.high_events;
  EXPECT_EQ(broker.Maintain(At(1)).freed, 20_B);
  EXPECT_EQ(broker.Maintain(At(2)).freed, 0_B);
  ++system.max_events;
  EXPECT_GT(broker.Maintain(At(3)).freed, 0_B);
}

TEST(BrokerDeadlineTest, ARoundEndsAtItsDeadlineAndTheNextGoesOn) {
  ManualClock clock;
  Broker broker({.limit = 1000_B, .overhead = 100_B, .shrink_time_max = milliseconds(50)}, {}, {}, {.clock = &clock});
  FakeConsumer slow("slow", 400_B, 0_B, 0);
  FakeConsumer other("other", 500_B, 0_B, 1);
  slow.on_shrink = [&] { clock.Advance(milliseconds(50)); };
  const Registration first = *broker.Register(slow);
  const Registration second = *broker.Register(other);
  const MaintainReport report = broker.Maintain(At(0));  // above the hard line: everybody gives
  EXPECT_EQ(report.freed, 400_B);
  EXPECT_EQ(report.late, 500_B);
  EXPECT_EQ(other.bytes(), 500_B);
}

TEST(BrokerDeadlineTest, TheDeadlineReachesConsumersThatKnowIt) {
  class Patient final : public FakeConsumer {
   public:
    using FakeConsumer::FakeConsumer;
    Bytes ShrinkBefore(Bytes wanted, TimePoint deadline) override {
      seen = deadline;
      return Shrink(wanted);
    }
    TimePoint seen;
  };
  ManualClock clock;
  clock.Advance(milliseconds(1000));
  Broker broker(kConfig, {}, {}, {.clock = &clock});
  Patient cache("cache", 860_B);
  const Registration registration = *broker.Register(cache);
  broker.Maintain(At(0));
  EXPECT_EQ(cache.seen, clock.Now() + milliseconds(50));
}

// Everything at once, for ThreadSanitizer, with the accounting checked at the end.
TEST(BrokerHammerTest, ManyThreadsKeepTheBooksStraight) {
  Broker broker({.limit = 1_MiB, .overhead = 64_KiB}, {}, [] {});
  constexpr int kRounds = 300;
  std::vector<std::jthread> threads;
  std::atomic<int> running = 4;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < kRounds; ++i) {
        FakeConsumer cache("cache" + std::to_string(t), Bytes(random() % 300'000));
        const auto registration = broker.Register(cache);
        ASSERT_TRUE(registration.ok());
        auto quick = broker.TryReserve("quick", Bytes(random() % 200'000));
        auto patient = broker.Reserve("patient", Bytes(random() % 200'000), TimePoint::max());
        ASSERT_TRUE(patient.ok());
        cache.Hold(Bytes(random() % 300'000));
      }
      --running;
    });
  }
  for (int now = 0; running > 0; ++now) {
    broker.Maintain(At(now));
    (void)broker.Snapshot();
    std::this_thread::yield();
  }
  threads.clear();
  const BrokerSnapshot snapshot = broker.Snapshot();
  EXPECT_EQ(snapshot.reserved, 0_B);
  EXPECT_EQ(snapshot.consumed, 0_B);
  EXPECT_TRUE(snapshot.reservations.empty());
}

}  // namespace
}  // namespace attune::memory

#include <gtest/gtest.h>

#include <new>
#include <optional>

#include "attune/memory/broker.h"
#include "fake_consumers.h"

namespace attune::memory {
namespace {

using std::chrono::milliseconds;

TEST(BrokerRoundTest, MaintainShrinksTheLeastUsefulAndReleasesFreeMemory) {
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

TEST(BrokerRoundTest, MeasuredMemoryAloneCausesShrinking) {
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

TEST(BrokerRoundTest, AboveTheHardLineEverybodyIsAskedForAllButItsMinimum) {
  Broker broker(kConfig, {}, {});
  FakeConsumer a("a", 500_B, 50_B, 10);
  FakeConsumer b("b", 360_B, 60_B, 1);
  const Registration first = *broker.Register(a);
  const Registration second = *broker.Register(b);
  EXPECT_EQ(broker.Maintain(At(0)).pressure, Pressure::kHard);
  EXPECT_EQ(a.bytes(), 50_B);
  EXPECT_EQ(b.bytes(), 60_B);
}

TEST(BrokerRoundTest, TheNextRoundMakesRoomForWhatWasRefused) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 600_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_FALSE(broker.TryReserve("batch", 500_B).ok());
  broker.Maintain(At(0));
  EXPECT_EQ(cache.bytes(), 400_B);
  EXPECT_TRUE(broker.TryReserve("batch", 500_B).ok());
}

TEST(BrokerRoundTest, WhatOneDoesNotGiveTheNextGives) {
  Broker broker(kConfig, {}, {});
  class Stubborn final : public FakeConsumer {
   public:
    using FakeConsumer::FakeConsumer;
    Bytes Shrink(Bytes) override { return Bytes(0); }
  };
  Stubborn stubborn("stubborn", 300_B, 0_B, 0);
  FakeConsumer cache("cache", 500_B, 0_B, 1);
  const Registration first = *broker.Register(stubborn);
  const Registration second = *broker.Register(cache);
  const MaintainReport report = broker.Maintain(At(0));
  EXPECT_EQ(report.freed, 150_B);
  EXPECT_EQ(report.unmet, 0_B);
  EXPECT_EQ(cache.bytes(), 350_B);
}

TEST(BrokerRoundTest, WhatCanNeverFitTakesNothingFromAnybody) {
  SystemMemory system;
  Broker broker(kConfig, {}, {}, {.system_memory = [&] { return system; }});
  FakeConsumer cache("cache", 600_B, 100_B);
  const Registration registration = *broker.Register(cache);
  for (const Bytes wish : {801_B, 1_GiB, Bytes(UINT64_MAX)}) {
    EXPECT_FALSE(broker.TryReserve("absurd", wish).ok());
    broker.Maintain(At(0));
    EXPECT_EQ(cache.bytes(), 600_B) << wish.count();
  }
}

TEST(BrokerRoundTest, WhatWasFreedForSomebodyIsGivenBackToTheSystemAtOnce) {
  FakeConsumer cache("cache", 300_MiB);
  Bytes resident = 400_MiB;
  Broker broker({.limit = 512_MiB}, [&] { return resident; }, [&] { resident = cache.bytes() + 100_MiB; });
  const Registration registration = *broker.Register(cache);
  broker.Maintain(At(0));
  EXPECT_FALSE(broker.TryReserve("page", 112_MiB + 256_KiB).ok());
  broker.Maintain(At(100));
  EXPECT_TRUE(broker.TryReserve("page", 112_MiB + 256_KiB).ok());
  EXPECT_EQ(cache.bytes(), 300_MiB - 256_KiB);
}

TEST(BrokerRoundTest, WhatIsReservedWhileMemoryIsMeasuredCountsOnTopOfIt) {
  Broker* reserves = nullptr;
  std::optional<Reservation> meanwhile;
  const auto system = [&] {
    if (reserves != nullptr && !meanwhile) {
      meanwhile.emplace(*reserves->TryReserve("meanwhile", 300_B));
    }
    return SystemMemory();
  };
  Broker broker({.limit = 1000_B, .overhead = 0_B}, [] { return 600_B; }, {}, {.system_memory = system});
  broker.Maintain(At(0));
  reserves = &broker;
  broker.Maintain(At(100));
  EXPECT_FALSE(broker.TryReserve("more", 101_B).ok());
  EXPECT_TRUE(broker.TryReserve("more", 100_B).ok());
  meanwhile.reset();
}

TEST(BrokerRoundTest, AConsumerThatThrowsLeavesTheBrokerAsItWas) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 800_B);
  cache.on_shrink = [] { throw std::bad_alloc(); };
  Registration registration = *broker.Register(cache);
  EXPECT_THROW(broker.Maintain(At(0)), std::bad_alloc);
  registration.Release();  // waits for nobody
  EXPECT_EQ(broker.Maintain(At(1)).used, 100_B);
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
  EXPECT_EQ(broker.Maintain(At(0)).freed, 0_B);
  system.stalls->some_total += milliseconds(50);
  const MaintainReport report = broker.Maintain(At(100));
  EXPECT_EQ(report.pressure, Pressure::kHigh);
  EXPECT_EQ(report.freed, 20_B);
  EXPECT_EQ(broker.Maintain(At(200)).freed, 0_B) << "it is over, though the average falls slowly";
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
  FakeConsumer hot("hot", 500_B, 0_B, 1000);
  FakeConsumer slow("slow", 400_B, 0_B, 0);
  slow.on_shrink = [&] { clock.Advance(milliseconds(50)); };
  const Registration first = *broker.Register(hot);
  const Registration second = *broker.Register(slow);
  const MaintainReport report = broker.Maintain(At(0));  // above the hard line: everybody gives
  EXPECT_EQ(report.freed, 400_B) << "the least useful first";
  EXPECT_EQ(report.late, 500_B);
  EXPECT_EQ(report.unmet, 500_B);
  EXPECT_EQ(hot.bytes(), 500_B);
}

TEST(BrokerDeadlineTest, WhoMayGrowHearsOfItLaterWhenTheTimeIsOver) {
  ManualClock clock;
  Broker broker({.limit = 1000_B, .overhead = 0_B, .shrink_time_max = milliseconds(50)}, {}, {}, {.clock = &clock});
  Follower first("first", 1);
  Follower second("second", 1);
  first.on_target = second.on_target = [&] { clock.Advance(milliseconds(60)); };
  const Registration one = *broker.Register(first);
  const Registration other = *broker.Register(second);
  const TimePoint begin = clock.Now();
  broker.Maintain(At(0));
  EXPECT_EQ(clock.Now() - begin, milliseconds(60));
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

}  // namespace
}  // namespace attune::memory

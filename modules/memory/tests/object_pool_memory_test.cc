#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#include "attune/memory/object_pool.h"
#include "attune/memory/pool_knobs.h"
#include "pooled_objects.h"

namespace attune::memory {
namespace {

TEST(ObjectPoolCapacityTest, HoldsExactlyAsManyAsStatedWhateverTheSlabs) {
  for (const std::size_t capacity : {1U, 2U, 63U, 64U, 65U, 200U}) {
    ObjectPool<Anchor> pool({.capacity_max = capacity});
    std::vector<PoolHandle> handles(capacity + 1);
    EXPECT_EQ(pool.TryAcquire(handles), capacity);
    pool.Release(std::span(handles).first(capacity));
    pool.CheckInvariants();
  }
}

TEST(ObjectPoolCapacityTest, ConfigurationsThatMakeNoSenseAreNamed) {
  EXPECT_NE(Validate(PoolConfig{.capacity_max = 0}).error().message().find("capacity_max"), std::string::npos);
  EXPECT_NE(Validate(PoolConfig{.capacity_initial = 5, .capacity_max = 4}).error().message().find("capacity_initial"),
            std::string::npos);
  EXPECT_NE(Validate(PoolConfig{.trim_interval = Duration(0)}).error().message().find("trim_interval"),
            std::string::npos);
}

TEST(ObjectPoolCapacityTest, ALowerLimitHoldsAtOnceWhateverIsFree) {
  ObjectPool<Anchor> pool({.capacity_max = 1000});
  MakeHome(pool);
  std::vector<PoolHandle> handles(1000);
  ASSERT_EQ(pool.TryAcquire(handles), 1000U);
  for (const PoolHandle& handle : handles) {
    pool.Release(handle);  // into the home, the stash and the depot
  }
  pool.SetLimits(0, 10, std::chrono::seconds(1));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(pool.TryAcquire(handles), 10U);
    EXPECT_FALSE(pool.TryAcquire());
    std::jthread([&] { EXPECT_FALSE(pool.TryAcquire()); }).join();
    pool.Release(std::span(handles).first(10));
    std::jthread([&] { MakeHome(pool); }).join();
    pool.CheckInvariants();
  }
  pool.SetLimits(0, 1000, std::chrono::seconds(1));
  EXPECT_EQ(pool.TryAcquire(handles), 1000U);
  pool.Release(handles);
}

TEST(ObjectPoolCapacityTest, WhatIsLeasedBeyondALowerLimitStaysLeasedAndDoesNotComeBack) {
  ObjectPool<Anchor> pool({.capacity_max = 256});
  std::vector<PoolHandle> handles(256);
  ASSERT_EQ(pool.TryAcquire(handles), 256U);
  pool.SetLimits(0, 64, std::chrono::seconds(1));
  EXPECT_NE(pool.Find(handles[255]), nullptr);
  pool.Release(handles);
  pool.Shrink(1_GiB);
  EXPECT_EQ(pool.TryAcquire(handles), 64U);
  pool.Release(std::span(handles).first(64));
}

TEST(ObjectPoolDeathTest, LimitsThatMakeNoSenseStopTheProgram) {
  ObjectPool<Anchor> pool({.capacity_max = 10});
  EXPECT_DEATH(pool.SetLimits(0, 0, std::chrono::seconds(1)), "must be positive");
  EXPECT_DEATH(pool.SetLimits(0, 10, Duration(-1)), "must be positive");
}

// 65,536 of these are more addresses than a process has.
struct Vast {
  char bytes[std::size_t{4} << 30U];
};

TEST(ObjectPoolCapacityTest, WithoutAddressSpaceItSaysSo) {
  ObjectPool<Vast> pool({.name = "vast", .capacity_max = 65'536});
  EXPECT_FALSE(pool.has_memory());
  EXPECT_EQ(pool.Acquire().error().ToString(),
            "EXHAUSTED: pool 'vast': the system has no address space for 65536 objects of 4294967296 bytes");
  EXPECT_FALSE(pool.TryLease());
  EXPECT_EQ(pool.Shrink(1_GiB), 0_B);
  pool.CheckInvariants();
  EXPECT_TRUE(ObjectPool<Anchor>().has_memory());
}

TEST(ObjectPoolCapacityTest, WhatWasOpenedShortGrowsWhenTheCapacityIsRaisedAgain) {
  ObjectPool<Anchor> pool({.capacity_max = 256});
  std::vector<PoolHandle> handles(256);
  pool.SetLimits(0, 10, std::chrono::seconds(1));
  ASSERT_EQ(pool.TryAcquire(handles), 10U);
  pool.SetLimits(0, 256, std::chrono::seconds(1));
  EXPECT_EQ(pool.TryAcquire(std::span(handles).subspan(10)), 246U);
  pool.CheckInvariants();
  pool.Release(handles);
}

TEST(ObjectPoolTrimTest, GivesBackWhatWasNotNeededSinceTheLastTrim) {
  ObjectPool<Counted> pool({.capacity_max = 100'000, .trim_interval = std::chrono::seconds(10)});
  pool.Trim(AtSecond(100));
  std::vector<PoolHandle> handles(100'000);
  ASSERT_EQ(pool.TryAcquire(handles), 100'000U);
  pool.Release(handles);
  EXPECT_EQ(pool.Trim(AtSecond(105)), 0_B);  // too early
  pool.Trim(AtSecond(110));
  EXPECT_EQ(pool.stats().destroyed, 0U);  // all were needed within the interval
  EXPECT_GT(pool.Trim(AtSecond(120)), 0_B);
  EXPECT_EQ(Counted::alive, 0);
  EXPECT_EQ(pool.stats().destroyed, 100'000U);
  EXPECT_EQ(pool.stats().open, 0U);
  ASSERT_EQ(pool.TryAcquire(handles), 100'000U);
  pool.CheckInvariants();
  pool.Release(handles);
}

TEST(ObjectPoolTrimTest, KeepsTheInitialCapacity) {
  ObjectPool<Anchor> pool({.capacity_initial = 128, .capacity_max = 1024});
  std::vector<PoolHandle> handles(1024);
  ASSERT_EQ(pool.TryAcquire(handles), 1024U);
  pool.Release(handles);
  pool.Trim(AtSecond(100));
  pool.Trim(AtSecond(200));
  EXPECT_GE(pool.stats().open, 128U);
  EXPECT_LT(pool.stats().open, 128U + 64U);
}

TEST(ObjectPoolTrimTest, AnOldHandleStaysStaleAfterItsMemoryWentAndCameBack) {
  ObjectPool<Anchor> pool({.capacity_max = 64});
  const PoolHandle old = pool.TryAcquire();
  pool.Release(old);
  EXPECT_GT(pool.Shrink(1_MiB), 0_B);
  std::vector<PoolHandle> handles(64);
  ASSERT_EQ(pool.TryAcquire(handles), 64U);
  EXPECT_EQ(pool.Find(old), nullptr);
  pool.Release(handles);
}

TEST(ObjectPoolTrimTest, ShrinkSparesWhatIsLeased) {
  ObjectPool<Anchor> pool({.capacity_max = 4096});
  std::vector<PoolHandle> handles(4096);
  ASSERT_EQ(pool.TryAcquire(handles), 4096U);
  std::iota(std::begin(pool.Get(handles[0]).embedding), std::end(pool.Get(handles[0]).embedding), 0.0F);
  pool.Get(handles[0]).meta[1000] = 'x';
  pool.Release(std::span(handles).subspan(1));
  const Bytes before = pool.bytes();
  const Bytes freed = pool.Shrink(1_GiB);
  EXPECT_GE(freed, Bytes(sizeof(Anchor)) * (4096 - 64));
  EXPECT_LE(pool.bytes(), before - freed);
  EXPECT_GE(pool.bytes(), pool.bytes_min());
  for (int i = 0; i < 384; ++i) {
    ASSERT_EQ(pool.Get(handles[0]).embedding[i], static_cast<float>(i));
  }
  EXPECT_EQ(pool.Get(handles[0]).meta[1000], 'x');
  pool.CheckInvariants();
  pool.Release(handles[0]);
}

TEST(ObjectPoolTrimTest, WhatIsLeftAfterShrinkingIsStillCounted) {
  constexpr std::size_t kObjects = 200'000;
  ObjectPool<std::array<char, 16>> pool({.capacity_max = kObjects});
  std::vector<PoolHandle> handles(kObjects);
  ASSERT_EQ(pool.TryAcquire(handles), kObjects);
  pool.Release(handles);
  const Bytes before = pool.bytes();
  const Bytes freed = pool.Shrink(1_GiB);
  EXPECT_GE(freed, Bytes(kObjects * (16 + sizeof(std::uint32_t)))) << "objects and their places in the depot";
  EXPECT_EQ(pool.bytes(), before - freed);
  EXPECT_GE(pool.bytes(), Bytes(kObjects * sizeof(std::uint64_t))) << "the words stay";
  EXPECT_EQ(pool.bytes_min(), pool.bytes());
}

TEST(ObjectPoolTrimTest, ASlabWithOneLeaseIsNeededWhole) {
  ObjectPool<Anchor> pool({.capacity_max = 10'000});
  std::vector<PoolHandle> handles(10'000);
  ASSERT_EQ(pool.TryAcquire(handles), 10'000U);
  std::vector<PoolHandle> kept;
  std::vector<PoolHandle> returned;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    (i % 16 == 0 ? kept : returned).push_back(handles[i]);
  }
  pool.Release(returned);
  EXPECT_GE(pool.bytes_min(), Bytes(sizeof(Anchor)) * 10'000);
  pool.Shrink(1_GiB);
  EXPECT_EQ(pool.stats().destroyed, 0U);
  pool.Release(kept);
  EXPECT_LT(pool.bytes_min(), 1_MiB);
}

// The slow obvious twin of the minimum: give back all that can be given, and look.
TEST(ObjectPoolTrimTest, TheMinimumIsWhatShrinkingLeaves) {
  constexpr std::size_t kObjects = 1000;
  ObjectPool<Anchor> pool({.capacity_max = kObjects});
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<PoolHandle> handles(kObjects);
    ASSERT_EQ(pool.TryAcquire(handles), kObjects);
    std::shuffle(handles.begin(), handles.end(), random);
    const std::size_t kept = random() % 40;
    while (handles.size() > kept + 100) {
      pool.Release(handles.back());
      handles.pop_back();
      if (random() % 100 == 0) {
        (void)pool.bytes_min();  // counts a part, which then moves
      }
      if (random() % 10 == 0) {
        handles.push_back(pool.TryAcquire());
      }
    }
    pool.Release(std::span(handles).subspan(kept));
    const Bytes minimum = pool.bytes_min();
    pool.Shrink(1_GiB);
    ASSERT_EQ(pool.bytes(), minimum) << round;
    ASSERT_EQ(pool.bytes_min(), minimum) << round;
    pool.CheckInvariants();
    pool.Release(std::span(handles).first(kept));
  }
}

TEST(ObjectPoolTrimTest, GivesToTheBrokerUnderPressure) {
  Broker broker({.limit = 8_MiB, .overhead = 0_B}, {}, {});
  ObjectPool<Anchor> pool({.capacity_max = 3000});
  const Registration registration = *broker.Register(pool);
  std::vector<PoolHandle> handles(3000);
  ASSERT_EQ(pool.TryAcquire(handles), 3000U);
  pool.Release(handles);
  EXPECT_GT(pool.bytes(), 7_MiB);
  broker.Maintain(AtSecond(0));
  EXPECT_LT(pool.bytes(), 6_MiB + 512_KiB);
}

std::atomic<std::size_t> node_of_everybody = 0;
std::size_t InjectedNode() noexcept { return node_of_everybody; }

TEST(ObjectPoolNumaTest, MemoryComesFromTheNodeOfTheThreadAndGoesHome) {
  ObjectPool<Anchor> pool({.capacity_max = 1000}, {}, {.nodes = 2, .node_of_thread = &InjectedNode});
  node_of_everybody = 1;
  std::vector<PoolHandle> there(200);
  ASSERT_EQ(pool.TryAcquire(there), 200U);
  node_of_everybody = 0;
  std::vector<PoolHandle> here(200);
  ASSERT_EQ(pool.TryAcquire(here), 200U);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(pool.NodeOf(there[i]), 1U);
    EXPECT_EQ(pool.NodeOf(here[i]), 0U);
  }
  pool.Release(there);
  pool.Release(here);
  pool.CheckInvariants();
}

TEST(ObjectPoolNumaTest, TheOtherNodeHelpsOutBeforeThePoolIsExhausted) {
  ObjectPool<Anchor> pool({.capacity_max = 100}, {}, {.nodes = 2, .node_of_thread = &InjectedNode});
  node_of_everybody = 1;
  std::vector<PoolHandle> handles(100);
  ASSERT_EQ(pool.TryAcquire(handles), 100U);
  pool.Release(handles);
  node_of_everybody = 0;
  EXPECT_EQ(pool.TryAcquire(handles), 100U);
  pool.Release(handles);
  pool.CheckInvariants();
}

TEST(ObjectPoolKnobsTest, TheKnobsTurnTheLimits) {
  const ManualClock clock;
  control::KnobRegistry knobs(clock);
  ObjectPool<Anchor> pool({.name = "anchors", .capacity_max = 256});
  const PoolKnobs pool_knobs(knobs, "memory.anchors", pool.config());
  ASSERT_TRUE(knobs.Pin("memory.anchors.capacity_max", "64", "test").ok());
  pool_knobs.ApplyTo(pool);
  std::vector<PoolHandle> handles(256);
  EXPECT_EQ(pool.TryAcquire(handles), 64U);
  pool.Release(std::span(handles).first(64));
  EXPECT_FALSE(knobs.Pin("memory.anchors.capacity_max", "257", "test").ok());
  EXPECT_EQ(pool_knobs.capacity_max(), 64U);
}

TEST(ObjectPoolKnobsTest, TrimmingLeavesTheInitialCapacityAndWaitsForItsInterval) {
  using std::chrono::seconds;
  const ManualClock clock;
  control::KnobRegistry knobs(clock);
  ObjectPool<Anchor> pool({.name = "anchors", .capacity_max = 4096});
  const PoolKnobs pool_knobs(knobs, "memory.anchors", pool.config());
  EXPECT_EQ(knobs.List().size(), 3U);
  const auto use_all = [&] {
    std::vector<PoolHandle> handles(4096);
    ASSERT_EQ(pool.TryAcquire(handles), 4096U);
    pool.Release(handles);
  };
  // The second trim of two gives back what the first saw unneeded.
  const auto trimmed = [&](TimePoint at) {
    pool_knobs.ApplyTo(pool);
    return pool.Trim(at);
  };
  ASSERT_TRUE(knobs.Pin("memory.anchors.trim_interval", "5s", "test").ok());
  ASSERT_TRUE(knobs.Pin("memory.anchors.capacity_initial", "2000", "test").ok());
  use_all();
  (void)trimmed(TimePoint(seconds(100)));
  EXPECT_EQ(trimmed(TimePoint(seconds(105)) - Duration(1)), 0_B) << "not yet";
  EXPECT_GT(trimmed(TimePoint(seconds(105))), 0_B);
  for (int at = 110; at < 200; at += 5) (void)trimmed(TimePoint(seconds(at)));
  EXPECT_GE(pool.stats().open, 2000U);
  EXPECT_LT(pool.stats().open, 4096U);
  ASSERT_TRUE(knobs.Pin("memory.anchors.capacity_initial", "0", "test").ok());
  for (int at = 200; at < 300; at += 5) (void)trimmed(TimePoint(seconds(at)));
  EXPECT_LT(pool.stats().open, 2000U);
}

}  // namespace
}  // namespace attune::memory

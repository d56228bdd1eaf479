#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
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

TEST(ObjectPoolCapacityTest, ALowerLimitHoldsOnceMemoryIsBack) {
  ObjectPool<Anchor> pool({.capacity_max = 256});
  std::vector<PoolHandle> handles(256);
  ASSERT_EQ(pool.TryAcquire(handles), 256U);
  pool.SetLimits(0, 64, std::chrono::seconds(1));
  pool.Release(handles);
  pool.Shrink(1_GiB);
  EXPECT_EQ(pool.TryAcquire(handles), 64U);
  pool.Release(std::span(handles).first(64));
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
  EXPECT_EQ(pool.Trim(AtSecond(110)), 0_B);  // all were needed within the interval
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
  std::memset(&pool.Get(handles[0]), 'x', sizeof(Anchor));
  pool.Release(std::span(handles).subspan(1));
  const Bytes before = pool.bytes();
  const Bytes freed = pool.Shrink(1_GiB);
  EXPECT_GE(freed, Bytes(sizeof(Anchor)) * (4096 - 64));
  EXPECT_LE(pool.bytes(), before - freed);
  EXPECT_GE(pool.bytes(), pool.bytes_min());
  EXPECT_EQ(pool.Get(handles[0]).embedding[0], pool.Get(handles[0]).embedding[1]);
  EXPECT_EQ(pool.Get(handles[0]).meta[1000], 'x');
  pool.CheckInvariants();
  pool.Release(handles[0]);
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

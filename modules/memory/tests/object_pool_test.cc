#include "attune/memory/object_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <latch>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "attune/memory/pool_knobs.h"
#include "attune/metrics/thread_slot.h"

namespace attune::memory {
namespace {

struct Anchor {
  char meta[1024];
  float embedding[384];
};

// Tells how many of it are alive.
struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int value = 7;
  static inline std::atomic<int> alive = 0;
};

TimePoint AtSecond(int seconds) { return TimePoint(std::chrono::seconds(seconds)); }

class ObjectPoolTest : public testing::Test {
 protected:
  void TearDown() override {
    pool.CheckInvariants();
    EXPECT_EQ(pool.stats().leased, 0U);
  }
  ObjectPool<Anchor> pool{{.name = "anchors", .capacity_max = 300}};
};

TEST_F(ObjectPoolTest, HandsOutDistinctAlignedObjects) {
  std::set<const Anchor*> seen;
  std::vector<Pooled<Anchor>> held;
  for (int i = 0; i < 300; ++i) {
    held.push_back(*pool.Acquire());
    EXPECT_TRUE(seen.insert(&*held.back()).second);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*held.back()) % alignof(std::max_align_t), 0U);
    std::memset(&*held.back(), i, sizeof(Anchor));
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(held[static_cast<std::size_t>(i)]->meta[1023], static_cast<char>(i));
  }
}

TEST_F(ObjectPoolTest, ExhaustionIsAnErrorThatNamesThePool) {
  std::vector<Pooled<Anchor>> held;
  for (int i = 0; i < 300; ++i) {
    held.push_back(*pool.Acquire());
  }
  EXPECT_EQ(pool.Acquire().error().ToString(), "EXHAUSTED: pool 'anchors': all of its objects are in use");
  EXPECT_FALSE(pool.TryAcquire());
  EXPECT_FALSE(pool.TryLease());
  held.pop_back();
  EXPECT_TRUE(pool.Acquire().ok());
  EXPECT_EQ(pool.stats().exhausted, 3U);
}

TEST_F(ObjectPoolTest, TheObjectReturnedLastComesFirstWithItsContents) {
  const PoolHandle first = pool.TryAcquire();
  Anchor* object = pool.Find(first);
  object->embedding[383] = 0.5F;
  pool.Release(first);
  const PoolHandle again = pool.TryAcquire();
  EXPECT_EQ(pool.Find(again), object);
  EXPECT_EQ(object->embedding[383], 0.5F);
  EXPECT_NE(again, first);
  pool.Release(again);
}

TEST_F(ObjectPoolTest, AHandleIsStaleOnceReturnedEvenWhenTheSlotIsLeasedAgain) {
  const PoolHandle stale = pool.TryAcquire();
  pool.Release(stale);
  EXPECT_EQ(pool.Find(stale), nullptr);
  const PoolHandle again = pool.TryAcquire();
  EXPECT_EQ(pool.Find(stale), nullptr);
  EXPECT_NE(pool.Find(again), nullptr);
  pool.Release(again);
  EXPECT_EQ(pool.Find({}), nullptr);
}

TEST_F(ObjectPoolTest, AHandleOfAnotherPoolFindsNothing) {
  ObjectPool<Anchor> other({.name = "other", .capacity_max = 300});
  const PoolHandle theirs = other.TryAcquire();
  const PoolHandle ours = pool.TryAcquire();
  EXPECT_EQ(pool.Find(theirs), nullptr);
  EXPECT_EQ(other.Find(ours), nullptr);
  other.Release(theirs);
  pool.Release(ours);
}

// The system likes to hand out the same addresses again.
TEST_F(ObjectPoolTest, AHandleOfAPoolThatIsGoneFindsNothingInTheNextOne) {
  auto first = std::make_unique<ObjectPool<Anchor>>(PoolConfig{.name = "first", .capacity_max = 300});
  const PoolHandle stale = first->TryAcquire();
  first->Release(stale);
  first.reset();
  ObjectPool<Anchor> second({.name = "second", .capacity_max = 300});
  const PoolHandle ours = second.TryAcquire();
  EXPECT_EQ(second.Find(stale), nullptr);
  EXPECT_NE(second.Find(ours), nullptr);
  second.Release(ours);
  EXPECT_EQ(second.stats().released, 1U);
}

TEST_F(ObjectPoolTest, ALeaseMovesAndReturnsOnce) {
  Pooled<Anchor> first = *pool.Acquire();
  Pooled<Anchor> second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(pool.stats().leased, 1U);
  second = *pool.Acquire();
  EXPECT_EQ(pool.stats().leased, 1U);
  const PoolHandle detached = second.Detach();
  EXPECT_FALSE(second);
  EXPECT_EQ(pool.stats().leased, 1U);
  pool.Release(detached);
}

TEST_F(ObjectPoolTest, BatchesTakeWhatIsThereAndComeBackTogether) {
  std::vector<PoolHandle> handles(400);
  EXPECT_EQ(pool.TryAcquire(handles), 300U);
  EXPECT_TRUE(handles[299]);
  EXPECT_FALSE(handles[300]);
  std::set<const Anchor*> seen;
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_TRUE(seen.insert(&pool.Get(handles[i])).second);
  }
  pool.Release(std::span(handles).first(300));
  EXPECT_EQ(pool.stats().released, 300U);
  EXPECT_EQ(pool.TryAcquire(std::span(handles).first(10)), 10U);
  pool.Release(std::span(handles).first(10));
}

TEST_F(ObjectPoolTest, StatisticsCountWhatHappened) {
  for (int i = 0; i < 100; ++i) {
    const Pooled<Anchor> lease = pool.TryLease();
  }
  const PoolHandle held = pool.TryAcquire();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.acquired, 101U);
  EXPECT_EQ(stats.released, 100U);
  EXPECT_EQ(stats.leased, 1U);
  EXPECT_EQ(stats.built, 1U);
  EXPECT_DOUBLE_EQ(stats.reuse_ratio(), 100.0 / 101.0);
  pool.Release(held);
}

TEST(ObjectPoolReuseTest, ObjectsAreBuiltOnFirstUseAndDestroyedWithThePool) {
  {
    ObjectPool<Counted> pool({.capacity_initial = 64, .capacity_max = 64});
    EXPECT_EQ(Counted::alive, 0);
    {
      const Pooled<Counted> lease = *pool.Acquire();
      EXPECT_EQ(lease->value, 7);
      lease->value = 8;
      EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_EQ(Counted::alive, 1);
    EXPECT_EQ((*pool.Acquire())->value, 8);
  }
  EXPECT_EQ(Counted::alive, 0);
}

TEST(ObjectPoolReuseTest, ResetRunsOnEveryReturn) {
  ObjectPool<std::string> pool({}, [](std::string& text) { text.clear(); });
  {
    Pooled<std::string> text = *pool.Acquire();
    *text = "a secret of the last holder";
  }
  EXPECT_EQ(**pool.Acquire(), "");
  std::vector<PoolHandle> handles(3);
  ASSERT_EQ(pool.TryAcquire(handles), 3U);
  for (const PoolHandle handle : handles) {
    pool.Get(handle) = "x";
  }
  pool.Release(handles);
  EXPECT_EQ(**pool.Acquire(), "");
}

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

TEST(ObjectPoolDeathTest, DoubleReturnAndUseAfterReturnStopTheProgram) {
  ObjectPool<Anchor> pool({.capacity_max = 10});
  const PoolHandle handle = pool.TryAcquire();
  pool.Release(handle);
  EXPECT_DEATH(pool.Release(handle), "returned twice");
  EXPECT_DEATH(pool.Release(std::span(&handle, 1)), "returned twice");
  EXPECT_DEATH((void)pool.Get(handle), "used after its return");
  EXPECT_DEATH(pool.Release(PoolHandle{}), "returned twice");
  const PoolHandle again = pool.TryAcquire();
  EXPECT_DEATH(pool.Release(handle), "returned twice");
  pool.Release(again);
}

TEST(ObjectPoolDeathTest, ALeaseMustNotOutliveItsPool) {
  EXPECT_DEATH(
      {
        ObjectPool<Anchor> pool({.capacity_max = 10});
        (void)pool.TryAcquire();
      },
      "outlives its pool");
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

// ---- homes: the slot that a thread used twice is its own from then on ----

// Built by the first use, a home by the second.
template <typename T>
void MakeHome(ObjectPool<T>& pool) {
  pool.Release(pool.TryAcquire());
  pool.Release(pool.TryAcquire());
}

TEST_F(ObjectPoolTest, AThreadAlwaysGetsItsHomeWhenThatIsFree) {
  MakeHome(pool);
  const PoolHandle home = pool.TryAcquire();
  const PoolHandle other = pool.TryAcquire();
  Anchor* object = pool.Find(home);
  EXPECT_NE(pool.Find(other), object);
  pool.Release(home);
  pool.Release(other);
  const PoolHandle again = pool.TryAcquire();
  EXPECT_EQ(pool.Find(again), object);
  pool.CheckInvariants();
  pool.Release(again);
}

TEST_F(ObjectPoolTest, AHomeReturnsFromAnotherThreadWithoutTheDepot) {
  MakeHome(pool);
  const PoolHandle home = pool.TryAcquire();
  Anchor* object = pool.Find(home);
  const std::uint64_t exchanges = pool.stats().exchanges;
  std::jthread([&] { pool.Release(home); }).join();
  EXPECT_EQ(pool.stats().leased, 0U);
  const PoolHandle again = pool.TryAcquire();
  EXPECT_EQ(pool.Find(again), object);
  EXPECT_EQ(pool.Find(home), nullptr);
  EXPECT_EQ(pool.stats().exchanges, exchanges);
  pool.Release(again);
}

TEST_F(ObjectPoolTest, AHomeCountsAsLeasedOrFreeLikeAnyOther) {
  MakeHome(pool);
  const Bytes free = pool.bytes_min();
  const PoolHandle home = pool.TryAcquire();
  EXPECT_EQ(pool.stats().leased, 1U);
  EXPECT_EQ(pool.bytes_min(), free + Bytes(sizeof(Anchor)));
  pool.CheckInvariants();
  pool.Release(home);
  EXPECT_EQ(pool.bytes_min(), free);
  EXPECT_EQ(pool.stats().released, 3U);
}

TEST_F(ObjectPoolTest, ABatchHasTheHomeInIt) {
  MakeHome(pool);
  std::vector<PoolHandle> handles(301);
  EXPECT_EQ(pool.TryAcquire(handles), 300U);
  EXPECT_FALSE(handles[300]);
  pool.CheckInvariants();
  pool.Release(std::span(handles).first(300));
}

TEST_F(ObjectPoolTest, ShrinkTakesAFreeHomeAndSparesALeasedOne) {
  MakeHome(pool);
  const PoolHandle home = pool.TryAcquire();
  pool.Get(home).embedding[0] = 0.5F;
  EXPECT_EQ(pool.Shrink(1_GiB), 0_B);
  EXPECT_EQ(pool.Get(home).embedding[0], 0.5F);
  pool.CheckInvariants();
  pool.Release(home);
  EXPECT_GT(pool.Shrink(1_GiB), 0_B);
  EXPECT_EQ(pool.stats().open, 0U);
  EXPECT_EQ(pool.Find(home), nullptr);
  MakeHome(pool);
  pool.CheckInvariants();
}

TEST(ObjectPoolReuseTest, ResetRunsOnTheReturnOfAHome) {
  int resets = 0;
  ObjectPool<Anchor> pool({}, [&](Anchor&) { ++resets; });
  MakeHome(pool);
  MakeHome(pool);
  {
    const Pooled<Anchor> lease = pool.TryLease();
  }
  EXPECT_EQ(resets, 5);
}

TEST(ObjectPoolDeathTest, DoubleReturnAndUseAfterReturnOfAHomeStopTheProgram) {
  ObjectPool<Anchor> pool({.capacity_max = 10});
  MakeHome(pool);
  const PoolHandle handle = pool.TryAcquire();
  pool.Release(handle);
  EXPECT_DEATH(pool.Release(handle), "returned twice");
  EXPECT_DEATH(pool.Release(std::span(&handle, 1)), "returned twice");
  EXPECT_DEATH((void)pool.Get(handle), "used after its return");
  const PoolHandle again = pool.TryAcquire();
  EXPECT_DEATH(pool.Release(handle), "returned twice");
  pool.Release(again);
}

TEST(ObjectPoolDeathTest, ALeasedHomeMustNotOutliveItsPool) {
  EXPECT_DEATH(
      {
        ObjectPool<Anchor> pool({.capacity_max = 10});
        MakeHome(pool);
        (void)pool.TryAcquire();
      },
      "outlives its pool");
}

// ---- threads ----

TEST(ObjectPoolThreadsTest, WhatAThreadLeftBehindIsForTheOthers) {
  ObjectPool<Anchor> pool({.capacity_max = 40});
  std::vector<PoolHandle> handles(40);
  std::jthread([&] {
    ASSERT_EQ(pool.TryAcquire(handles), 40U);
    for (const PoolHandle handle : handles) {
      pool.Release(handle);
    }
  }).join();
  EXPECT_EQ(pool.TryAcquire(handles), 40U);
  pool.Release(handles);
}

TEST(ObjectPoolThreadsTest, AnIdleThreadKeepsNothingFromTheOthers) {
  ObjectPool<Anchor> pool({.capacity_max = 1});
  std::latch returned(1);
  std::latch done(1);
  std::jthread idle([&] {
    pool.Release(pool.TryAcquire());
    returned.count_down();
    done.wait();
  });
  returned.wait();
  const PoolHandle handle = pool.TryAcquire();
  EXPECT_TRUE(handle);
  pool.Release(handle);
  done.count_down();
}

TEST(ObjectPoolThreadsTest, TheFreeHomeOfAnIdleThreadIsForTheOthersAndALeasedOneIsNot) {
  ObjectPool<Anchor> pool({.capacity_max = 3});
  PoolHandle theirs;
  std::latch leased(1);
  std::latch release(1);
  std::latch released(1);
  std::latch done(1);
  std::jthread idle([&] {
    MakeHome(pool);
    theirs = pool.TryAcquire();
    leased.count_down();
    release.wait();
    pool.Release(theirs);
    released.count_down();
    done.wait();
  });
  leased.wait();
  std::vector<PoolHandle> handles(3);
  EXPECT_EQ(pool.TryAcquire(handles), 2U);
  EXPECT_FALSE(pool.TryAcquire());
  pool.CheckInvariants();
  release.count_down();
  released.wait();
  const PoolHandle home = pool.TryAcquire();
  EXPECT_EQ(pool.NodeOf(home), 0U);
  EXPECT_EQ(home.object, theirs.object);
  EXPECT_FALSE(pool.TryAcquire());
  pool.Release(home);
  pool.Release(std::span(handles).first(2));
  done.count_down();
  idle.join();
  pool.CheckInvariants();
}

TEST(ObjectPoolThreadsTest, TheHomeOfAThreadThatEndedIsForTheNext) {
  ObjectPool<Anchor> pool({.capacity_max = 2});
  for (int i = 0; i < 20; ++i) {
    std::jthread([&] {
      MakeHome(pool);
      pool.Release(pool.TryAcquire());
    }).join();
  }
  EXPECT_EQ(pool.stats().built, 1U);
  std::vector<PoolHandle> handles(2);
  EXPECT_EQ(pool.TryAcquire(handles), 2U);
  pool.Release(handles);
}

TEST(ObjectPoolThreadsTest, MoreThreadsThanStashesShareTheDepot) {
  ObjectPool<Counted> pool({.capacity_max = 64});
  constexpr int kThreads = static_cast<int>(metrics::kThreadSlotsOwned) + 8;
  std::latch everybody(kThreads);
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      everybody.arrive_and_wait();
      for (int i = 0; i < 100; ++i) {
        const Pooled<Counted> lease = pool.TryLease();
        ASSERT_TRUE(lease);
      }
    });
  }
  threads.clear();
  pool.CheckInvariants();
  EXPECT_EQ(pool.stats().acquired, 100U * kThreads);
}

// Where one thread takes and another gives back, other allocators have kept memory without bound.
TEST(ObjectPoolThreadsTest, ProducerToConsumerStaysWithinWhatIsAliveAndTwoStashes) {
  constexpr std::size_t kRing = 128;
  constexpr std::size_t kObjects = 200'000;
  ObjectPool<std::uint64_t> pool({.capacity_max = 100'000});
  std::vector<PoolHandle> ring(kRing);
  std::atomic<std::size_t> head = 0;
  std::atomic<std::size_t> tail = 0;
  std::jthread consumer([&] {
    for (std::size_t i = 0; i < kObjects; ++i) {
      while (head.load(std::memory_order_acquire) == i) {
        std::this_thread::yield();
      }
      ASSERT_EQ(pool.Get(ring[i % kRing]), i);
      pool.Release(ring[i % kRing]);
      tail.store(i + 1, std::memory_order_release);
    }
  });
  for (std::size_t i = 0; i < kObjects; ++i) {
    while (i - tail.load(std::memory_order_acquire) == kRing) {
      std::this_thread::yield();
    }
    ring[i % kRing] = pool.TryAcquire();
    pool.Get(ring[i % kRing]) = i;
    head.store(i + 1, std::memory_order_release);
  }
  consumer.join();
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.acquired, kObjects);
  EXPECT_LE(stats.built, kRing + 3 * 128);
  pool.CheckInvariants();
}

// Everything at once, for ThreadSanitizer: more threads than objects, so that stashes are taken from one another.
TEST(ObjectPoolHammerTest, NoObjectHasTwoHoldersAndTheBooksStaySquare) {
  constexpr std::size_t kThreads = 4;
  constexpr int kRounds = 3000;
  ObjectPool<std::atomic<std::uint64_t>> pool({.capacity_max = 100, .trim_interval = Duration(1)});
  std::atomic<std::uint64_t> acquired = 0;
  std::atomic<std::size_t> running = kThreads;
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      std::vector<PoolHandle> held;
      for (int i = 0; i < kRounds; ++i) {
        std::array<PoolHandle, 8> batch;
        const std::size_t wanted = random() % batch.size();
        const std::size_t got = pool.TryAcquire(std::span(batch).first(wanted));
        held.insert(held.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(got));
        if (const PoolHandle one = pool.TryAcquire()) {
          held.push_back(one);
        }
        for (const PoolHandle handle : held) {
          ASSERT_EQ(pool.Get(handle).exchange(t + 1), 0U);
          ASSERT_EQ(pool.Get(handle).exchange(0), t + 1);
        }
        while (held.size() > random() % 40) {
          pool.Release(held.back());
          held.pop_back();
          ++acquired;
        }
      }
      pool.Release(held);
      acquired += held.size();
      --running;
    });
  }
  for (int now = 1; running > 0; ++now) {
    pool.Trim(AtSecond(now));
    pool.Shrink(4_KiB);
    (void)pool.stats();
    std::this_thread::yield();
  }
  threads.clear();
  EXPECT_EQ(pool.stats().acquired, acquired);
  pool.CheckInvariants();
}

// Homes leased by one thread, returned by another and taken back by a third. What the objects hold is plain memory: for
// ThreadSanitizer, nothing but the return itself may carry it back to the thread that took it.
TEST(ObjectPoolHammerTest, AHomeReturnedFromElsewhereCarriesItsContents) {
  constexpr std::size_t kObjects = 5000;
  ObjectPool<std::uint64_t> pool({.capacity_max = 3});
  std::vector<PoolHandle> sent(kObjects);
  std::atomic<std::size_t> sent_count = 0;
  std::atomic<bool> running = true;
  std::jthread returner([&] {
    for (std::size_t i = 0; i < kObjects; ++i) {
      while (sent_count.load(std::memory_order_acquire) <= i) {
        std::this_thread::yield();
      }
      ASSERT_EQ(pool.Get(sent[i])++, 2 * i);
      pool.Release(sent[i]);
    }
  });
  std::jthread taker([&] {  // needs one more than are free now and then, so that homes are taken back
    while (running.load(std::memory_order_relaxed)) {
      std::array<PoolHandle, 3> handles;
      pool.Release(std::span(handles).first(pool.TryAcquire(handles)));
      std::this_thread::yield();
    }
  });
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kObjects; ++i) {
    PoolHandle handle;
    while (!(handle = pool.TryAcquire())) {
      std::this_thread::yield();
    }
    std::uint64_t& object = pool.Get(handle);
    seen = std::max(seen, object);  // what the last holder wrote
    object = 2 * i;
    sent[i] = handle;
    sent_count.store(i + 1, std::memory_order_release);
  }
  returner.join();
  running = false;
  taker.join();
  pool.CheckInvariants();
  EXPECT_EQ(pool.stats().leased, 0U);
  EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace attune::memory

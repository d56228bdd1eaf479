#include "attune/memory/object_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "pooled_objects.h"

namespace attune::memory {
namespace {

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

TEST_F(ObjectPoolTest, WhatHoldsNothingHasNoHandleToGiveAway) {
  Pooled<Anchor> first = *pool.Acquire();
  const Pooled<Anchor> second = std::move(first);
  EXPECT_FALSE(first.Detach());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_FALSE(first.handle());
  EXPECT_TRUE(pool.Find(second.handle()));
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

// A type that brings its own way to be allocated is built in its slot all the same.
struct SelfAllocated {
  static void* operator new(std::size_t) = delete;
  int value = 7;
};

TEST(ObjectPoolReuseTest, AnOperatorNewOfTheTypeIsNotAsked) {
  ObjectPool<SelfAllocated> pool;
  EXPECT_EQ((*pool.Acquire())->value, 7);
}

struct Brittle {
  Brittle() {
    if (--good_left < 0) {
      throw std::runtime_error("no good");
    }
  }
  static inline int good_left = 0;
};

TEST(ObjectPoolReuseTest, AConstructorThatThrowsCostsNoSlot) {
  ObjectPool<Brittle> pool({.capacity_max = 4});
  std::vector<Pooled<Brittle>> held;
  for (int i = 0; i < 4; ++i) {
    Brittle::good_left = 0;
    EXPECT_THROW((void)pool.TryLease(), std::runtime_error);
    Brittle::good_left = 1;
    held.push_back(pool.TryLease());
    EXPECT_TRUE(held.back());
    pool.CheckInvariants();
  }
  EXPECT_FALSE(pool.TryLease());
  EXPECT_EQ(pool.stats().built, 4U);
}

TEST(ObjectPoolReuseTest, ABatchInWhichAConstructorThrowsGoesBackWhole) {
  ObjectPool<Brittle> pool({.capacity_max = 300});
  std::vector<PoolHandle> handles(300);
  for (const int good : {0, 1, 2, 100}) {
    Brittle::good_left = good;
    EXPECT_THROW((void)pool.TryAcquire(handles), std::runtime_error);
    EXPECT_EQ(pool.stats().leased, 0U);
    EXPECT_FALSE(handles[0]);
    pool.CheckInvariants();
  }
  Brittle::good_left = 300;
  EXPECT_EQ(pool.TryAcquire(handles), 300U);
  pool.Release(handles);
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

TEST(ObjectPoolDeathTest, ALeaseThatHoldsNothingIsNotUsed) {
  ObjectPool<Anchor> pool({.capacity_max = 10});
  Pooled<Anchor> returned = *pool.Acquire();
  returned.Release();
  Pooled<Anchor> moved = *pool.Acquire();  // the same object
  const Pooled<Anchor> holder = std::move(moved);
  Pooled<Anchor> never;
  EXPECT_DEATH(returned->meta[0] = 'x', "used after its return");
  EXPECT_DEATH(moved->meta[0] = 'x', "used after its return");  // NOLINT(bugprone-use-after-move): the promise
  EXPECT_DEATH((*never).meta[0] = 'x', "used after its return");
}

TEST(ObjectPoolDeathTest, ALeaseMustNotOutliveItsPool) {
  EXPECT_DEATH(
      {
        ObjectPool<Anchor> pool({.capacity_max = 10});
        (void)pool.TryAcquire();
      },
      "outlives its pool");
}

// ---- homes: the slot that a thread used twice is its own from then on ----

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
  EXPECT_LT(free, pool.bytes() - Bytes(sizeof(Anchor)));
  const PoolHandle home = pool.TryAcquire();
  EXPECT_EQ(pool.stats().leased, 1U);
  EXPECT_EQ(pool.bytes_min(), pool.bytes());
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

}  // namespace
}  // namespace attune::memory

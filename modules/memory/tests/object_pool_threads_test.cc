#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "attune/memory/object_pool.h"
#include "attune/metrics/thread_slot.h"
#include "pooled_objects.h"

namespace attune::memory {
namespace {

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
    (void)pool.bytes_min();
    if (now % 16 == 0) {
      pool.SetLimits(0, 50 + static_cast<std::size_t>(now % 51), Duration(1));
    }
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

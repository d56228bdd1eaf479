#include "attune/metrics/counter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace attune::metrics {
namespace {

TEST(Counter, StartsAtZeroAndAddsUp) {
  Counter counter;
  EXPECT_EQ(counter.Value(), 0U);
  counter.Add();
  counter.Add(41);
  EXPECT_EQ(counter.Value(), 42U);
}

TEST(Counter, LosesNothingWithMoreThreadsThanSlots) {
  constexpr std::size_t kThreads = kThreadSlotsOwned + 8;
  constexpr std::uint64_t kAdds = 20'000;
  Counter counter;
  std::barrier all_alive(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      counter.Add(0);  // claims a slot
      all_alive.arrive_and_wait();
      for (std::uint64_t n = 0; n < kAdds; ++n) counter.Add();
      all_alive.arrive_and_wait();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.Value(), kThreads * kAdds);
}

TEST(Counter, LosesNothingWhenThreadsComeAndGo) {
  Counter counter;
  for (int i = 0; i < 200; ++i) {
    std::thread([&] { counter.Add(3); }).join();
  }
  EXPECT_EQ(counter.Value(), 600U);
}

TEST(Counter, NeverGoesDownWhileOthersAdd) {
  Counter counter;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop.load()) counter.Add();
  });
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t now = counter.Value();
    ASSERT_GE(now, last);
    last = now;
  }
  stop = true;
  writer.join();
}

TEST(ThreadSlot, AThreadKeepsItsSlotAndTheNextOneReusesIt) {
  std::size_t first = kThreadSlots;
  std::thread([&] {
    first = ThreadSlot();
    EXPECT_EQ(ThreadSlot(), first);
  }).join();
  std::size_t second = kThreadSlots;
  std::thread([&] { second = ThreadSlot(); }).join();
  EXPECT_EQ(first, second);
}

TEST(Gauge, SetsAndAdds) {
  Gauge gauge;
  gauge.Set(2.5);
  gauge.Add(-1);
  EXPECT_DOUBLE_EQ(gauge.Value(), 1.5);
}

}  // namespace
}  // namespace attune::metrics

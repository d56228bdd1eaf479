// Several threads do everything at once. What is checked besides the sanitizer's view: a value always
// belongs to its key, and the limits hold whenever anybody looks.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"

namespace attune::cache {
namespace {

using Words = Cache<std::uint64_t, std::string>;

std::string ValueOf(std::uint64_t key) { return std::to_string(key) + std::string(key % 64, '.'); }

class Hammer {
 public:
  explicit Hammer(Words& cache) : cache_(cache) {}

  void Run(std::uint64_t seed, int steps) {
    std::mt19937_64 random(seed);
    std::vector<Words::Pinned> pins;
    for (int i = 0; i < steps; ++i) {
      Step(random, pins);
    }
  }
  int wrong() const { return wrong_.load(); }

 private:
  void Expect(bool right) { wrong_ += right ? 0 : 1; }

  void Step(std::mt19937_64& random, std::vector<Words::Pinned>& pins) {
    const std::uint64_t key = random() % 700;
    switch (random() % 16) {
      case 0:
        cache_.Put(key, ValueOf(key), std::chrono::milliseconds(1));
        break;
      case 1:
        cache_.Erase(key);
        break;
      case 2:
        cache_.PutAbsent(key);
        break;
      case 3:
        if (pins.size() < 8) {
          pins.push_back(cache_.Pin(key));
          Expect(!pins.back() || *pins.back() == ValueOf(key));
        } else {
          pins.clear();
        }
        break;
      case 4:
      case 5: {
        const auto loaded = cache_.GetOrLoad(key, [key] { return ValueOf(key); });
        Expect(loaded.ok() ? *loaded == ValueOf(key) : loaded.error().code() == ErrorCode::kNotFound);
        break;
      }
      case 6:
        if (random() % 64 == 0) {
          Rare(random);
        }
        break;
      case 7:
      case 8:
      case 9:
        cache_.Put(key, ValueOf(key));
        break;
      default: {
        const auto value = cache_.Get(key);
        Expect(!value.has_value() || *value == ValueOf(key));
      }
    }
  }

  void Rare(std::mt19937_64& random) {
    switch (random() % 6) {
      case 0:
        (void)cache_.Resize({.entries_max = 100 + random() % 300, .bytes_max = 512_KiB + Bytes(random() % 3'000'000)});
        break;
      case 1:
        cache_.Shrink(Bytes(random() % 50'000));
        break;
      case 2:
        cache_.UsePolicy(kPolicyKinds[random() % kPolicyKinds.size()]);
        break;
      case 3:
        cache_.Maintain();
        break;
      case 4:
        Expect(cache_.Snapshot().size() <= 400);
        break;
      default:
        cache_.EraseIf([](const std::uint64_t& key, const std::string*) { return key % 7 == 0; });
    }
  }

  Words& cache_;
  std::atomic<int> wrong_ = 0;
};

class CacheThreadsTest : public testing::TestWithParam<std::size_t> {};

TEST_P(CacheThreadsTest, EveryOperationAtOnceKeepsValuesAndLimits) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 8000;
  std::atomic<std::uint64_t> told = 0;
  CacheHooks<std::uint64_t, std::string> hooks;
  hooks.removed = [&](const std::uint64_t& key, const std::string* value, RemovalReason) {
    told += value == nullptr || *value == ValueOf(key) ? 1U : 1'000'000'000U;
  };
  Words cache(
      SystemClock(),
      {.entries_max = 400, .bytes_max = 1_MiB, .stale_for = std::chrono::microseconds(100), .shards = GetParam()},
      hooks);
  Hammer hammer(cache);
  std::latch start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      hammer.Run(static_cast<std::uint64_t>(t) + 1, kSteps);
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(hammer.wrong(), 0);
  cache.CheckInvariants();
  std::uint64_t left = 0;
  for (const std::uint64_t count : cache.Stats().removals) {
    left += count;
  }
  EXPECT_EQ(told, left) << "each that left was told once";
}
INSTANTIATE_TEST_SUITE_P(OneShardAndMore, CacheThreadsTest, testing::Values(1, 4));

// A broker moves memory between two caches that are in use, both of which choose their policy.
TEST(CacheThreadsUnderABrokerTest, MemoryMovesWhileEverybodyWorks) {
  const CacheConfig config{
      .entries_max = 100'000, .bytes_max = 2_MiB, .shards = 4, .worth = {.load_cost = Duration(100'000)}};
  Words busy(SystemClock(), config);
  Words other(SystemClock(), config);
  CacheConsumer first(busy);
  CacheConsumer second(other);
  memory::Broker broker({.limit = 6_MiB, .overhead = 1_MiB}, {}, {});
  const memory::Registration one = *broker.Register(first);
  const memory::Registration two = *broker.Register(second);
  std::atomic<int> wrong = 0;
  std::atomic<int> running = 3;
  std::vector<std::jthread> threads;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (int step = 0; step < 20'000; ++step) {
        Words& cache = random() % 4 == 0 ? other : busy;
        const std::uint64_t key = random() % 8000;
        const auto value = cache.GetOrLoad(key, [key] { return ValueOf(key) + std::string(400, '.'); });
        wrong += value.ok() && value->starts_with(ValueOf(key)) ? 0 : 1;
      }
      --running;
    });
  }
  while (running > 0) {
    busy.Maintain();
    other.Maintain();
    (void)broker.Maintain(SystemClock().Now());
    EXPECT_LE(busy.bytes() + other.bytes(), 6_MiB);
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(broker.Snapshot().consumers[0].shrinks + broker.Snapshot().consumers[1].shrinks, 0U);
  busy.CheckInvariants();
  other.CheckInvariants();
}

TEST(ShardLockTest, HandsOverFromItsOwnerToEverybody) {
  ShardLock lock;
  std::uint64_t count = 0;  // guarded by lock
  constexpr std::uint64_t kEach = 20'000;
  const auto add = [&] {
    for (std::uint64_t i = 0; i < kEach; ++i) {
      const std::lock_guard hold(lock);
      ++count;
    }
  };
  add();  // this thread is the owner now
  std::thread other(add);
  add();
  std::thread third(add);
  other.join();
  third.join();
  EXPECT_EQ(count, 4 * kEach);
}

TEST(ShardLockTest, AnOwnerThatHasEndedHoldsNobodyUp) {
  ShardLock lock;
  int entered = 0;  // guarded by lock
  const auto enter = [&] {
    const std::lock_guard hold(lock);
    return ++entered;
  };
  std::thread(enter).join();
  EXPECT_EQ(enter(), 2);
  EXPECT_FALSE(lock.TryEnterAsOwner()) << "it was given to the first once, and is everybody's now";
  std::thread(enter).join();
  EXPECT_EQ(enter(), 4);
}

}  // namespace
}  // namespace attune::cache

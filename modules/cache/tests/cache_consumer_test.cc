// Caches under a broker: what it moves between them, and what they give back in time.
#include "attune/cache/cache_consumer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

using Texts = Cache<std::uint64_t, std::string>;
using memory::Broker;

CacheConfig ConfigOf(std::string name) {
  return {.name = std::move(name),
          .entries_max = 1'000'000,
          .bytes_max = 8_MiB,
          .policy = PolicyKind::kLru,
          .worth = {.load_cost = Duration(1ms)}};
}

void Use(Texts& cache, std::uint64_t key) {
  if (!cache.Get(key).has_value()) cache.Put(key, std::string(1000, 'x'));
}

TEST(CacheConsumerTest, ABrokerShrinksTheCache) {
  ManualClock clock;
  Cache<std::uint64_t, std::string> cache(
      clock,
      {.name = "pages", .entries_max = 100'000, .policy = PolicyKind::kLru, .worth = {.load_cost = Duration(1ms)}});
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    cache.Put(i, std::string(1000, 'x'));
  }
  CacheConsumer consumer(cache, {.bytes_min = 1_MiB});
  memory::Broker broker({.limit = 12_MiB, .overhead = 1_MiB}, {}, {});
  auto registration = broker.Register(consumer);
  ASSERT_TRUE(registration.ok());
  const Bytes before = consumer.bytes();
  const memory::MaintainReport report = broker.Maintain(clock.Now());
  EXPECT_GT(report.freed, Bytes(0));
  EXPECT_LT(consumer.bytes(), before);
  EXPECT_EQ(consumer.name(), "pages");
}

TEST(CacheConsumerTest, WhatIsMissedSoonAfterItWasEvictedIsWorthMemory) {
  ManualClock clock;
  CacheConfig config{.entries_max = 500, .policy = PolicyKind::kLru, .worth = {.load_cost = Duration(1ms)}};
  Cache<std::uint64_t, std::uint64_t> looping(clock, config);
  Cache<std::uint64_t, std::uint64_t> scanning(clock, config);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    if (!looping.Get(i % 600).has_value()) {
      looping.Put(i % 600, i);
    }
    if (!scanning.Get(i).has_value()) {
      scanning.Put(i, i);
    }
  }
  clock.Advance(1s);
  looping.Maintain();
  scanning.Maintain();
  EXPECT_GT(looping.marginal_benefit(), 0);
  EXPECT_EQ(scanning.marginal_benefit(), 0);
}

TEST(CacheConsumerTest, MemoryMovesFromTheUselessCacheToTheUsefulOne) {
  ManualClock clock;
  Texts useful(clock, ConfigOf("useful"));
  Texts useless(clock, ConfigOf("useless"));
  CacheConsumer first(useful);
  CacheConsumer second(useless);
  constexpr Bytes kLimit = 24_MiB;
  Broker broker({.limit = kLimit, .overhead = 1_MiB}, {}, {});
  const memory::Registration one = *broker.Register(first);
  const memory::Registration two = *broker.Register(second);
  std::mt19937_64 random(1);
  std::uint64_t scanned = 0;
  const auto round = [&] {
    for (int i = 0; i < 2000; ++i) {
      Use(useful, random() % 20'000);  // 21 MiB of them
      Use(useless, scanned++);         // never asked for again
    }
    clock.Advance(100ms);
    useful.Maintain();
    useless.Maintain();
    const memory::MaintainReport report = broker.Maintain(clock.Now());
    EXPECT_EQ(report.pressure, memory::Pressure::kNone) << "growing never makes everybody give";
    EXPECT_LE(broker.Snapshot().consumed + 1_MiB, Bytes(kLimit.count() / 100 * 85));
  };
  for (int i = 0; i < 100; ++i) round();
  EXPECT_GT(useful.bytes(), 15_MiB);
  EXPECT_LT(useless.bytes(), 2_MiB);
  EXPECT_GE(useless.limits().bytes_max, 256_KiB) << "it goes on, and what more would save goes on being measured";
  EXPECT_GT(useful.bytes() + useless.bytes(), 17_MiB) << "what may be used is used: 18.2 MiB";
}

TEST(CacheConsumerTest, ACacheThatHasAllItUsesLeavesTheRestToOthers) {
  ManualClock clock;
  Texts small(clock, ConfigOf("small"));
  Texts needy(clock, ConfigOf("needy"));
  CacheConsumer first(small);
  CacheConsumer second(needy);
  Broker broker({.limit = 40_MiB, .overhead = 1_MiB}, {}, {});
  const memory::Registration one = *broker.Register(first);
  const memory::Registration two = *broker.Register(second);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 2000; ++k) {
      Use(small, random() % 1000);
      Use(needy, random() % 40'000);
    }
    clock.Advance(100ms);
    small.Maintain();
    needy.Maintain();
    broker.Maintain(clock.Now());
  }
  EXPECT_EQ(small.Stats().evictions(), 0U) << "it saves nothing by growing, and much by staying";
  EXPECT_GT(needy.limits().bytes_max, 20_MiB);
}

TEST(CacheConsumerTest, WhatFitsSavesNothingByGrowingAndCostsByShrinking) {
  ManualClock clock;
  Texts cache(clock, ConfigOf("pages"));
  CacheConsumer consumer(cache);
  for (std::uint64_t i = 0; i < 1000; ++i) Use(cache, i);
  clock.Advance(1s);
  cache.Maintain();
  EXPECT_FALSE(consumer.benefit_known()) << "who fills cannot say what more would save";
  for (std::uint64_t i = 0; i < 9000; ++i) Use(cache, i % 1000);
  clock.Advance(1s);
  cache.Maintain();
  EXPECT_TRUE(consumer.benefit_known());
  EXPECT_FALSE(cache.pressed());
  EXPECT_EQ(cache.marginal_benefit(), 0);
  const double mib = static_cast<double>(cache.bytes().count()) / (1U << 20U);
  EXPECT_NEAR(cache.marginal_loss(), 9000 * 1e-3 / mib, 1e-6) << "what its hits would have cost, by what it holds";
  EXPECT_EQ(consumer.marginal_benefit(), 0) << "far below its limit it has something to give";
  consumer.SetTarget(cache.bytes());
  EXPECT_EQ(consumer.marginal_benefit(), cache.marginal_loss());
}

TEST(CacheConsumerTest, AnEntryLimitThatMeansSomethingBoundsTheWishForBytes) {
  ManualClock clock;
  CacheConfig config = ConfigOf("files");
  config.entries_max = 100;
  Texts cache(clock, config);
  CacheConsumer consumer(cache);
  for (std::uint64_t i = 0; i < 300; ++i) Use(cache, i);
  EXPECT_LT(consumer.bytes_useful_max(), 1_MiB);
  consumer.SetTarget(4_MiB);
  EXPECT_EQ(cache.limits().entries_max, 100U);
  EXPECT_EQ(cache.limits().bytes_max, 4_MiB);
}

TEST(CacheConsumerTest, AnEntryLimitThatStandsForASizeMovesWithTheBytes) {
  ManualClock clock;
  Texts cache(clock, ConfigOf("passages"));
  CacheConsumer consumer(cache, {.bytes_useful_max = 32_MiB, .bytes_per_entry = 512_B});
  consumer.SetTarget(16_MiB);
  EXPECT_EQ(cache.limits().entries_max, 16U * 1024 * 2);
  EXPECT_LE(consumer.bytes_useful_max(), 32_MiB);
  for (std::uint64_t i = 0; i < 20'000; ++i) Use(cache, i);
  clock.Advance(1s);
  cache.Maintain();
  EXPECT_EQ(consumer.bytes_useful_max(), 32_MiB) << "full: it may want anything up to that";
}

TEST(CacheConsumerTest, ATargetTakesNothingAndNeverGoesBelowTheMinimum) {
  ManualClock clock;
  Texts cache(clock, ConfigOf("pages"));
  CacheConsumer consumer(cache, {.bytes_min = Bytes(1)});
  for (std::uint64_t i = 0; i < 2000; ++i) Use(cache, i);
  const Bytes held = cache.bytes();
  consumer.SetTarget(Bytes(0));
  EXPECT_EQ(cache.bytes(), held);
  EXPECT_EQ(cache.limits().bytes_max, held) << "it grows no more";
  consumer.Shrink(held);
  consumer.SetTarget(Bytes(0));
  EXPECT_EQ(cache.limits().bytes_max, cache.bytes_least());
  Use(cache, 1);
  EXPECT_TRUE(cache.Contains(std::uint64_t{1})) << "and works";
}

TEST(CacheConsumerTest, ShrinkingEndsAtItsDeadlineAndGoesOnWhereItEnded) {
  ManualClock clock;
  CacheConfig config = ConfigOf("pages");
  config.bytes_max = 64_MiB;
  config.shards = 16;
  // Each entry that leaves takes a microsecond.
  Texts cache(clock, config, {.removed = [&](const auto&...) { clock.Advance(1us); }, .background = {}});
  for (std::uint64_t i = 0; i < 16'000; ++i) cache.Put(i, std::string(1000, 'x'));
  CacheConsumer consumer(cache);
  const Bytes before = cache.bytes();
  const Bytes wanted(before.count() / 2);
  const TimePoint deadline = clock.Now() + 2ms;
  const Bytes freed = consumer.ShrinkBefore(wanted, deadline);
  EXPECT_GE(clock.Now(), deadline);
  EXPECT_LT(clock.Now(), deadline + 600us) << "by a shard at most";
  EXPECT_GT(freed, Bytes(wanted.count() / 8));
  EXPECT_LT(freed, Bytes(wanted.count() / 2));
  EXPECT_EQ(before - cache.bytes(), freed);
  const Bytes rest = consumer.ShrinkBefore(wanted - freed, TimePoint::max());
  EXPECT_GE(freed + rest, wanted);
  cache.CheckInvariants();
}

// Two caches with one load each that does not change, the first of them busier. Answers the ratio of hits, and how
// often the broker took from somebody.
struct SteadyLoad {
  double hit_ratio = 0;
  std::uint64_t shrinks = 0;
};
SteadyLoad RunSteadyLoad(PolicyKind kind, bool managed) {
  ManualClock clock;
  CacheConfig config{
      .entries_max = 1'000'000, .bytes_max = 4_MiB, .policy = kind, .worth = {.load_cost = Duration(100us)}};
  Texts busy(clock, config);
  Texts other(clock, config);
  CacheConsumer first(busy);
  CacheConsumer second(other);
  Broker broker({.limit = 12_MiB, .overhead = 1_MiB}, {}, {}, {.clock = &clock});  // 8.2 MiB for both
  memory::Registration one;
  memory::Registration two;
  if (managed) {
    one = *broker.Register(first);
    two = *broker.Register(second);
  }
  std::mt19937_64 random(3);
  std::geometric_distribution<std::uint64_t> popular(0.0002);
  std::uint64_t scanned = 1'000'000;
  for (int round = 0; round < 600; ++round) {
    for (int i = 0; i < 1000; ++i) {
      Texts& cache = random() % 10 < 7 ? busy : other;
      const std::uint64_t key = random() % 4 < 3 ? popular(random) : scanned++;
      if (!cache.Get(key).has_value()) cache.Put(key, std::string(400, 'x'));
    }
    clock.Advance(100ms);
    if (round % 10 == 9) {
      busy.Maintain();
      other.Maintain();
    }
    if (managed) broker.Maintain(clock.Now());
  }
  SteadyLoad result;
  const CacheStats stats[] = {busy.Stats(), other.Stats()};
  result.hit_ratio = static_cast<double>(stats[0].hits + stats[1].hits) / 600'000;
  for (const auto& consumer : broker.Snapshot().consumers) result.shrinks += consumer.shrinks;
  return result;
}

// The split that it finds is better than halves, and it does not pay for it with what it moves.
TEST(CacheConsumerTest, ASteadyLoadGainsByTheBroker) {
  for (const PolicyKind kind : {PolicyKind::kLru, PolicyKind::kS3Fifo, PolicyKind::kTinyLfu}) {
    const SteadyLoad fixed = RunSteadyLoad(kind, false);
    const SteadyLoad managed = RunSteadyLoad(kind, true);
    EXPECT_GT(managed.hit_ratio, fixed.hit_ratio + 0.01) << ToString(kind);
    EXPECT_LT(managed.shrinks, 60U) << ToString(kind) << ": 600 rounds, two caches";
  }
}

TEST(CacheConsumerTest, AShrinkThatIsLateFromTheStartGivesSomethingAllTheSame) {
  ManualClock clock;
  Texts cache(clock, ConfigOf("pages"));
  for (std::uint64_t i = 0; i < 2000; ++i) Use(cache, i);
  EXPECT_GT(CacheConsumer(cache).ShrinkBefore(1_MiB, clock.Now()), Bytes(0));
}

}  // namespace
}  // namespace attune::cache

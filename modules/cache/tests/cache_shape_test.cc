// A cache that changes while it is in use: its limits, what it gives back, and its policy.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

using Numbers = Cache<std::uint64_t, std::uint64_t>;
using NumberedStrings = Cache<std::uint64_t, std::string>;

// The number of shards is that of the size a cache had at first.
TEST(CacheShapeTest, LimitsBelowWhatItsShardsNeedAreRefusedAndChangeNothing) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 1'000'000, .bytes_max = 1_GiB, .shards = 64});
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    cache.Put(i, i);
  }
  EXPECT_GE(cache.bytes_least(), 512_KiB);
  const Status refused = cache.Resize({.bytes_max = cache.bytes_least() - 1_B});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message().find("64 shards"), std::string::npos) << refused.error().message();
  EXPECT_EQ(cache.limits().bytes_max, 1_GiB);
  EXPECT_EQ(cache.size(), 1'000U);
  ASSERT_TRUE(cache.Resize({.bytes_max = cache.bytes_least()}).ok());
  EXPECT_LE(cache.bytes(), cache.bytes_least());
  EXPECT_GT(cache.size(), 0U);
}

TEST(CacheShapeTest, ShrinkGivesBackWhatItSays) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 100'000, .policy = PolicyKind::kLru});
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    cache.Put(i, i);
  }
  const Bytes before = cache.bytes();
  const Bytes freed = cache.Shrink(1_MiB);
  EXPECT_GE(freed, 1_MiB);
  EXPECT_LE(freed, 3_MiB);
  EXPECT_EQ(before - cache.bytes(), freed);
  EXPECT_TRUE(cache.Contains(99'999));
  cache.CheckInvariants();
}

// How many of the entries that have proved themselves a scan leaves, with a small Shrink before it and without.
std::size_t HotAfterScan(PolicyKind kind, bool shrinks) {
  constexpr std::uint64_t kHot = 500;
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 2000, .policy = kind});
  const auto put = [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t i = first; i < last; ++i) {
      cache.Put(i, i);
    }
  };
  put(0, 2000);
  for (int round = 0; round < 60; ++round) {
    for (std::uint64_t i = 0; i < kHot; ++i) {
      (void)cache.Get(i);
    }
  }
  put(10'000, 11'000);  // the hot ones move to where their policy keeps such
  if (shrinks) {
    cache.Shrink(200_B);
  }
  put(20'000, 23'000);
  std::size_t kept = 0;
  for (std::uint64_t i = 0; i < kHot; ++i) {
    kept += cache.Contains(i) ? 1U : 0U;
  }
  return kept;
}

TEST(CacheShapeTest, AShrinkForgetsNothingOfWhatStays) {
  for (const PolicyKind kind :
       {PolicyKind::kLfu, PolicyKind::kArc, PolicyKind::kS3Fifo, PolicyKind::kLirs, PolicyKind::kTinyLfu}) {
    EXPECT_GE(HotAfterScan(kind, true) + 10, HotAfterScan(kind, false)) << ToString(kind);
    EXPECT_GE(HotAfterScan(kind, true), 450U) << ToString(kind);
  }
}

// Bytes come back a chunk at a time, and so much is enough.
TEST(CacheShapeTest, ASmallShrinkOfALargeCacheTakesAChunk) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 300'000, .policy = PolicyKind::kLirs, .shards = 1});
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    cache.Put(i, i);
  }
  const std::size_t before = cache.size();
  EXPECT_GE(cache.Shrink(64_KiB), 64_KiB);
  EXPECT_GE(cache.size(), before - before / 16 - 1);
  cache.CheckInvariants();
}

TEST(CacheShapeTest, ChangingThePolicyKeepsTheEntries) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 1000, .shards = 2});
  for (std::uint64_t i = 0; i < 1000; ++i) {
    cache.Put(i, i);
  }
  for (const PolicyKind kind : kPolicyKinds) {
    cache.UsePolicy(kind);
    EXPECT_EQ(cache.size(), 1000U);
    EXPECT_EQ(cache.Stats().policy, ToString(kind));
    cache.CheckInvariants();
    for (std::uint64_t i = 0; i < 100; ++i) {
      (void)cache.Get(i);
      cache.Put(5000 + i, i);
    }
    cache.CheckInvariants();
  }
  EXPECT_EQ(cache.Stats().policy_switches, kPolicyKinds.size());
}

// Too small for choosing at first: it begins with it when there is room.
TEST(CacheShapeTest, ACacheThatGrowsBeginsToChoose) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 2000, .bytes_max = 512_KiB});
  EXPECT_EQ(cache.Stats().policy, ToString(PolicyKind::kS3Fifo));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    cache.Put(i, i);
  }
  ASSERT_TRUE(cache.Resize({.entries_max = 2000, .bytes_max = 64_MiB}).ok());
  EXPECT_EQ(cache.size(), 1000U);
  for (std::uint64_t i = 0; i < 400'000; ++i) {
    if (const std::uint64_t key = i % 3000; !cache.Get(key).has_value()) {
      cache.Put(key, key);
    }
  }
  EXPECT_EQ(cache.Stats().policy, ToString(PolicyKind::kLirs)) << "a loop";
  EXPECT_GT(cache.Stats().hits, 200'000U);
  cache.CheckInvariants();
}

TEST(CacheShapeTest, AFixedPolicyStaysWhateverTheSize) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 2000, .bytes_max = 512_KiB});
  cache.UsePolicy(PolicyKind::kLru);
  ASSERT_TRUE(cache.Resize({.entries_max = 2000, .bytes_max = 64_MiB}).ok());
  EXPECT_EQ(cache.Stats().policy, ToString(PolicyKind::kLru));
}

TEST(CacheShapeTest, ChoosesAPolicyThatSurvivesALoop) {
  ManualClock clock;
  control::Journal journal;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.journal = &journal;
  Numbers cache(clock, {.name = "loop", .entries_max = 500}, hooks);
  Numbers lru(clock, {.entries_max = 500, .policy = PolicyKind::kLru});
  for (Numbers* each : {&cache, &lru}) {
    for (std::uint64_t i = 0; i < 200'000; ++i) {
      const std::uint64_t key = i % 1000;  // LRU evicts each key just before it comes again
      if (!each->Get(key).has_value()) {
        each->Put(key, key);
      }
    }
  }
  EXPECT_LT(lru.Stats().hit_ratio(), 0.01);
  EXPECT_GT(cache.Stats().hit_ratio(), 0.4);
  EXPECT_EQ(journal.Since(0).size(), cache.Stats().policy_switches);
  cache.CheckInvariants();
}

// Looks up and stores `accesses` keys of which a tenth fits, few of them often.
void RunSkewed(Numbers& cache, std::uint64_t seed, std::uint64_t accesses, double keys) {
  std::mt19937_64 random(seed);
  for (std::uint64_t i = 0; i < accesses; ++i) {
    const double u = static_cast<double>(random() >> 11U) * 0x1p-53;
    const auto key = static_cast<std::uint64_t>(keys * u * u * u);
    if (!cache.Get(key).has_value()) {
      cache.Put(key, key);
    }
  }
}

TEST(CacheShapeTest, ChoosingTakesMemoryOnlyWhileItLearns) {
  ManualClock clock;
  for (const std::size_t shards : {1U, 4U}) {
    Numbers choosing(clock, {.entries_max = 1000, .shards = shards});
    RunSkewed(choosing, 1, 10'000, 10'000);
    const std::uint64_t learning = choosing.bytes().count();
    RunSkewed(choosing, 2, 300'000, 10'000);
    Numbers fixed(clock, {.entries_max = 1000, .policy = *ParsePolicyKind(choosing.Stats().policy), .shards = shards});
    RunSkewed(fixed, 1, 10'000, 10'000);
    RunSkewed(fixed, 2, 300'000, 10'000);
    EXPECT_GT(learning, fixed.bytes().count() + 100'000);
    EXPECT_LT(choosing.bytes().count(), fixed.bytes().count() + 4'000) << shards << " shards";
    choosing.CheckInvariants();
  }
}

TEST(CacheShapeTest, SimulationsStayWithinTheLimitOnBytes) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 1'000'000, .bytes_max = 1_MiB});
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t key = random() % 40'000;
    if (!cache.Get(key).has_value()) {
      cache.Put(key, key);
    }
    ASSERT_LE(cache.bytes(), 1_MiB) << "after " << i;
  }
  cache.CheckInvariants();
}

TEST(CacheShapeTest, AFixedPolicyEndsTheChoosing) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 1000});
  RunSkewed(cache, 1, 5'000, 10'000);
  const std::uint64_t choosing = cache.bytes().count();
  cache.UsePolicy(PolicyKind::kLru);
  EXPECT_LT(cache.bytes().count(), choosing - 50'000);
  cache.CheckInvariants();
  const std::uint64_t switches = cache.Stats().policy_switches;
  RunSkewed(cache, 2, 100'000, 10'000);
  cache.Maintain();
  EXPECT_EQ(cache.Stats().policy, "lru");
  EXPECT_EQ(cache.Stats().policy_switches, switches);
  cache.CheckInvariants();
}

TEST(CacheShapeTest, SimulatesInTheBackgroundWhereThereIsOne) {
  ManualClock clock;
  std::vector<std::function<void()>> later;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.background = [&](std::function<void()> task) {
    later.push_back(std::move(task));
    return true;
  };
  Numbers cache(clock, {.entries_max = 100}, hooks);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    (void)cache.Get(i);
  }
  EXPECT_EQ(later.size(), 1U) << "one at a time";
  later[0]();
  later.clear();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    (void)cache.Get(i);
  }
  EXPECT_EQ(later.size(), 1U);
  later.clear();
}

TEST(CacheShapeTest, SnapshotAndForEachShowEveryValueOnce) {
  ManualClock clock;
  Numbers cache(clock, {.entries_max = 1000, .policy = PolicyKind::kFifo, .shards = 1});
  for (std::uint64_t i = 0; i < 100; ++i) {
    cache.Put(i, i * 2);
  }
  cache.PutAbsent(1000);
  const auto all = cache.Snapshot();
  ASSERT_EQ(all.size(), 100U);
  EXPECT_EQ(all.front().first, 0U) << "the oldest goes first";
  std::map<std::uint64_t, std::uint64_t> seen;
  cache.ForEach([&](const std::uint64_t& key, const std::uint64_t& value) { seen[key] = value; });
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen[7], 14U);
}

TEST(CacheShapeTest, AConfigurationThatMakesNoSenseIsNamed) {
  EXPECT_NE(Validate(CacheConfig{.entries_max = 0}).error().message().find("entries_max"), std::string::npos);
  EXPECT_NE(Validate(CacheConfig{.bytes_max = 1_KiB}).error().message().find("bytes_max"), std::string::npos);
  EXPECT_NE(Validate(CacheConfig{.time_to_live = 0ns}).error().message().find("time_to_live"), std::string::npos);
  EXPECT_NE(Validate(CacheConfig{.expiry_jitter = 1}).error().message().find("expiry_jitter"), std::string::npos);
  EXPECT_NE(Validate(CacheConfig{.shards = 3}).error().message().find("shards"), std::string::npos);
  EXPECT_NE(Validate(CacheConfig{.worth = {.window = 0}}).error().message().find("worth.window"), std::string::npos);
}

TEST(CacheShapeTest, OneThatBecomesMuchTooSmallForChoosingEndsIt) {
  ManualClock clock;
  NumberedStrings cache(clock, {.bytes_max = 4_MiB, .shards = 1});
  EXPECT_EQ(cache.Stats().policy, "lirs");
  ASSERT_TRUE(cache.Resize({.bytes_max = 768_KiB}).ok());
  EXPECT_EQ(cache.Stats().policy, "lirs") << "it may grow again";
  ASSERT_TRUE(cache.Resize({.bytes_max = 256_KiB}).ok());
  EXPECT_EQ(cache.Stats().policy, "s3-fifo");
  ASSERT_TRUE(cache.Resize({.bytes_max = 4_MiB}).ok());
  EXPECT_EQ(cache.Stats().policy, "lirs");
  cache.CheckInvariants();
}

// The misses of all shards together are reviewed; one that has nearly all of them asks a little early.
TEST(CacheShapeTest, AShardThatMissesMoreThanTheOthersDoesNotAskEachTime) {
  ManualClock clock;
  std::size_t asked = 0;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.background = [&](std::function<void()> task) {
    ++asked;
    task();
    return true;
  };
  Numbers cache(clock, {.entries_max = 16'000, .shards = 16}, hooks);
  constexpr std::size_t kMisses = 30'000;
  std::uint64_t key = 0;
  for (std::size_t misses = 0; misses < kMisses; ++key) {
    if (((CacheTraits<std::uint64_t, std::uint64_t>::Hash(key) >> 32U) & 15U) != 3) {
      continue;
    }
    ++misses;
    if (!cache.Get(key).has_value()) {
      cache.Put(key, key);
    }
  }
  EXPECT_LT(asked, kMisses / 16);
}

// Moved, but not assigned.
TEST(CacheShapeTest, ValuesNeedNotBeAssignable) {
  struct Fixed {
    const int number;
  };
  ManualClock clock;
  Cache<std::uint64_t, Fixed> cache(clock);
  cache.Put(1, Fixed{1});
  EXPECT_EQ(cache.Put(1, Fixed{2}), PutOutcome::kReplaced);
  int number = 0;
  EXPECT_TRUE(cache.Read(1, [&](const Fixed& fixed) { number = fixed.number; }));
  EXPECT_EQ(number, 2);
}

}  // namespace
}  // namespace attune::cache

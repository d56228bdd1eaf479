#include "attune/cache/policies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "attune/sys/random.h"
#include "mix64.h"
#include "policy_twins.h"

namespace attune::cache {
namespace {

KeyHash HashOf(std::uint64_t key) { return sys::Random(key).Next(); }

// A cache without values: what it takes to run keys past a policy.
class KeyCache {
 public:
  KeyCache(PolicyKind kind, std::size_t entries_max)
      : policy(MakePolicy(kind, {.entries_max = entries_max})), entries_max_(entries_max), keys_(entries_max) {}

  bool Access(std::uint64_t key) {
    if (const auto found = slots_.find(key); found != slots_.end()) {
      policy->OnHit(found->second);
      return true;
    }
    auto slot = static_cast<Slot>(slots_.size());
    if (slots_.size() == entries_max_) {
      slot = policy->Evict(HashOf(key));
      slots_.erase(keys_[slot]);
    }
    keys_[slot] = key;
    slots_[key] = slot;
    policy->OnInsert(slot, HashOf(key));
    return false;
  }
  bool Has(std::uint64_t key) const { return slots_.contains(key); }

  std::unique_ptr<Policy> policy;

 private:
  std::size_t entries_max_;
  std::vector<std::uint64_t> keys_;
  std::unordered_map<std::uint64_t, Slot> slots_;
};

std::vector<std::uint8_t> RandomScript(std::uint64_t seed, std::size_t bytes) {
  sys::Random random(seed);
  std::vector<std::uint8_t> script(bytes);
  for (std::uint8_t& byte : script) byte = static_cast<std::uint8_t>(random.Next());
  return script;
}

class EveryPolicy : public testing::TestWithParam<PolicyKind> {};

INSTANTIATE_TEST_SUITE_P(Policies, EveryPolicy, testing::ValuesIn(kPolicyKinds), [](const auto& kind) {
  std::string name(ToString(kind.param));
  std::erase(name, '-');
  return name;
});

TEST_P(EveryPolicy, NamesTheVictimsOfItsReference) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    ASSERT_EQ(RunTwins(GetParam(), RandomScript(seed, 6'000)), "") << "seed " << seed;
  }
}

TEST_P(EveryPolicy, NamesTheVictimsOfItsReferenceWhenTiny) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::vector<std::uint8_t> script = RandomScript(1'000 + seed, 2'000);
    script[0] = static_cast<std::uint8_t>(seed % 4);  // one to four entries
    script[1] %= 12;                                  // of at most twelve keys
    ASSERT_EQ(RunTwins(GetParam(), script), "") << "seed " << seed;
  }
}

TEST_P(EveryPolicy, SaysItsName) {
  EXPECT_EQ(MakePolicy(GetParam(), {.entries_max = 10})->name(), ToString(GetParam()));
}

TEST_P(EveryPolicy, KeepsAllThatFits) {
  KeyCache cache(GetParam(), 100);
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t key = 0; key < 100; ++key) EXPECT_EQ(cache.Access(key), round > 0);
  }
}

TEST_P(EveryPolicy, HoldsBoundedMemoryWhateverPasses) {
  constexpr std::size_t kEntries = 1'000;
  constexpr std::uint64_t kBytesForEachEntry = 160;  // LIRS: three nodes of 41 bytes and their index
  KeyCache cache(GetParam(), kEntries);
  sys::Random random(1);
  for (int i = 0; i < 100'000; ++i) cache.Access(random.Next() % 4 == 0 ? random.Next() % 1'500 : random.Next());
  cache.policy->CheckInvariants();
  EXPECT_LE(cache.policy->bytes(), Bytes(kEntries * kBytesForEachEntry));
}

TEST_P(EveryPolicy, HoldsLittleWhenFewOfManyPossibleEntriesAreThere) {
  const auto policy = MakePolicy(GetParam(), {.entries_max = 100'000'000});
  for (Slot slot = 0; slot < 1'000; ++slot) policy->OnInsert(slot, HashOf(slot));
  for (std::uint64_t key = 1'000; key < 5'000; ++key) policy->OnInsert(policy->Evict(HashOf(key)), HashOf(key));
  EXPECT_LE(policy->bytes(), Bytes(200'000));
}

TEST_P(EveryPolicy, DecidesTheSameInOneCallAsInMany) {
  constexpr Slot kEntries = 100;
  const auto many = MakePolicy(GetParam(), {.entries_max = kEntries});
  const auto one = MakePolicy(GetParam(), {.entries_max = kEntries});
  std::vector<std::uint64_t> key_of(kEntries);
  for (Slot slot = 0; slot < kEntries; ++slot) {
    key_of[slot] = slot;
    many->OnInsert(slot, HashOf(slot));
    one->OnInsert(slot, HashOf(slot));
  }
  sys::Random random(11);
  for (int i = 0; i < 5'000; ++i) {
    std::vector<Slot> hits(random.Next() % 20);
    for (Slot& slot : hits) slot = static_cast<Slot>(random.Next() % kEntries);
    for (const Slot slot : hits) many->OnHit(slot);
    one->OnHits(hits);
    std::uint64_t key = random.Next() % 300;
    while (std::ranges::find(key_of, key) != key_of.end()) key = random.Next() % 300;
    const Slot victim = many->Evict(HashOf(key));
    many->OnInsert(victim, HashOf(key));
    ASSERT_EQ(one->EvictAndInsert(HashOf(key)), victim);
    ASSERT_TRUE(one->next_victim() == kNoSlot || one->next_victim() < kEntries);
    key_of[victim] = key;
  }
  one->CheckInvariants();
}

TEST_P(EveryPolicy, SaysWhenItsBytesChange) {
  const auto policy = MakePolicy(GetParam(), {.entries_max = 64});
  Bytes known = policy->bytes();
  const auto expect_told = [&] {
    ASSERT_TRUE(policy->grown() || policy->bytes() == known);
    known = policy->bytes();
    policy->ForgetGrowth();
  };
  sys::Random random(12);
  for (Slot slot = 0; slot < 2'000; ++slot) {
    policy->OnInsert(slot, HashOf(slot));
    expect_told();
    policy->OnHit(static_cast<Slot>(random.Next() % (slot + 1)));
    expect_told();
    if (slot % 500 == 0) policy->Resize(slot + 64);
    expect_told();
  }
  for (std::uint64_t key = 2'000; key < 10'000; ++key) {
    policy->EvictAndInsert(HashOf(random.Next() % key));
    expect_told();
  }
}

// A cache of keys, whose entries may change their slots.
struct MovableCache {
  static constexpr std::size_t kEntries = 150;
  static constexpr std::size_t kEntriesMax = 200;

  std::unique_ptr<Policy> policy;
  std::map<std::uint64_t, Slot> slots = {};
  std::vector<Slot> free = {};

  // The key that had to leave, if one had.
  std::optional<std::uint64_t> Access(std::uint64_t key) {
    if (const auto found = slots.find(key); found != slots.end()) {
      policy->OnHit(found->second);
      return std::nullopt;
    }
    std::optional<std::uint64_t> left;
    if (slots.size() == kEntries) left = Evict(Mix64(key));
    Slot slot = static_cast<Slot>(slots.size());
    if (!free.empty()) {
      slot = free.back();
      free.pop_back();
    }
    policy->OnInsert(slot, Mix64(key));
    slots[key] = slot;
    return left;
  }
  std::uint64_t Evict(KeyHash incoming) {
    const Slot slot = policy->Evict(incoming);
    const auto found = std::ranges::find(slots, slot, &std::pair<const std::uint64_t, Slot>::second);
    const std::uint64_t key = found->first;
    slots.erase(found);
    free.push_back(slot);
    return key;
  }
  void Move(std::mt19937_64& random) {
    std::vector<Slot> to(slots.size() + free.size());
    std::iota(to.begin(), to.end(), Slot{0});
    std::ranges::shuffle(to, random);
    policy = policy->Renumbered(to, kEntriesMax);
    for (auto& [key, slot] : slots) slot = to[slot];
    for (Slot& slot : free) slot = to[slot];
    policy->CheckInvariants();
  }
};

TEST_P(EveryPolicy, KeepsAllThatItKnowsWhenEntriesMove) {
  MovableCache stays{MakePolicy(GetParam(), {.entries_max = MovableCache::kEntriesMax})};
  MovableCache moves{MakePolicy(GetParam(), {.entries_max = MovableCache::kEntriesMax})};
  std::mt19937_64 random(7);
  std::geometric_distribution<std::uint64_t> popular(0.006);
  for (std::uint64_t access = 0; access < 20'000; ++access) {
    const std::uint64_t key = access % 3 == 0 ? 10'000 + access % 450 : popular(random);
    ASSERT_EQ(stays.Access(key), moves.Access(key)) << "access " << access;
    if (access % 700 == 699) moves.Move(random);
  }
}

TEST_P(EveryPolicy, ItsTablesFitAfterEntriesMove) {
  const std::unique_ptr<Policy> policy = MakePolicy(GetParam(), {.entries_max = 10'000});
  for (Slot slot = 0; slot < 10'000; ++slot) policy->OnInsert(slot, Mix64(slot));
  while (policy->resident() > 100) (void)policy->Evict(0);
  std::vector<Slot> left;
  policy->AppendColdestFirst(left);
  std::vector<Slot> to(10'000);
  for (std::size_t i = 0; i < left.size(); ++i) to[left[i]] = static_cast<Slot>(i);
  const std::unique_ptr<Policy> fitted = policy->Renumbered(to, 128);
  EXPECT_EQ(fitted->resident(), 100U);
  EXPECT_LT(fitted->bytes(), Bytes(40'000)) << policy->bytes().count() << " before";
  fitted->CheckInvariants();
}

TEST_P(EveryPolicy, OrdersEachEntryOnce) {
  KeyCache cache(GetParam(), 50);
  sys::Random random(7);
  for (int i = 0; i < 2'000; ++i) cache.Access(random.Next() % 60);
  std::vector<Slot> order;
  cache.policy->AppendColdestFirst(order);
  ASSERT_EQ(order.size(), 50U);
  std::vector<Slot> sorted = order;
  std::ranges::sort(sorted);
  for (Slot slot = 0; slot < 50; ++slot) EXPECT_EQ(sorted[slot], slot);
}

TEST_P(EveryPolicy, ShrinksAndGrowsWhileInUse) {
  const auto policy = MakePolicy(GetParam(), {.entries_max = 1'000});
  for (Slot slot = 0; slot < 1'000; ++slot) policy->OnInsert(slot, HashOf(slot));
  policy->Resize(3);
  while (policy->resident() > 3) policy->Evict(0);
  policy->CheckInvariants();
  policy->Resize(2'000);
  std::vector<Slot> left;
  policy->AppendColdestFirst(left);
  for (Slot slot = 1'000; slot < 2'000; ++slot) policy->OnInsert(slot, HashOf(slot));
  for (const Slot slot : left) policy->OnErase(slot);
  policy->CheckInvariants();
  EXPECT_EQ(policy->resident(), 1'000U);
}

TEST_P(EveryPolicy, EmptiesAndFillsAgain) {
  const auto policy = MakePolicy(GetParam(), {.entries_max = 20});
  for (int round = 0; round < 3; ++round) {
    for (Slot slot = 0; slot < 20; ++slot) policy->OnInsert(slot, HashOf(slot));
    while (policy->resident() > 0) policy->Evict(HashOf(99));
    policy->CheckInvariants();
  }
}

std::size_t HitsOnLoop(PolicyKind kind, std::uint64_t keys, std::size_t entries) {
  KeyCache cache(kind, entries);
  std::size_t hits = 0;
  for (std::uint64_t i = 0; i < 100 * keys; ++i) hits += cache.Access(i % keys) ? 1U : 0U;
  return hits;
}

TEST(Policies, LirsAndTinyLfuKeepAPartOfALoopThatLruLosesWhole) {
  constexpr std::size_t kBest = 100 * 100;  // half of 200 keys, a hundred times
  EXPECT_EQ(HitsOnLoop(PolicyKind::kLru, 200, 100), 0U);
  EXPECT_GE(HitsOnLoop(PolicyKind::kLirs, 200, 100), kBest * 9 / 10);
  EXPECT_GE(HitsOnLoop(PolicyKind::kTinyLfu, 200, 100), kBest * 8 / 10);
}

// A few keys in use all the time, and a scan through everything else.
bool KeepsWorkingSetThroughScan(PolicyKind kind) {
  KeyCache cache(kind, 100);
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t key = 0; key < 40; ++key) cache.Access(key);
  }
  for (std::uint64_t key = 1'000; key < 1'200; ++key) cache.Access(key);
  for (std::uint64_t key = 0; key < 40; ++key) {
    if (!cache.Has(key)) return false;
  }
  return true;
}

TEST(Policies, AScanTakesTheWorkingSetOnlyFromThoseThatPromiseNothing) {
  EXPECT_FALSE(KeepsWorkingSetThroughScan(PolicyKind::kLru));
  EXPECT_FALSE(KeepsWorkingSetThroughScan(PolicyKind::kFifo));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kS3Fifo));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kSieve));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kArc));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kLirs));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kTinyLfu));
  EXPECT_TRUE(KeepsWorkingSetThroughScan(PolicyKind::kLfu));
}

TEST(Policies, WhatWasPopularOnceLeavesAnAgeingLfu) {
  KeyCache cache(PolicyKind::kLfu, 10);
  for (int i = 0; i < 1'000; ++i) cache.Access(0);
  for (std::uint64_t i = 0; i < 10'000; ++i) cache.Access(1 + i % 20);
  EXPECT_FALSE(cache.Has(0));
}

TEST(Policies, LrfuIsLruWithAShortHalfLifeAndCountsWithALong) {
  for (const double half_life : {0.01, 100.0}) {
    const auto policy = MakePolicy(PolicyKind::kLrfu, {.entries_max = 3, .half_life = half_life});
    for (Slot slot = 0; slot < 3; ++slot) policy->OnInsert(slot, HashOf(slot));
    for (int i = 0; i < 3; ++i) policy->OnHit(0);
    policy->OnHit(1);
    policy->OnHit(2);
    policy->OnHit(2);
    // Least recently used is 0, which was used four times; 1 was used twice.
    EXPECT_EQ(policy->Evict(HashOf(9)), half_life < 1 ? 0U : 1U) << half_life;
  }
}

TEST_P(EveryPolicy, AHitNeedsNoMemory) {
  constexpr Slot kEntries = 500;
  const auto policy = MakePolicy(GetParam(), {.entries_max = kEntries});
  for (Slot slot = 0; slot < kEntries; ++slot) policy->OnInsert(slot, HashOf(slot));
  for (std::uint64_t key = kEntries; key < 700; ++key) policy->OnInsert(policy->Evict(HashOf(key)), HashOf(key));
  const Bytes before = policy->bytes();
  sys::Random random(3);
  for (int i = 0; i < 20'000; ++i) policy->OnHit(static_cast<Slot>(random.Next() % kEntries));
  EXPECT_EQ(policy->bytes(), before);
}

TEST(Policies, LruHoldsEightBytesAndAQuarterForEachSlot) {
  const auto policy = MakePolicy(PolicyKind::kLru, {.entries_max = 10'000});
  for (Slot slot = 0; slot < 10'000; ++slot) policy->OnInsert(slot, HashOf(slot));
  EXPECT_LE(policy->bytes(), Bytes(8 * 10'000 + 10'000 / 4 + 400));
}

TEST(PoliciesDeathTest, AWindowThatIsNoPartOfTheCacheIsABug) {
  EXPECT_DEATH(MakePolicy(PolicyKind::kTinyLfu, {.window_share = 1.5}), "window");
  EXPECT_DEATH(MakePolicy(PolicyKind::kLru, {.entries_max = 0}), "at least one");
}

}  // namespace
}  // namespace attune::cache

#include "attune/cache/cache.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using Strings = Cache<std::string, std::string>;
using Numbers = Cache<std::uint64_t, std::uint64_t>;
using NumberedStrings = Cache<std::uint64_t, std::string>;

struct Left {
  std::string key;
  std::optional<std::string> value;
  RemovalReason reason;
};

class CacheTest : public testing::Test {
 protected:
  Strings& Make(CacheConfig config) {
    CacheHooks<std::string, std::string> hooks;
    hooks.removed = [this](const std::string& key, const std::string* value, RemovalReason reason) {
      left_.push_back({key, value == nullptr ? std::nullopt : std::optional<std::string>(*value), reason});
    };
    cache_ = std::make_unique<Strings>(clock_, std::move(config), std::move(hooks));
    return *cache_;
  }
  void TearDown() override {
    if (cache_ != nullptr) {
      cache_->CheckInvariants();
    }
  }

  ManualClock clock_;
  std::vector<Left> left_;
  std::unique_ptr<Strings> cache_;
};

TEST_F(CacheTest, AnswersWhatWasPutAndCountsIt) {
  Strings& cache = Make({});
  EXPECT_EQ(cache.Get("a"), std::nullopt);
  EXPECT_EQ(cache.Put("a", "1"), PutOutcome::kInserted);
  EXPECT_EQ(cache.Put("a", "2"), PutOutcome::kReplaced);
  EXPECT_EQ(cache.Get(std::string_view("a")), "2");
  EXPECT_TRUE(cache.Contains("a"));
  EXPECT_EQ(cache.Peek("a"), "2");
  std::string seen;
  EXPECT_TRUE(cache.Read("a", [&](const std::string& value) { seen = value; }));
  EXPECT_EQ(seen, "2");
  const CacheStats stats = cache.Stats();
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.insertions, 1U);
  EXPECT_EQ(stats.removed(RemovalReason::kReplaced), 1U);
  ASSERT_EQ(left_.size(), 1U);
  EXPECT_EQ(left_[0].value, "1");
}

TEST_F(CacheTest, NeverHoldsMoreEntriesThanAllowedAndUsesAllOfThem) {
  for (const std::size_t shards : {1U, 8U}) {
    Strings& cache = Make({.entries_max = 100, .shards = shards});
    for (int i = 0; i < 1000; ++i) {
      cache.Put(std::to_string(i), "v");
      ASSERT_LE(cache.size(), 100U);
    }
    EXPECT_EQ(cache.size(), 100U);
    EXPECT_EQ(cache.Stats().removed(RemovalReason::kEntryLimit), 900U);
    cache.CheckInvariants();
  }
}

TEST_F(CacheTest, NeverHoldsMoreBytesThanAllowed) {
  for (const std::size_t shards : {1U, 4U}) {
    for (const PolicyKind policy : kPolicyKinds) {
      Strings& cache = Make({.entries_max = 100'000, .bytes_max = 256_KiB, .policy = policy, .shards = shards});
      std::mt19937_64 random(1);
      for (int i = 0; i < 3000; ++i) {
        cache.Put(std::to_string(i), std::string(random() % 3000, 'x'));
        ASSERT_LE(cache.bytes(), 256_KiB) << ToString(policy);
      }
      EXPECT_GT(cache.size(), 60U) << ToString(policy);
      EXPECT_GT(cache.Stats().removed(RemovalReason::kByteLimit), 0U);
      cache.CheckInvariants();
    }
  }
}

TEST_F(CacheTest, AFullCacheReplacesWhateverItsEntriesOwn) {
  constexpr std::uint64_t kPuts = 3000;
  Strings& cache = Make({.entries_max = 50, .bytes_max = 150_KiB, .policy = PolicyKind::kS3Fifo, .shards = 1});
  std::mt19937_64 random(3);
  std::map<RemovalReason, int> reasons;
  for (std::uint64_t i = 0; i < kPuts; ++i) {
    const std::size_t size = random() % 3 == 0 ? 0 : random() % 8000;  // a short string owns nothing
    ASSERT_EQ(cache.Put(std::to_string(i), std::string(size, 'v')), PutOutcome::kInserted);
    ASSERT_EQ(cache.Peek(std::to_string(i)), std::string(size, 'v'));
    ASSERT_LE(cache.size(), 50U);
    ASSERT_LE(cache.bytes(), 150_KiB);
    cache.CheckInvariants();
  }
  for (const Left& left : left_) {
    ++reasons[left.reason];
  }
  EXPECT_GT(reasons[RemovalReason::kEntryLimit], 100);
  EXPECT_GT(reasons[RemovalReason::kByteLimit], 100);
  EXPECT_EQ(left_.size() + cache.size(), kPuts);
}

TEST(CacheLimitsTest, EntriesThatOwnNothingStayWithinTheirBytesToo) {
  ManualClock clock;
  for (const PolicyKind policy : kPolicyKinds) {
    Numbers cache(clock, {.entries_max = kEntriesUnlimited, .bytes_max = 256_KiB, .policy = policy});
    for (std::uint64_t i = 0; i < 50'000; ++i) {
      cache.Put(i, i);
      ASSERT_LE(cache.bytes(), 256_KiB) << ToString(policy) << " " << i;
    }
    EXPECT_GT(cache.size(), 1000U) << ToString(policy);
    cache.CheckInvariants();
  }
}

// Keys as they come in a cache's life: few of them often, a loop, what was asked for a little before, and again few of
// them often, but others.
std::uint64_t KeyOfAChangingLoad(std::uint64_t i, std::uint64_t keys, std::mt19937_64& random) {
  constexpr std::uint64_t kEach = 50'000;
  const double u = static_cast<double>(random() >> 11U) * 0x1p-53;
  switch (i / kEach % 4) {
    case 0:
      return static_cast<std::uint64_t>(static_cast<double>(keys) * u * u * u);
    case 1:
      return keys + i % (keys / 4);
    case 2:
      return 2 * keys + i - static_cast<std::uint64_t>(static_cast<double>(keys / 4) * u);
    default:
      return static_cast<std::uint64_t>(static_cast<double>(keys) * (1 - u * u));
  }
}

TEST_F(CacheTest, NeverHoldsMoreBytesThanAllowedWhileItChooses) {
  std::uint64_t switches = 0;
  for (const std::size_t shards : {1U, 8U}) {
    Strings& cache = Make({.entries_max = 100'000, .bytes_max = 4_MiB, .shards = shards});
    std::mt19937_64 random(1);
    for (std::uint64_t i = 0; i < 300'000; ++i) {
      const std::uint64_t key = KeyOfAChangingLoad(i, 20'000, random);
      if (!cache.Get(std::to_string(key)).has_value()) {
        ASSERT_LE(cache.bytes(), 4_MiB) << "after looking up " << i;
        cache.Put(std::to_string(key), std::string(key * 7919 % 2'400, 'x'));
      }
      ASSERT_LE(cache.bytes(), 4_MiB) << "after " << i;
      left_.clear();
    }
    switches += cache.Stats().policy_switches;
    EXPECT_GT(cache.size(), 1'500U) << shards << " shards";
    cache.CheckInvariants();
  }
  EXPECT_GT(switches, 0U) << "changes of policy are within the limit as well";
}

// A listener sees the cache in the middle of what it does.
TEST(CacheLimitsTest, EntriesThatOwnNothingMakeRoomForWhatIsLearned) {
  ManualClock clock;
  for (const std::size_t shards : {1U, 8U}) {
    for (const Bytes limit : {1_MiB, 1_MiB + 300_KiB, 3_MiB}) {
      std::size_t over = 0;
      const Numbers* seen = nullptr;
      CacheHooks<std::uint64_t, std::uint64_t> hooks;
      hooks.removed = [&](const std::uint64_t&, const std::uint64_t*, RemovalReason) {
        over += seen->bytes() > limit ? 1U : 0U;
      };
      Numbers cache(clock, {.entries_max = kEntriesUnlimited, .bytes_max = limit, .shards = shards}, hooks);
      seen = &cache;
      std::mt19937_64 random(2);
      for (std::uint64_t i = 0; i < 200'000; ++i) {
        const std::uint64_t key = KeyOfAChangingLoad(i, 60'000, random);
        if (!cache.Get(key).has_value()) {
          cache.Put(key, key);
        }
        ASSERT_LE(cache.bytes(), limit) << "after " << i;
      }
      EXPECT_EQ(over, 0U) << "while it evicted";
      EXPECT_GT(cache.size(), limit.count() / 256) << "entries of 32 bytes, and ghosts";
      cache.CheckInvariants();
      cache.Clear();
    }
  }
}

TEST_F(CacheTest, AValueLargerThanTheCacheIsRefusedAndEvictsNothing) {
  Strings& cache = Make({.bytes_max = 100_KiB, .policy = PolicyKind::kLru});
  cache.Put("a", "1");
  cache.Put("b", "2");
  EXPECT_EQ(cache.Put("a", std::string(200'000, 'x')), PutOutcome::kTooLarge);
  EXPECT_EQ(cache.Get("a"), std::nullopt) << "the old value is not the value any more";
  EXPECT_EQ(cache.Get("b"), "2");
  EXPECT_EQ(cache.Stats().refusals_too_large, 1U);
  EXPECT_EQ(cache.Stats().evictions(), 0U);
}

TEST_F(CacheTest, AValueOfNearlyTheWholeCacheIsStored) {
  Strings& cache = Make({.bytes_max = 1_MiB, .policy = PolicyKind::kLru, .shards = 4});
  for (int i = 0; i < 100; ++i) {
    cache.Put(std::to_string(i), std::string(5000, 'x'));
  }
  EXPECT_EQ(cache.Put("big", std::string(700'000, 'x')), PutOutcome::kInserted);
  EXPECT_TRUE(cache.Contains("big"));
}

// The small entries own nothing, so that evicting them frees no byte until the tables shrink.
TEST_F(CacheTest, NoStoreEvictsTheOthersAndIsThenRefused) {
  std::vector<std::optional<PolicyKind>> policies(kPolicyKinds.begin(), kPolicyKinds.end());
  policies.push_back(std::nullopt);
  for (const std::optional<PolicyKind> policy : policies) {
    for (const std::size_t shards : {1U, 8U}) {
      for (std::size_t size = 500'000; size < 1'200'000; size += 35'000) {
        NumberedStrings cache(clock_, {.bytes_max = 1_MiB, .policy = policy, .shards = shards});
        for (std::uint64_t i = 1; i <= 3000; ++i) cache.Put(i, "small");
        const std::size_t before = cache.size();
        const PutOutcome outcome = cache.Put(0, std::string(size, 'x'));
        const std::string which = (policy ? std::string(ToString(*policy)) : "choosing") + " " + std::to_string(size) +
                                  " in shards: " + std::to_string(shards);
        ASSERT_LE(cache.bytes(), 1_MiB) << which;
        if (outcome == PutOutcome::kTooLarge) {
          ASSERT_EQ(cache.size(), before) << which;
          ASSERT_GT(size, 700'000U) << which;
        } else {
          ASSERT_EQ(outcome, PutOutcome::kInserted) << which;
          ASSERT_TRUE(cache.Contains(0)) << which;
        }
        cache.CheckInvariants();
      }
    }
  }
}

TEST_F(CacheTest, AnEntryTooManyEvictsOneEntryWhicheverShardHasIt) {
  Strings& cache = Make({.entries_max = 16, .policy = PolicyKind::kLru, .shards = 8});
  for (int i = 0; i < 1000; ++i) {
    cache.Put(std::to_string(i), "v");
    ASSERT_EQ(cache.size(), static_cast<std::size_t>(std::min(i + 1, 16)));
  }
  EXPECT_EQ(cache.Stats().removed(RemovalReason::kEntryLimit), 984U);
  EXPECT_EQ(cache.Stats().removed(RemovalReason::kByteLimit), 0U);
}

TEST_F(CacheTest, EraseAndEraseIfAndClearTellTheListenerWithoutALock) {
  Strings& cache = Make({});
  for (int i = 0; i < 10; ++i) {
    cache.Put(std::to_string(i), "v");
  }
  EXPECT_TRUE(cache.Erase("3"));
  EXPECT_FALSE(cache.Erase("3"));
  EXPECT_EQ(cache.EraseIf([](const std::string& key, const std::string*) { return key < "5"; }), 4U);
  cache.Clear();
  EXPECT_EQ(cache.size(), 0U);
  ASSERT_EQ(left_.size(), 10U);
  EXPECT_EQ(left_[0].key, "3");
  EXPECT_EQ(cache.Stats().removed(RemovalReason::kErased), 10U);
}

TEST(CacheListenerTest, AListenerMayUseTheCache) {
  ManualClock clock;
  Numbers* inside = nullptr;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.removed = [&](const std::uint64_t& key, const std::uint64_t*, RemovalReason) { inside->Erase(key + 1000); };
  Numbers cache(clock, {.entries_max = 10, .policy = PolicyKind::kFifo}, hooks);
  inside = &cache;
  for (std::uint64_t i = 0; i < 100; ++i) {
    cache.Put(i, i);
  }
  EXPECT_EQ(cache.size(), 10U);
}

// Whatever makes entries leave: no lock is held that the listener could wait for.
TEST(CacheListenerTest, AListenerMayUseTheCacheWhateverRemoves) {
  ManualClock clock;
  Numbers* inside = nullptr;
  std::size_t told = 0;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.removed = [&](const std::uint64_t&, const std::uint64_t*, RemovalReason) {
    ++told;
    (void)inside->Stats();
    inside->Shrink(Bytes(0));
    inside->Maintain();
  };
  Numbers cache(clock, {.entries_max = 1000, .bytes_max = 1_MiB, .shards = 2}, hooks);
  inside = &cache;
  const auto fill = [&] {
    for (std::uint64_t i = 0; i < 1000; ++i) {
      cache.Put(i, i, std::chrono::seconds(60));
    }
    told = 0;
  };
  fill();
  ASSERT_TRUE(cache.Resize({.entries_max = 500}).ok());
  EXPECT_GE(told, 500U);
  fill();
  cache.Shrink(4_KiB);
  EXPECT_GT(told, 0U);
  fill();
  clock.Advance(std::chrono::seconds(61));
  cache.Maintain();
  EXPECT_EQ(told, 500U);
}

// LIRS keeps more about its entries than FIFO: moving to it has to evict where memory is short.
TEST(CacheListenerTest, AListenerMayUseTheCacheWhereAPolicyNeedsRoom) {
  ManualClock clock;
  Numbers* inside = nullptr;
  std::size_t told = 0;
  CacheHooks<std::uint64_t, std::uint64_t> hooks;
  hooks.removed = [&](const std::uint64_t&, const std::uint64_t*, RemovalReason) {
    ++told;
    inside->UsePolicy(PolicyKind::kLirs);
  };
  Numbers cache(clock, {.entries_max = 1'000'000, .bytes_max = 1_MiB, .policy = PolicyKind::kFifo}, hooks);
  inside = &cache;
  for (std::uint64_t i = 0; told == 0; ++i) {
    ASSERT_LT(i, 1'000'000U);
    cache.Put(i, i);
  }
  EXPECT_EQ(cache.Stats().policy, ToString(PolicyKind::kLirs));
}

// A value that cannot be stored beside the pinned ones takes the old one out all the same: one count for each.
TEST(CacheCountsTest, ARetryInAnotherShardIsNoSecondInsertion) {
  ManualClock clock;
  Strings cache(clock, {.entries_max = 4, .policy = PolicyKind::kFifo, .shards = 4});
  std::mt19937_64 random(3);
  std::size_t replaced = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string key = std::to_string(random() % 8);
    const bool there = cache.Contains(key);
    const PutOutcome outcome = cache.Put(key, std::string(random() % 2 == 0 ? 1 : 500, 'v'));
    ASSERT_EQ(outcome, there ? PutOutcome::kReplaced : PutOutcome::kInserted);
    replaced += there ? 1U : 0U;
  }
  const CacheStats stats = cache.Stats();
  EXPECT_EQ(stats.removed(RemovalReason::kReplaced), replaced);
  EXPECT_EQ(stats.insertions, stats.removed(RemovalReason::kEntryLimit) + cache.size());
  cache.CheckInvariants();
}

// ---- pins

TEST_F(CacheTest, APinnedEntryIsNotEvictedAndItsValueStaysWhereItIs) {
  Strings& cache = Make({.entries_max = 4, .policy = PolicyKind::kFifo});
  cache.Put("keep", "me");
  auto pin = cache.Pin("keep");
  ASSERT_TRUE(pin);
  const std::string* const where = &*pin;
  for (int i = 0; i < 50; ++i) {
    cache.Put(std::to_string(i), "v");
  }
  EXPECT_LE(cache.size(), 4U);
  EXPECT_EQ(cache.Get("keep"), "me");
  EXPECT_EQ(&*pin, where);
  cache.Shrink(64_MiB);
  EXPECT_EQ(*pin, "me");
  pin.Release();
  EXPECT_FALSE(pin);
  cache.Put("x", "v");
  cache.Put("y", "v");
  cache.Put("z", "v");
  cache.Put("w", "v");
  EXPECT_FALSE(cache.Contains("keep"));
}

TEST_F(CacheTest, AReplacedPinnedValueLivesForItsPinsAlone) {
  Strings& cache = Make({});
  cache.Put("a", "old");
  auto first = cache.Pin("a");
  auto second = cache.Pin("a");
  cache.Put("a", "new");
  EXPECT_EQ(*first, "old");
  EXPECT_EQ(cache.Get("a"), "new");
  cache.CheckInvariants();
  first.Release();
  EXPECT_EQ(*second, "old");
  EXPECT_TRUE(left_.empty());
  second = {};
  ASSERT_EQ(left_.size(), 1U);
  EXPECT_EQ(left_[0].value, "old");
  EXPECT_EQ(left_[0].reason, RemovalReason::kReplaced);
}

TEST_F(CacheTest, WhenEverythingIsPinnedAPutIsRefused) {
  Strings& cache = Make({.entries_max = 2});
  cache.Put("a", "1");
  cache.Put("b", "2");
  const auto a = cache.Pin("a");
  const auto b = cache.Pin("b");
  EXPECT_EQ(cache.Put("c", "3"), PutOutcome::kAllPinned);
  EXPECT_EQ(cache.Stats().refusals_pinned, 1U);
  EXPECT_EQ(cache.Stats().pinned, 2U);
}

// insertions - removals + replacements = entries, also where an old value made room for one that was not stored.
TEST_F(CacheTest, WhatWasInsertedAndNotRemovedIsThere) {
  Strings& cache = Make({.entries_max = 3, .bytes_max = 64_KiB, .shards = 1});
  cache.Put("a", "1");
  cache.Put("b", "2");
  cache.Put("a", "3");
  EXPECT_EQ(cache.Put("b", std::string(100'000, 'x')), PutOutcome::kTooLarge);
  EXPECT_EQ(left_.back().reason, RemovalReason::kErased);
  const auto pinned = cache.Pin("a");
  cache.Put("c", std::string(20'000, 'x'));
  const auto also = cache.Pin("c");
  EXPECT_EQ(cache.Put("d", std::string(30'000, 'x')), PutOutcome::kInserted);
  auto third = cache.Pin("d");
  EXPECT_EQ(cache.Put("d", std::string(30'000, 'y')), PutOutcome::kAllPinned);
  third.Release();  // which kept the old value there
  const CacheStats stats = cache.Stats();
  std::uint64_t removed = 0;
  for (const std::uint64_t count : stats.removals) {
    removed += count;
  }
  EXPECT_EQ(stats.insertions - (removed - stats.removed(RemovalReason::kReplaced)), stats.entries);
  EXPECT_EQ(stats.removed(RemovalReason::kReplaced), 1U);
}

// ---- shape

TEST_F(CacheTest, LittleIsTakenFromOneShardAndNotFromAll) {
  for (const std::size_t shards : {1U, 4U, 16U, 64U}) {
    Strings& cache = Make({.entries_max = 6400, .policy = PolicyKind::kLru, .shards = shards});
    for (int i = 0; i < 64; ++i) {
      cache.Put(std::to_string(i), std::string(2000, 'v'));
    }
    ASSERT_TRUE(cache.Resize({.entries_max = 63}).ok());
    EXPECT_EQ(cache.size(), 63U) << shards;
    EXPECT_GE(cache.Shrink(1_B), 1_B);
    EXPECT_EQ(cache.size(), 62U) << shards;
  }
}

TEST_F(CacheTest, ResizeWorksInBothDirections) {
  for (const std::size_t shards : {1U, 4U}) {
    Strings& cache = Make({.entries_max = 1000, .shards = shards});
    for (int i = 0; i < 1000; ++i) {
      cache.Put(std::to_string(i), "v");
    }
    ASSERT_TRUE(cache.Resize({.entries_max = 100}).ok());
    EXPECT_EQ(cache.size(), 100U);
    EXPECT_EQ(cache.Stats().removed(RemovalReason::kShrink), 1000U - cache.size());
    ASSERT_TRUE(cache.Resize({.entries_max = 5000}).ok());
    for (int i = 0; i < 5000; ++i) {
      cache.Put(std::to_string(i), "v");
    }
    EXPECT_GT(cache.size(), 4900U);
    cache.CheckInvariants();
  }
  EXPECT_FALSE(cache_->Resize({.entries_max = 0}).ok());
  EXPECT_FALSE(cache_->Resize({.bytes_max = 1_KiB}).ok());
}

}  // namespace
}  // namespace attune::cache

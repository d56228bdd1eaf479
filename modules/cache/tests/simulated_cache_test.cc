#include "simulated_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <vector>

#include "attune/cache/policy_kind.h"
#include "attune/sys/random.h"

namespace attune::cache {
namespace {

KeyHash Spread(std::uint64_t key) { return key * 0x9E3779B97F4A7C15ULL; }

TEST(SimulatedCache, HitsExactlyWhatALeastRecentlyUsedListHits) {
  constexpr std::size_t kEntries = 20;
  SimulatedCache cache(PolicyKind::kLru, kEntries);
  std::list<KeyHash> twin;
  sys::Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const KeyHash key = Spread(random.Below(40));
    const auto found = std::find(twin.begin(), twin.end(), key);
    EXPECT_EQ(cache.Access(key), found != twin.end());
    if (found != twin.end()) twin.erase(found);
    twin.push_front(key);
    if (twin.size() > kEntries) twin.pop_back();
  }
  cache.CheckInvariants();
}

TEST(SimulatedCache, KeepsItsEntriesWhenThePolicyChanges) {
  for (const PolicyKind from : kPolicyKinds) {
    for (const PolicyKind to : kPolicyKinds) {
      SimulatedCache cache(from, 50);
      for (std::uint64_t key = 0; key < 50; ++key) cache.Access(Spread(key));
      cache.ChangePolicy(to);
      cache.CheckInvariants();
      for (std::uint64_t key = 0; key < 50; ++key) {
        EXPECT_TRUE(cache.Access(Spread(key))) << ToString(from) << " to " << ToString(to) << ", key " << key;
      }
    }
  }
}

TEST(SimulatedCache, HoldsWhatItAdopts) {
  for (const PolicyKind kind : kPolicyKinds) {
    SimulatedCache cache(kind, 50);
    std::vector<KeyHash> keys;
    for (std::uint64_t key = 0; key < 40; ++key) keys.push_back(Spread(key));
    keys.push_back(Spread(7));  // a second key with a hash that is there
    cache.Adopt(keys);
    cache.CheckInvariants();
    EXPECT_EQ(cache.resident(), 40U);
    std::vector<KeyHash> held;
    cache.AppendColdestFirst(held);
    EXPECT_EQ(held.size(), 40U);
    for (std::uint64_t key = 0; key < 40; ++key) EXPECT_TRUE(cache.Access(Spread(key))) << ToString(kind);
    for (std::uint64_t key = 100; key < 200; ++key) cache.Access(Spread(key));
    cache.CheckInvariants();
  }
}

TEST(SimulatedCache, ShrinksAndGrows) {
  for (const PolicyKind kind : kPolicyKinds) {
    SimulatedCache cache(kind, 100);
    sys::Random random(2);
    for (const std::size_t entries_max : {100U, 1U, 7U, 200U, 50U}) {
      cache.Resize(entries_max);
      cache.CheckInvariants();
      for (int i = 0; i < 2'000; ++i) cache.Access(Spread(random.Below(300)));
      cache.CheckInvariants();
      EXPECT_EQ(cache.resident(), entries_max) << ToString(kind);
    }
  }
}

}  // namespace
}  // namespace attune::cache

#include "attune/cache/policy_handover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "attune/sys/random.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

std::vector<Slot> SlotsOf(const Policy& policy) {
  std::vector<Slot> slots;
  policy.AppendColdestFirst(slots);
  std::ranges::sort(slots);
  return slots;
}

TEST(PolicyHandOver, ExactlyTheResidentsAreResidentAfterwards) {
  for (const PolicyKind kind : kPolicyKinds) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      sys::Random random(seed);
      std::vector<ResidentSlot> residents;
      for (Slot slot = 0; slot < 30; ++slot) {
        if (random.Chance(0.8)) residents.push_back({slot, slot * 3 + 1});  // every third key of the history
      }
      std::vector<KeyHash> history(random.Below(500));
      for (KeyHash& key : history) key = random.Below(120);
      const auto policy = HandOver(kind, {.entries_max = 30}, residents, history);
      policy->CheckInvariants();
      std::vector<Slot> expected;
      for (const ResidentSlot& resident : residents) expected.push_back(resident.slot);
      EXPECT_EQ(SlotsOf(*policy), expected) << ToString(kind) << ", seed " << seed;
    }
  }
}

TEST(PolicyHandOver, WithoutAHistoryTheColdestGoesFirst) {
  const std::vector<ResidentSlot> residents = {{4, 40}, {0, 10}, {2, 20}};
  const auto policy = HandOver(PolicyKind::kLru, {.entries_max = 3}, residents, {});
  EXPECT_EQ(policy->Evict(99), 4U);
  EXPECT_EQ(policy->Evict(99), 0U);
}

// Who was requested often stays; without the history each resident would look the same.
TEST(PolicyHandOver, TheHistoryTellsWhoIsRequestedOften) {
  std::vector<ResidentSlot> residents;
  std::vector<KeyHash> history;
  for (Slot slot = 0; slot < 10; ++slot) residents.push_back({slot, slot + 100U});
  for (int round = 0; round < 5; ++round) history.push_back(100);  // the coldest slot's key
  for (const ResidentSlot& resident : residents) history.push_back(resident.key);
  const auto policy = HandOver(PolicyKind::kLfu, {.entries_max = 10}, residents, history);
  for (int i = 0; i < 9; ++i) EXPECT_NE(policy->Evict(999), 0U);
  EXPECT_EQ(policy->Evict(999), 0U);
}

}  // namespace
}  // namespace attune::cache

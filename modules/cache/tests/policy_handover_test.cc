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

std::vector<ResidentSlot> Residents(Slot count) {
  std::vector<ResidentSlot> residents;
  for (Slot slot = 0; slot < count; ++slot) residents.push_back({slot, slot + 100U});
  return residents;
}

TEST(PolicyHandOver, ExactlyTheResidentsAreResidentAfterwards) {
  for (const PolicyKind kind : kPolicyKinds) {
    for (std::uint64_t seed = 0; seed <= 20; ++seed) {
      sys::Random random(seed);
      std::vector<ResidentSlot> residents;
      for (Slot slot = 0; slot < 30; ++slot) {
        if (random.Chance(0.05 * static_cast<double>(seed))) residents.push_back({slot, slot * 3 + 1});
      }
      const auto policy = HandOver(kind, {.entries_max = 30}, residents);
      policy->CheckInvariants();
      std::vector<Slot> expected;
      for (const ResidentSlot& resident : residents) expected.push_back(resident.slot);
      EXPECT_EQ(SlotsOf(*policy), expected) << ToString(kind) << ", seed " << seed;
    }
  }
}

TEST(PolicyHandOver, TheColdestGoesFirst) {
  const std::vector<ResidentSlot> residents = {{4, 40}, {0, 10}, {2, 20}};
  const auto policy = HandOver(PolicyKind::kLru, {.entries_max = 3}, residents);
  EXPECT_EQ(policy->Evict(99), 4U);
  EXPECT_EQ(policy->Evict(99), 0U);
}

// Every policy that puts newcomers on probation keeps what is there from keys that come once.
TEST(PolicyHandOver, WhatPassesThroughOnceDoesNotEmptyTheCache) {
  constexpr Slot kEntries = 100;
  for (const PolicyKind kind : {PolicyKind::kS3Fifo, PolicyKind::kSieve, PolicyKind::kArc, PolicyKind::kLirs,
                                PolicyKind::kTwoQ, PolicyKind::kTinyLfu}) {
    const auto policy = HandOver(kind, {.entries_max = kEntries}, Residents(kEntries));
    std::vector<bool> gone(kEntries);
    for (KeyHash once = 1000; once < 1000 + 2 * kEntries; ++once) {
      const Slot slot = policy->Evict(once);
      gone[slot] = true;
      policy->OnInsert(slot, once);
    }
    EXPECT_LE(std::ranges::count(gone, true), kEntries / 2 + 1) << ToString(kind);
  }
}

}  // namespace
}  // namespace attune::cache

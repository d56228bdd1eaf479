#include "attune/cache/policy_handover.h"

#include <algorithm>
#include <vector>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

using Residents = std::span<const ResidentSlot>;

// How a policy is shown that an entry has proved itself. The shares are those that lost fewest hits after moves
// between policies on skewed, scanned, recent and looping accesses; the coldest rest is what the policy evicts first.
struct Welcome {
  double share = 0;  // of the residents, the hottest ones
  int hits = 0;      // for each of them
};

Welcome WelcomeFor(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::kS3Fifo:
      return {0.9, 2};  // what has two hits leaves the small queue for the main one
    case PolicyKind::kArc:
      return {0.9, 1};  // T2
    case PolicyKind::kSieve:
      return {0.5, 1};  // a mark on all of them would say nothing
    case PolicyKind::kLru:
    case PolicyKind::kFifo:
    case PolicyKind::kLrfu:  // their order says all
    case PolicyKind::kLirs:  // who comes first is LIR
    case PolicyKind::kLfu:
    case PolicyKind::kTinyLfu:  // one use beats a newcomer already, and more would lie about frequencies
    case PolicyKind::kTwoQ:     // hears of no hits; see LetReturn
      return {};
  }
  ATTUNE_CHECK(false, "not a policy");
}

// Evicts the coldest and takes them back at once, which is how an entry proves itself to 2Q.
void LetReturn(Policy& policy, std::size_t count, Residents residents) {
  Slot slots = 0;
  for (const ResidentSlot& resident : residents) slots = std::max(slots, resident.slot + 1);
  std::vector<KeyHash> key_of(slots);
  for (const ResidentSlot& resident : residents) key_of[resident.slot] = resident.key;
  for (std::size_t i = 0; i < count; ++i) {
    const Slot slot = policy.Evict(0);
    policy.OnInsert(slot, key_of[slot]);
  }
}

}  // namespace

std::unique_ptr<Policy> HandOver(PolicyKind kind, const PolicyConfig& config, Residents residents) {
  std::unique_ptr<Policy> policy = MakePolicy(kind, config);
  for (const ResidentSlot& resident : residents) policy->OnInsert(resident.slot, resident.key);
  const Welcome welcome = WelcomeFor(kind);
  const auto hot = static_cast<std::size_t>(welcome.share * static_cast<double>(residents.size()));
  for (int i = 0; i < welcome.hits; ++i) {
    for (const ResidentSlot& resident : residents.last(hot)) policy->OnHit(resident.slot);
  }
  // A quarter is what 2Q keeps of newcomers: the rest are those who returned.
  if (kind == PolicyKind::kTwoQ) LetReturn(*policy, residents.size() - (residents.size() + 3) / 4, residents);
  return policy;
}

}  // namespace attune::cache

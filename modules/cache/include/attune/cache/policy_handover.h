#pragma once
// HandOver: a new policy for a cache that is full already.
//
// What a policy knows is more than what is resident: ghosts, frequencies, who was seen twice. A
// policy that merely gets the residents begins as if each of them were new, and pays for
// it. So the new policy first lives through the recent accesses, as if it had been in
// charge, and then learns what is resident in truth.
//
//   const auto next = HandOver(PolicyKind::kLirs, {.entries_max = 1000}, residents, selector.history());
//
// Threads    a pure function.
// Cost       about 0.1 us for each resident and each access of the history.

#include <memory>
#include <span>

#include "attune/cache/policies.h"
#include "attune/cache/policy.h"

namespace attune::cache {

struct ResidentSlot {
  Slot slot = 0;
  KeyHash key = 0;
};

// A policy in which exactly `residents` are resident. `history` may be empty; else it holds all
// accesses to this cache, or this shard, of late, the oldest first.
// REQUIRES: residents come coldest first, with slots and keys of their own; at most entries_max.
std::unique_ptr<Policy> HandOver(PolicyKind kind, const PolicyConfig& config, std::span<const ResidentSlot> residents,
                                 std::span<const KeyHash> history);

}  // namespace attune::cache

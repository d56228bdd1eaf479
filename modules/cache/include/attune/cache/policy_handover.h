#pragma once
// HandOver: a new policy for a cache that is full already.
//
// What a policy knows is more than what is resident: ghosts, frequencies, who was seen twice. A policy that merely
// gets the residents takes each for a newcomer, and those that put newcomers on probation then lose most of the
// cache. So the residents move in as those who have proved themselves: all but the coldest go where the
// new policy keeps what came back.
//
//   const auto next = HandOver(PolicyKind::kLirs, {.entries_max = 1000}, residents);
//
// Against a rehearsal of the new policy over the last accesses (twenty times as many as there are entries) this keeps
// as many hits on recorded and generated workloads, and needs neither those accesses nor the time.
//
// Threads    a pure function.
// Cost       about 0.1 us for each resident.

#include <memory>
#include <span>

#include "attune/cache/policies.h"
#include "attune/cache/policy.h"

namespace attune::cache {

struct ResidentSlot {
  Slot slot = 0;
  KeyHash key = 0;
};

// A policy in which exactly `residents` are resident.
// REQUIRES: residents come coldest first, with slots and keys of their own; at most entries_max.
std::unique_ptr<Policy> HandOver(PolicyKind kind, const PolicyConfig& config, std::span<const ResidentSlot> residents);

}  // namespace attune::cache

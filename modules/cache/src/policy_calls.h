#pragma once
// What a policy does in one virtual call for many. Called from the policy's own file, with its own type, which is
// final: so the calls inside are known and inlined.

#include <span>

#include "attune/cache/policy.h"

namespace attune::cache {

template <typename FinalPolicy>
void TellHits(FinalPolicy& policy, std::span<const Slot> slots) {
#pragma GCC unroll 4
  for (const Slot slot : slots) policy.OnHit(slot);
}

template <typename FinalPolicy>
Slot EvictThenInsert(FinalPolicy& policy, KeyHash incoming) {
  const Slot slot = policy.Evict(incoming);
  policy.OnInsert(slot, incoming);
  return slot;
}

}  // namespace attune::cache

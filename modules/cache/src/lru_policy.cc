#include "lru_policy.h"

#include "policy_calls.h"

namespace attune::cache {

void LruPolicy::OnHits(std::span<const Slot> slots) {
  list_.PrefetchMoves(slots);
  TellHits(*this, slots);
}

void LruPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  NoteGrowth(list_.Cover(slot, entries_max_));
  list_.PushFront(0, slot);
}

Slot LruPolicy::Evict(KeyHash /*incoming*/) {
  const Slot victim = list_.Back(0);
  list_.Remove(0, victim);
  return victim;
}

Slot LruPolicy::EvictAndInsert(KeyHash incoming) {
  const Slot slot = EvictThenInsert(*this, incoming);
  NoteNextVictim(list_.Back(0));
  return slot;
}

}  // namespace attune::cache

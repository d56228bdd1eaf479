#include "fifo_policy.h"

#include "policy_calls.h"

namespace attune::cache {

void FifoPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  NoteGrowth(list_.Cover(slot, entries_max_));
  list_.PushFront(0, slot);
}

Slot FifoPolicy::Evict(KeyHash /*incoming*/) {
  const Slot victim = list_.Back(0);
  list_.Remove(0, victim);
  return victim;
}

Slot FifoPolicy::EvictAndInsert(KeyHash incoming) { return EvictThenInsert(*this, incoming); }

}  // namespace attune::cache

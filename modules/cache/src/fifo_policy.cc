#include "fifo_policy.h"

namespace attune::cache {

void FifoPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  list_.Cover(slot, entries_max_);
  list_.PushFront(0, slot);
}

Slot FifoPolicy::Evict(KeyHash /*incoming*/) {
  const Slot victim = list_.Back(0);
  list_.Remove(0, victim);
  return victim;
}

}  // namespace attune::cache

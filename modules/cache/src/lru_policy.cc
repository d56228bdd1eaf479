#include "lru_policy.h"

namespace attune::cache {

void LruPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  list_.Cover(slot, entries_max_);
  list_.PushFront(0, slot);
}

Slot LruPolicy::Evict(KeyHash /*incoming*/) {
  const Slot victim = list_.Back(0);
  list_.Remove(0, victim);
  return victim;
}

}  // namespace attune::cache

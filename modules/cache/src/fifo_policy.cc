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

std::unique_ptr<Policy> FifoPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  auto next = std::make_unique<FifoPolicy>(PolicyConfig{.entries_max = entries_max});
  list_.ForEachFromBack(0, [&](Slot slot) { next->OnInsert(to[slot], 0); });
  return next;
}

}  // namespace attune::cache

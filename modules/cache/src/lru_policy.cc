#include "lru_policy.h"

namespace attune::cache {

void LruPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  NoteGrowth(order_.Cover(slot, order_.size() + 1, {.ids_max = entries_max_, .members_max = entries_max_}));
  order_.Insert(slot);
}

Slot LruPolicy::Evict(KeyHash /*incoming*/) {
  const Slot victim = order_.Oldest();
  order_.Remove(victim);
  return victim;
}

// The slot stays and only its entry is another, so it is used.
Slot LruPolicy::EvictAndInsert(KeyHash /*incoming*/) {
  const Slot slot = order_.Oldest();
  order_.Use(slot);
  NoteNextVictim(order_.Oldest());
  return slot;
}

void LruPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  const std::vector<Slot> order = order_.OldestFirst();
  slots.insert(slots.end(), order.begin(), order.end());
}

std::unique_ptr<Policy> LruPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  auto next = std::make_unique<LruPolicy>(PolicyConfig{.entries_max = entries_max});
  for (const Slot slot : order_.OldestFirst()) next->OnInsert(to[slot], 0);
  return next;
}

}  // namespace attune::cache

#include "sieve_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {

void SievePolicy::OnHits(std::span<const Slot> slots) { TellHits(*this, slots); }

void SievePolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  NoteGrowth(queue_.Cover(slot, entries_max_));
  NoteGrowth(visited_.Cover(slot, entries_max_));
  visited_[slot] = 0;
  queue_.PushFront(0, slot);
}

void SievePolicy::OnErase(Slot slot) {
  if (slot == hand_) hand_ = queue_.Frontward(slot);
  queue_.Remove(0, slot);
}

Slot SievePolicy::Evict(KeyHash /*incoming*/) {
  Slot at = hand_ == kNoSlot ? queue_.Back(0) : hand_;
  while (visited_[at] != 0) {  // ends after one turn: it clears what it passes
    visited_[at] = 0;
    at = queue_.Frontward(at);
    if (at == kNoSlot) at = queue_.Back(0);
  }
  hand_ = queue_.Frontward(at);
  queue_.Remove(0, at);
  return at;
}

Slot SievePolicy::EvictAndInsert(KeyHash incoming) {
  const Slot slot = EvictThenInsert(*this, incoming);
  NoteNextVictim(hand_ == kNoSlot ? queue_.Back(0) : hand_);
  return slot;
}

// The order in which the hand would take them if nothing were hit any more: the unvisited from
// the hand on, then the visited.
void SievePolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  std::vector<Slot> turn;
  turn.reserve(resident());
  queue_.AppendBackToFront(0, turn);
  if (hand_ != kNoSlot) std::ranges::rotate(turn, std::ranges::find(turn, hand_));
  for (const Slot slot : turn) {
    if (visited_[slot] == 0) slots.push_back(slot);
  }
  for (const Slot slot : turn) {
    if (visited_[slot] != 0) slots.push_back(slot);
  }
}

std::unique_ptr<Policy> SievePolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  auto next = std::make_unique<SievePolicy>(PolicyConfig{.entries_max = entries_max});
  queue_.ForEachFromBack(0, [&](Slot slot) {
    next->OnInsert(to[slot], 0);
    next->visited_[to[slot]] = visited_[slot];
  });
  next->hand_ = hand_ == kNoSlot ? kNoSlot : to[hand_];
  return next;
}

void SievePolicy::CheckInvariants() const {
  queue_.CheckInvariants();
  std::vector<Slot> slots;
  queue_.AppendBackToFront(0, slots);
  ATTUNE_CHECK(hand_ == kNoSlot || std::ranges::find(slots, hand_) != slots.end(), "the hand points at a resident");
}

}  // namespace attune::cache

#include "two_q_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {
namespace {

// The paper's advice: Kin a quarter, Kout a half of the pages.
std::size_t InMax(std::size_t capacity) { return std::max<std::size_t>(1, capacity / 4); }
std::size_t OutMax(std::size_t capacity) { return std::max<std::size_t>(1, capacity / 2); }

}  // namespace

Bytes TwoQPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + lists_.bytes() + list_of_.bytes() + keys_.bytes() + ghosts_.bytes();
}

void TwoQPolicy::OnHits(std::span<const Slot> slots) {
  lists_.PrefetchMoves(slots);
  TellHits(*this, slots);
}

void TwoQPolicy::OnInsert(Slot slot, KeyHash key) {
  const List list = ghosts_.Take(key) == ghosts_.kAbsent ? kIn : kMain;
  Place(slot, key, list);
}

void TwoQPolicy::Place(Slot slot, KeyHash key, List list) {
  lists_.Cover(slot, entries_max_);
  list_of_.Cover(slot, entries_max_);
  keys_.Cover(slot, entries_max_);
  list_of_[slot] = list;
  keys_[slot] = key;
  lists_.PushFront(list, slot);
}

Slot TwoQPolicy::Evict(KeyHash /*incoming*/) {
  const std::size_t capacity = resident();
  const List list = lists_.size(kIn) > InMax(capacity) || lists_.empty(kMain) ? kIn : kMain;
  const Slot victim = lists_.Back(list);
  lists_.Remove(list, victim);
  if (list == kIn) {
    ghosts_.Push(0, keys_[victim], OutMax(entries_max_) + 1);
    while (ghosts_.size() > OutMax(std::min(capacity, entries_max_))) ghosts_.DropOldest(0);
  }
  return victim;
}

void TwoQPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  while (ghosts_.size() > OutMax(entries_max)) ghosts_.DropOldest(0);
}

void TwoQPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  lists_.AppendBackToFront(kIn, slots);
  lists_.AppendBackToFront(kMain, slots);
}

std::unique_ptr<Policy> TwoQPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  Resize(entries_max);
  auto next = std::make_unique<TwoQPolicy>(PolicyConfig{.entries_max = entries_max});
  for (const List list : {kIn, kMain}) {
    lists_.ForEachFromBack(list, [&](Slot slot) { next->Place(to[slot], keys_[slot], list); });
  }
  next->ghosts_ = ghosts_.Refitted(OutMax(entries_max) + 1);
  return next;
}

void TwoQPolicy::CheckInvariants() const {
  lists_.CheckInvariants();
  ghosts_.CheckInvariants();
  ATTUNE_CHECK(ghosts_.size() <= OutMax(entries_max_), "ghosts are bounded");
  for (const List list : {kIn, kMain}) {
    std::vector<Slot> slots;
    lists_.AppendBackToFront(list, slots);
    for (const Slot slot : slots) ATTUNE_CHECK(list_of_[slot] == list, "a slot knows its list");
  }
}

}  // namespace attune::cache

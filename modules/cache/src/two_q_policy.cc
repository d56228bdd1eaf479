#include "two_q_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {
namespace {

// The paper's advice: Kin a quarter, Kout a half of the pages.
std::size_t InMax(std::size_t capacity) { return std::max<std::size_t>(1, capacity / 4); }
std::size_t OutMax(std::size_t capacity) { return std::max<std::size_t>(1, capacity / 2); }

}  // namespace

Bytes TwoQPolicy::bytes() const noexcept { return Bytes(sizeof(*this)) + slots_.bytes() + ghosts_.bytes(); }

void TwoQPolicy::OnHits(std::span<const Slot> slots) {
  slots_.PrefetchMoves(slots);
  TellHits(*this, slots);
}

void TwoQPolicy::OnInsert(Slot slot, KeyHash key) {
  const List list = ghosts_.Take(key) == ghosts_.kAbsent ? kIn : kMain;
  slots_.PushFront(list, slot, key, entries_max_);
}

Slot TwoQPolicy::Evict(KeyHash /*incoming*/) {
  const std::size_t capacity = resident();
  const List list = slots_.size(kIn) > InMax(capacity) || slots_.empty(kMain) ? kIn : kMain;
  const Slot victim = slots_.Back(list);
  slots_.Remove(victim);
  if (list == kIn) {
    ghosts_.Push(0, slots_.KeyOf(victim), OutMax(entries_max_) + 1);
    while (ghosts_.size() > OutMax(std::min(capacity, entries_max_))) ghosts_.DropOldest(0);
  }
  return victim;
}

void TwoQPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  while (ghosts_.size() > OutMax(entries_max)) ghosts_.DropOldest(0);
}

void TwoQPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  slots_.AppendBackToFront(kIn, slots);
  slots_.AppendBackToFront(kMain, slots);
}

std::unique_ptr<Policy> TwoQPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  Resize(entries_max);
  auto next = std::make_unique<TwoQPolicy>(PolicyConfig{.entries_max = entries_max});
  next->slots_ = slots_.Renumbered(to, entries_max);
  next->ghosts_ = ghosts_.Refitted(OutMax(entries_max) + 1);
  return next;
}

void TwoQPolicy::CheckInvariants() const {
  slots_.CheckInvariants();
  ghosts_.CheckInvariants();
  ATTUNE_CHECK(ghosts_.size() <= OutMax(entries_max_), "ghosts are bounded");
}

}  // namespace attune::cache

#include "lfu_policy.h"

#include <bit>

#include "policy_calls.h"

namespace attune::cache {

Bytes LfuPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + lists_.bytes() + uses_.bytes() + list_of_.bytes();
}

void LfuPolicy::OnHit(Slot slot) {
  Remove(slot);
  if (uses_[slot] < kUsesMax) ++uses_[slot];
  Place(slot, ListAt(slot));
}

void LfuPolicy::OnHits(std::span<const Slot> slots) {
  lists_.PrefetchMoves(slots);
  TellHits(*this, slots);
}

void LfuPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  Cover(slot);
  uses_[slot] = 1;
  Place(slot, ListAt(slot));
  ++resident_;
}

void LfuPolicy::Cover(Slot slot) {
  lists_.Cover(slot, entries_max_);
  uses_.Cover(slot, entries_max_);
  list_of_.Cover(slot, entries_max_);
}

void LfuPolicy::OnErase(Slot slot) {
  Remove(slot);
  --resident_;
}

Slot LfuPolicy::Evict(KeyHash /*incoming*/) {
  age_ = Coldest();
  const Slot victim = lists_.Back(age_);
  Remove(victim);
  --resident_;
  return victim;
}

void LfuPolicy::Place(Slot slot, std::size_t list) {
  list_of_[slot] = static_cast<std::uint8_t>(list);
  occupied_ |= std::uint64_t{1} << list;
  lists_.PushFront(list, slot);
}

void LfuPolicy::Remove(Slot slot) {
  const std::size_t list = list_of_[slot];
  lists_.Remove(list, slot);
  if (lists_.empty(list)) occupied_ &= ~(std::uint64_t{1} << list);
}

std::size_t LfuPolicy::Coldest() const {
  const int above_age = std::countr_zero(std::rotr(occupied_, static_cast<int>(age_)));
  return (age_ + static_cast<std::size_t>(above_age)) % kLists;
}

void LfuPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  for (std::size_t above_age = 0; above_age < kLists; ++above_age) {
    lists_.AppendBackToFront((age_ + above_age) % kLists, slots);
  }
}

std::unique_ptr<Policy> LfuPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  auto next = std::make_unique<LfuPolicy>(PolicyConfig{.entries_max = entries_max});
  next->age_ = age_;
  next->resident_ = resident_;
  for (std::size_t list = 0; list < kLists; ++list) {
    lists_.ForEachFromBack(list, [&](Slot slot) {
      next->Cover(to[slot]);
      next->uses_[to[slot]] = uses_[slot];
      next->Place(to[slot], list);
    });
  }
  return next;
}

void LfuPolicy::CheckInvariants() const {
  lists_.CheckInvariants();
  std::size_t count = 0;
  for (std::size_t list = 0; list < kLists; ++list) {
    std::vector<Slot> slots;
    lists_.AppendBackToFront(list, slots);
    for (const Slot slot : slots) ATTUNE_CHECK(list_of_[slot] == list, "a slot knows its list");
    ATTUNE_CHECK(((occupied_ >> list) & 1U) == (slots.empty() ? 0U : 1U), "the map shows which lists are empty");
    count += slots.size();
  }
  ATTUNE_CHECK(count == resident_, "every resident is on a list");
}

}  // namespace attune::cache

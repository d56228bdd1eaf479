#pragma once
// ListedSlots: slots on one of several lists each, where every slot knows its list and its key.
//
//   ListedSlots<2> slots;
//   slots.PushFront(kOnce, slot, key, entries_max);
//   slots.MoveToFront(slot, kOften);
//   slots.Remove(slots.Back(kOnce));
//
// Threads    none.
// Cost       17 bytes for each slot; every call is O(1), PushFront amortised, but for those over all slots.
// REQUIRES   a slot that is named is on a list, but for PushFront; an empty list has no Back (kNoSlot).

#include <cstdint>
#include <span>
#include <vector>

#include "attune/base/check.h"
#include "slot_lists.h"
#include "slot_table.h"

namespace attune::cache {

template <std::size_t kLists>
class ListedSlots {
 public:
  // Tables grow for it, for `entries_max` slots at most as long as there are not more.
  void PushFront(std::size_t list, Slot slot, KeyHash key, std::size_t entries_max) {
    lists_.Cover(slot, entries_max);
    list_of_.Cover(slot, entries_max);
    keys_.Cover(slot, entries_max);
    list_of_[slot] = static_cast<std::uint8_t>(list);
    keys_[slot] = key;
    lists_.PushFront(list, slot);
  }
  void MoveToFront(Slot slot, std::size_t to) {
    lists_.MoveToFront(list_of_[slot], to, slot);
    list_of_[slot] = static_cast<std::uint8_t>(to);
  }
  void MoveToFront(Slot slot) { lists_.MoveToFront(list_of_[slot], slot); }  // of its own
  void Remove(Slot slot) { lists_.Remove(list_of_[slot], slot); }

  std::size_t ListOf(Slot slot) const { return list_of_[slot]; }
  KeyHash KeyOf(Slot slot) const { return keys_[slot]; }
  Slot Back(std::size_t list) const { return lists_.Back(list); }
  bool empty(std::size_t list) const noexcept { return lists_.empty(list); }
  std::size_t size(std::size_t list) const noexcept { return lists_.size(list); }
  std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (std::size_t list = 0; list < kLists; ++list) sum += lists_.size(list);
    return sum;
  }
  Bytes bytes() const noexcept { return lists_.bytes() + list_of_.bytes() + keys_.bytes(); }

  void AppendBackToFront(std::size_t list, std::vector<Slot>& slots) const { lists_.AppendBackToFront(list, slots); }

  // Start to fetch what moving these, or asking for their keys, will read.
  [[gnu::always_inline]] void PrefetchMoves(std::span<const Slot> slots) const { lists_.PrefetchMoves(slots); }
  [[gnu::always_inline]] void PrefetchKeys(std::span<const Slot> slots) const {
    for (const Slot slot : slots) __builtin_prefetch(&keys_[slot]);
  }

  // The same slots under other numbers, in tables that fit them: Policy::Renumbered.
  ListedSlots Renumbered(std::span<const Slot> to, std::size_t entries_max) const {
    ListedSlots next;
    for (std::size_t list = 0; list < kLists; ++list) {
      lists_.ForEachFromBack(list, [&](Slot slot) { next.PushFront(list, to[slot], keys_[slot], entries_max); });
    }
    return next;
  }

  void CheckInvariants() const {
    lists_.CheckInvariants();
    for (std::size_t list = 0; list < kLists; ++list) {
      lists_.ForEachFromBack(list, [&](Slot slot) { ATTUNE_CHECK(list_of_[slot] == list, "a slot knows its list"); });
    }
  }

 private:
  SlotLists<kLists> lists_;
  SlotTable<std::uint8_t> list_of_;
  SlotTable<KeyHash> keys_;
};

}  // namespace attune::cache

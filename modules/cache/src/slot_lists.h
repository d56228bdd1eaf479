#pragma once
// SlotLists: doubly linked lists over slot numbers, in one array of links.
//
// A slot is on at most one of the lists. Each list is a ring through a sentinel of its own, so
// that linking and unlinking have no branches; sentinels are the first elements of the array.
// The links may be a part of larger elements, one for each slot, so that what is known of a slot lies in one place.
//
//   SlotLists<2> lists;
//   lists.Cover(slot, entries_max);
//   lists.PushFront(kYoung, slot);
//   lists.MoveToFront(kYoung, kOld, lists.Back(kYoung));
//   struct Named { ListLink link; KeyHash hash; };
//   SlotLists<1, Named> named;
//   named[slot].hash = hash;
//
// Threads    none.
// Cost       an element for each slot, 8 bytes at least; every call is O(1), Cover amortised.
// REQUIRES   a slot that is named is on the list that is named with it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/cache/policy.h"
#include "slot_table.h"

namespace attune::cache {

struct ListLink {
  Slot frontward = 0;  // of nodes, which are the sentinels and then the slots
  Slot backward = 0;
};

struct ListElement {
  ListLink link;
};

template <std::size_t kLists, class Element = ListElement>
class SlotLists {
 public:
  SlotLists() {
    elements_.Cover(static_cast<Slot>(kLists - 1), kLists);
    for (Node list = 0; list < kLists; ++list) LinkOf(list) = {list, list};
  }

  // True: it took more memory.
  bool Cover(Slot slot, std::size_t entries_max) { return elements_.Cover(NodeOf(slot), entries_max + kLists); }

  Element& operator[](Slot slot) noexcept { return elements_[NodeOf(slot)]; }
  const Element& operator[](Slot slot) const noexcept { return elements_[NodeOf(slot)]; }

  void PushFront(std::size_t list, Slot slot) { LinkAfter(static_cast<Node>(list), NodeOf(slot), list); }
  void PushBack(std::size_t list, Slot slot) { LinkAfter(LinkOf(list).frontward, NodeOf(slot), list); }

  void Remove(std::size_t list, Slot slot) {
    Unlink(slot);
    --sizes_[list];
  }

  void MoveToFront(std::size_t from, std::size_t to, Slot slot) {
    Remove(from, slot);
    PushFront(to, slot);
  }
  void MoveToFront(std::size_t list, Slot slot) {  // of the same list: no size changes
    Unlink(slot);
    Link(static_cast<Node>(list), NodeOf(slot));
  }

  // Starts to fetch what moving these slots will read and write: each of them, and then its neighbours. Inline in any
  // case: g++ 12 takes a function that only prefetches for one without effect, and drops its calls.
  [[gnu::always_inline]] void PrefetchMoves(std::span<const Slot> slots) const {
    for (const Slot slot : slots) __builtin_prefetch(&(*this)[slot].link, 1);
    for (const Slot slot : slots) PrefetchNeighbours(slot);
  }
  [[gnu::always_inline]] void PrefetchNeighbours(Slot slot) const {
    const ListLink link = (*this)[slot].link;
    __builtin_prefetch(&LinkOf(link.frontward), 1);
    __builtin_prefetch(&LinkOf(link.backward), 1);
  }

  // kNoSlot where the list ends or is empty.
  Slot Front(std::size_t list) const { return SlotOf(LinkOf(list).backward); }
  Slot Back(std::size_t list) const { return SlotOf(LinkOf(list).frontward); }
  Slot Frontward(Slot slot) const { return SlotOf((*this)[slot].link.frontward); }

  std::size_t size(std::size_t list) const noexcept { return sizes_[list]; }
  bool empty(std::size_t list) const noexcept { return sizes_[list] == 0; }
  Bytes bytes() const noexcept { return elements_.bytes(); }

  // `visit` must not change the lists.
  template <typename Visit>
  void ForEachFromBack(std::size_t list, Visit&& visit) const {
    for (Slot slot = Back(list); slot != kNoSlot; slot = Frontward(slot)) visit(slot);
  }
  void AppendBackToFront(std::size_t list, std::vector<Slot>& slots) const {
    ForEachFromBack(list, [&](Slot slot) { slots.push_back(slot); });
  }

  void CheckInvariants() const {
    for (Node list = 0; list < kLists; ++list) {
      std::size_t count = 0;
      for (Node node = list; (node = LinkOf(node).backward) != list; ++count) {
        ATTUNE_CHECK(count < sizes_[list], "a list ends where its size says");
        ATTUNE_CHECK(LinkOf(LinkOf(node).frontward).backward == node, "links agree");
      }
      ATTUNE_CHECK(count == sizes_[list], "a list counts its slots");
    }
  }

 private:
  using Node = Slot;  // sentinels first, then the slots

  static Node NodeOf(Slot slot) { return slot + static_cast<Node>(kLists); }
  static Slot SlotOf(Node node) { return node < kLists ? kNoSlot : node - static_cast<Node>(kLists); }
  ListLink& LinkOf(std::size_t node) noexcept { return elements_[node].link; }
  const ListLink& LinkOf(std::size_t node) const noexcept { return elements_[node].link; }

  void LinkAfter(Node frontward, Node node, std::size_t list) {
    Link(frontward, node);
    ++sizes_[list];
  }

  void Link(Node frontward, Node node) {
    const Node backward = LinkOf(frontward).backward;
    LinkOf(node) = {frontward, backward};
    LinkOf(frontward).backward = node;
    LinkOf(backward).frontward = node;
  }

  void Unlink(Slot slot) {
    const ListLink link = (*this)[slot].link;
    LinkOf(link.frontward).backward = link.backward;
    LinkOf(link.backward).frontward = link.frontward;
  }

  SlotTable<Element> elements_;
  std::array<std::size_t, kLists> sizes_{};
};

}  // namespace attune::cache

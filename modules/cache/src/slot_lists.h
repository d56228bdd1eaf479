#pragma once
// SlotLists: doubly linked lists over slot numbers, in one array of links.
//
// A slot is on at most one of the lists. Each list is a ring through a sentinel of its own, so
// that linking and unlinking have no branches; sentinels are the first elements of the array.
// The array is the lists' own, or the links are a part of elements that the owner has anyway: then `Links` finds them.
//
//   SlotLists<2> lists;
//   lists.Cover(slot, entries_max);
//   lists.PushFront(kYoung, slot);
//   lists.MoveToFront(kYoung, kOld, lists.Back(kYoung));
//
// Threads    none.
// Cost       8 bytes for each slot; every call is O(1), Cover amortised.
// REQUIRES   a slot that is named is on the list that is named with it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
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

// The links of lists that have an array of their own.
template <std::size_t kLists>
class OwnLinks {
 public:
  static constexpr std::size_t kSentinels = kLists;
  OwnLinks() { links_.Cover(static_cast<Slot>(kLists - 1), kLists); }
  ListLink& operator[](std::size_t node) noexcept { return links_[node]; }
  const ListLink& operator[](std::size_t node) const noexcept { return links_[node]; }
  bool Cover(Slot slot, std::size_t entries_max) {
    return links_.Cover(slot + static_cast<Slot>(kSentinels), entries_max + kSentinels);
  }
  Bytes bytes() const noexcept { return links_.bytes(); }

 private:
  SlotTable<ListLink> links_;
};

template <std::size_t kLists, typename Links = OwnLinks<kLists>>
class SlotLists {
 public:
  explicit SlotLists(Links links = {}) : links_(std::move(links)) {
    for (Node list = 0; list < kLists; ++list) links_[list] = {list, list};
  }

  // True: it took more memory.
  bool Cover(Slot slot, std::size_t entries_max) { return links_.Cover(slot, entries_max); }

  void PushFront(std::size_t list, Slot slot) { LinkAfter(static_cast<Node>(list), NodeOf(slot), list); }
  void PushBack(std::size_t list, Slot slot) { LinkAfter(links_[list].frontward, NodeOf(slot), list); }

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
    for (const Slot slot : slots) __builtin_prefetch(&links_[NodeOf(slot)], 1);
    for (const Slot slot : slots) PrefetchNeighbours(slot);
  }
  [[gnu::always_inline]] void PrefetchNeighbours(Slot slot) const {
    const ListLink link = links_[NodeOf(slot)];
    __builtin_prefetch(&links_[link.frontward], 1);
    __builtin_prefetch(&links_[link.backward], 1);
  }

  // kNoSlot where the list ends or is empty.
  Slot Front(std::size_t list) const { return SlotOf(links_[list].backward); }
  Slot Back(std::size_t list) const { return SlotOf(links_[list].frontward); }
  Slot Frontward(Slot slot) const { return SlotOf(links_[NodeOf(slot)].frontward); }

  std::size_t size(std::size_t list) const noexcept { return sizes_[list]; }
  bool empty(std::size_t list) const noexcept { return sizes_[list] == 0; }
  Bytes bytes() const noexcept { return links_.bytes(); }

  void AppendBackToFront(std::size_t list, std::vector<Slot>& slots) const {
    for (Slot slot = Back(list); slot != kNoSlot; slot = Frontward(slot)) slots.push_back(slot);
  }

  void CheckInvariants() const {
    for (Node list = 0; list < kLists; ++list) {
      std::size_t count = 0;
      for (Node node = list; (node = links_[node].backward) != list; ++count) {
        ATTUNE_CHECK(count < sizes_[list], "a list ends where its size says");
        ATTUNE_CHECK(links_[links_[node].frontward].backward == node, "links agree");
      }
      ATTUNE_CHECK(count == sizes_[list], "a list counts its slots");
    }
  }

 private:
  using Node = Slot;  // sentinels first, then the slots
  static constexpr Node kFirst = Links::kSentinels;
  static_assert(kFirst >= kLists);

  static Node NodeOf(Slot slot) { return slot + kFirst; }
  static Slot SlotOf(Node node) { return node < kLists ? kNoSlot : node - kFirst; }

  void LinkAfter(Node frontward, Node node, std::size_t list) {
    Link(frontward, node);
    ++sizes_[list];
  }

  void Link(Node frontward, Node node) {
    const Node backward = links_[frontward].backward;
    links_[node] = {frontward, backward};
    links_[frontward].backward = node;
    links_[backward].frontward = node;
  }

  void Unlink(Slot slot) {
    const ListLink link = links_[NodeOf(slot)];
    links_[link.frontward].backward = link.backward;
    links_[link.backward].frontward = link.frontward;
  }

  Links links_;
  std::array<std::size_t, kLists> sizes_{};
};

}  // namespace attune::cache

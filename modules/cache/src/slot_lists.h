#pragma once
// SlotLists: doubly linked lists over slot numbers, in one array of links.
//
// A slot is on at most one of the lists. Each list is a ring through a sentinel of its own, so
// that linking and unlinking have no branches; sentinels are the first elements of the array.
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
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/cache/policy.h"
#include "slot_table.h"

namespace attune::cache {

template <std::size_t kLists>
class SlotLists {
 public:
  SlotLists() : links_(kLists) {
    for (Node list = 0; list < kLists; ++list) links_[list] = {list, list};
  }

  void Cover(Slot slot, std::size_t entries_max) { CoverSlot(links_, NodeOf(slot), entries_max + kLists); }

  void PushFront(std::size_t list, Slot slot) { LinkAfter(static_cast<Node>(list), NodeOf(slot), list); }
  void PushBack(std::size_t list, Slot slot) { LinkAfter(links_[list].frontward, NodeOf(slot), list); }

  void Remove(std::size_t list, Slot slot) {
    const Link link = links_[NodeOf(slot)];
    links_[link.frontward].backward = link.backward;
    links_[link.backward].frontward = link.frontward;
    --sizes_[list];
  }

  void MoveToFront(std::size_t from, std::size_t to, Slot slot) {
    Remove(from, slot);
    PushFront(to, slot);
  }

  // kNoSlot where the list ends or is empty.
  Slot Front(std::size_t list) const { return SlotOf(links_[list].backward); }
  Slot Back(std::size_t list) const { return SlotOf(links_[list].frontward); }
  Slot Frontward(Slot slot) const { return SlotOf(links_[NodeOf(slot)].frontward); }

  std::size_t size(std::size_t list) const noexcept { return sizes_[list]; }
  bool empty(std::size_t list) const noexcept { return sizes_[list] == 0; }
  Bytes bytes() const noexcept { return BytesOf(links_); }

  void AppendBackToFront(std::size_t list, std::vector<Slot>& slots) const {
    for (Slot slot = Back(list); slot != kNoSlot; slot = Frontward(slot)) slots.push_back(slot);
  }

  void CheckInvariants() const {
    for (Node list = 0; list < kLists; ++list) {
      std::size_t count = 0;
      for (Node node = list; (node = links_[node].backward) != list; ++count) {
        ATTUNE_CHECK(count < links_.size(), "a list ends");
        ATTUNE_CHECK(links_[links_[node].frontward].backward == node, "links agree");
      }
      ATTUNE_CHECK(count == sizes_[list], "a list counts its slots");
    }
  }

 private:
  using Node = std::uint32_t;  // sentinels first, then the slots
  struct Link {
    Node frontward = 0;
    Node backward = 0;
  };

  static Node NodeOf(Slot slot) { return slot + static_cast<Node>(kLists); }
  static Slot SlotOf(Node node) { return node < kLists ? kNoSlot : node - static_cast<Node>(kLists); }

  void LinkAfter(Node frontward, Node node, std::size_t list) {
    const Node backward = links_[frontward].backward;
    links_[node] = {frontward, backward};
    links_[frontward].backward = node;
    links_[backward].frontward = node;
    ++sizes_[list];
  }

  std::vector<Link> links_;
  std::array<std::size_t, kLists> sizes_{};
};

}  // namespace attune::cache

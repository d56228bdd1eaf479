#pragma once
// GhostLists: hashes of entries that left, in lists from newest to oldest, each hash at most once.
//
//   GhostLists<1> ghosts;
//   ghosts.Push(0, hash);
//   while (ghosts.size(0) > limit) ghosts.DropOldest(0);
//   if (ghosts.Take(hash) == 0) ...  // it was there, and is gone now
//
// Threads    none.
// Cost       O(1) for each call; 25 to 50 bytes for each hash of the fullest moment (tables double, but stop where
//            their owner says), and a byte or two where there are several lists.
// The owner bounds the lists.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/cache/policy.h"
#include "hash_index.h"
#include "slot_lists.h"

namespace attune::cache {

template <std::size_t kLists>
class GhostLists {
 public:
  static constexpr std::size_t kAbsent = kLists;  // the answer for a hash on no list

  // Remembers `hash` as the newest of `list`, wherever it was before. True: it took more memory, for `ghosts_max` at
  // most as long as there are not more.
  bool Push(std::size_t list, KeyHash hash, std::size_t ghosts_max = 0) {
    Take(hash);
    const bool grows = lists_.empty(kFree);
    const Slot node = grows ? NewNode(ghosts_max) : lists_.Front(kFree);
    hashes_[node] = hash;
    lists_.MoveToFront(kFree, list, node);
    if constexpr (kLists > 1) list_of_[node] = static_cast<std::uint8_t>(list);
    return index_.Insert(node, hashes_, ghosts_max) || grows;
  }

  std::size_t Find(KeyHash hash) const {
    const Slot node = index_.Find(hash, hashes_);
    return node == HashIndex::kNone ? kAbsent : ListOf(node);
  }

  // Forgets `hash` and says where it was.
  std::size_t Take(KeyHash hash) {
    const Slot node = index_.Find(hash, hashes_);
    if (node == HashIndex::kNone) return kAbsent;
    Forget(node);
    return ListOf(node);
  }

  // The same hashes in tables that fit them.
  GhostLists Refitted(std::size_t ghosts_max) const {
    GhostLists fitted;
    for (std::size_t list = 0; list < kLists; ++list) {
      lists_.ForEachFromBack(list, [&](Slot node) { fitted.Push(list, hashes_[node], ghosts_max); });
    }
    return fitted;
  }

  void DropOldest(std::size_t list) { Forget(lists_.Back(list)); }  // REQUIRES: size(list) > 0

  // Start to fetch what Take and Push of this hash, or DropOldest, will read.
  [[gnu::always_inline]] void Prefetch(KeyHash hash) const { index_.Prefetch(hash); }
  [[gnu::always_inline]] void PrefetchOldest(std::size_t list) const {
    if (!lists_.empty(list)) index_.Prefetch(hashes_[lists_.Back(list)]);
  }

  std::size_t size(std::size_t list) const noexcept { return lists_.size(list); }
  std::size_t size() const noexcept { return index_.size(); }
  Bytes bytes() const noexcept { return lists_.bytes() + index_.bytes() + hashes_.bytes() + list_of_.bytes(); }

  void CheckInvariants() const {
    lists_.CheckInvariants();
    std::size_t count = 0;
    std::vector<Slot> nodes;
    for (std::size_t list = 0; list < kLists; ++list) {
      lists_.AppendBackToFront(list, nodes);
      count += lists_.size(list);
    }
    ATTUNE_CHECK(count == index_.size(), "every ghost is indexed");
    for (const Slot node : nodes) ATTUNE_CHECK(index_.Find(hashes_[node], hashes_) == node, "a ghost is found");
  }

 private:
  static constexpr std::size_t kFree = kLists;  // nodes that hold no hash

  std::size_t ListOf(Slot node) const {
    if constexpr (kLists > 1) {
      return list_of_[node];
    } else {
      return 0;
    }
  }

  Slot NewNode(std::size_t ghosts_max) {
    const Slot node = nodes_++;
    hashes_.Cover(node, ghosts_max);
    lists_.Cover(node, ghosts_max);
    if constexpr (kLists > 1) list_of_.Cover(node, ghosts_max);
    lists_.PushFront(kFree, node);
    return node;
  }

  void Forget(Slot node) {
    index_.Erase(node, hashes_);
    lists_.MoveToFront(ListOf(node), kFree, node);
  }

  SlotLists<kLists + 1> lists_;
  HashIndex index_;
  Slot nodes_ = 0;                   // free ones included
  SlotTable<KeyHash> hashes_;        // by node
  SlotTable<std::uint8_t> list_of_;  // by node; empty where there is one list
};

}  // namespace attune::cache

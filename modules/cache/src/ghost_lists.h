#pragma once
// GhostLists: hashes of entries that left, in lists from newest to oldest, each hash at most once.
//
//   GhostLists<1> ghosts;
//   ghosts.Push(0, hash);
//   while (ghosts.size(0) > limit) ghosts.DropOldest(0);
//   if (ghosts.Take(hash) == 0) ...  // it was there, and is gone now
//
// Threads    none.
// Cost       O(1) expected for each call; 25 to 55 bytes for each hash of the fullest moment (tables double).
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

  // Remembers `hash` as the newest of `list`, wherever it was before.
  void Push(std::size_t list, KeyHash hash) {
    Take(hash);
    const Slot node = FreeNode();
    hashes_[node] = hash;
    list_of_[node] = static_cast<std::uint8_t>(list);
    lists_.MoveToFront(kFree, list, node);
    index_.Insert(node, hashes_);
  }

  std::size_t Find(KeyHash hash) const {
    const Slot node = index_.Find(hash, hashes_);
    return node == HashIndex::kNone ? kAbsent : list_of_[node];
  }

  // Forgets `hash` and says where it was.
  std::size_t Take(KeyHash hash) {
    const Slot node = index_.Find(hash, hashes_);
    if (node == HashIndex::kNone) return kAbsent;
    Forget(node);
    return list_of_[node];
  }

  void DropOldest(std::size_t list) { Forget(lists_.Back(list)); }  // REQUIRES: size(list) > 0

  std::size_t size(std::size_t list) const noexcept { return lists_.size(list); }
  std::size_t size() const noexcept { return index_.size(); }
  Bytes bytes() const noexcept { return lists_.bytes() + index_.bytes() + BytesOf(hashes_) + BytesOf(list_of_); }

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

  Slot FreeNode() {
    if (lists_.empty(kFree)) {
      const auto node = static_cast<Slot>(hashes_.size());
      hashes_.push_back(0);
      list_of_.push_back(0);
      lists_.Cover(node, 0);
      lists_.PushFront(kFree, node);
    }
    return lists_.Front(kFree);
  }

  void Forget(Slot node) {
    index_.Erase(node, hashes_);
    lists_.MoveToFront(list_of_[node], kFree, node);
  }

  SlotLists<kLists + 1> lists_;
  HashIndex index_;
  std::vector<KeyHash> hashes_;        // by node
  std::vector<std::uint8_t> list_of_;  // by node
};

}  // namespace attune::cache

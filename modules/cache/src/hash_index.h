#pragma once
// HashIndex: finds numbered nodes by their hash. A SlotIndex that grows.
//
// The hashes stay with their owner, in anything that answers `hashes[node]`, which every call is given. A lookup reads
// one cache line and, where a tag agrees, the hash of the node; so asking for what is not there, which is what most
// questions to ghosts are, reads one line. (Chains through the nodes read a head and every node on the way.)
//
// Threads    none.
// Cost       O(1); 9 to 18 bytes for each node of the fullest moment; growing is amortised.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"
#include "attune/cache/slot_index.h"
#include "slot_table.h"

namespace attune::cache {

class HashIndex {
 public:
  using Node = Slot;
  using Hashes = std::vector<KeyHash>;
  static constexpr Node kNone = kNoSlot;

  template <typename HashOfNode>
  Node Find(KeyHash hash, const HashOfNode& hashes) const {
    return nodes_.Find(Spread(hash), [&](Node node) { return hashes[node] == hash; });
  }

  // True: it took more memory, twice as much, but no more than `nodes_max` nodes need.
  // REQUIRES: hashes[node] is set, node not in the index.
  template <typename HashOfNode>
  bool Insert(Node node, const HashOfNode& hashes, std::size_t nodes_max = 0) {
    const bool grows = nodes_.size() == nodes_.capacity();
    if (grows) [[unlikely]] {
      const std::size_t capacity = CoveringSize(nodes_.capacity(), static_cast<Node>(nodes_.size()), nodes_max);
      nodes_.Rehash(capacity, [&](Node moved) { return Spread(hashes[moved]); });
    }
    nodes_.Insert(Spread(hashes[node]), node);
    return grows;
  }

  // REQUIRES: node is in the index.
  template <typename HashOfNode>
  void Erase(Node node, const HashOfNode& hashes) {
    nodes_.Erase(Spread(hashes[node]), node);
  }

  [[gnu::always_inline]] void Prefetch(KeyHash hash) const noexcept { nodes_.Prefetch(Spread(hash)); }

  std::size_t size() const noexcept { return nodes_.size(); }
  Bytes bytes() const noexcept { return nodes_.bytes(); }

 private:
  static constexpr std::size_t kNodesMin = 13;  // two lines

  // Multiplying spreads hashes that agree in some bits, as those of a sample do.
  static KeyHash Spread(KeyHash hash) noexcept { return hash * 0x9E3779B97F4A7C15ULL; }

  SlotIndex nodes_{kNodesMin};
};

}  // namespace attune::cache

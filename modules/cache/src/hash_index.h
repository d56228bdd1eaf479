#pragma once
// HashIndex: finds numbered nodes by their hash. Open addressing with linear probing.
//
// The hashes stay with their owner, in an array by node number that every call is given; the
// index holds node numbers alone. Erasing shifts the run back, so there are no tombstones.
//
// Threads    none.
// Cost       O(1) expected; 8 to 16 bytes for each node at most half full; growing is amortised.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"
#include "slot_table.h"

namespace attune::cache {

class HashIndex {
 public:
  using Node = std::uint32_t;
  using Hashes = std::vector<KeyHash>;
  static constexpr Node kNone = ~Node{0};

  Node Find(KeyHash hash, const Hashes& hashes) const {
    if (size_ == 0) return kNone;
    for (std::size_t at = Home(hash);; at = Next(at)) {
      const Node node = nodes_[at];
      if (node == kNone || hashes[node] == hash) return node;
    }
  }

  // REQUIRES: hashes[node] is set and not in the index.
  void Insert(Node node, const Hashes& hashes) {
    if (2 * (size_ + 1) > nodes_.size()) Grow(hashes);
    Place(node, hashes);
    ++size_;
  }

  // REQUIRES: node is in the index.
  void Erase(Node node, const Hashes& hashes) {
    std::size_t hole = Home(hashes[node]);
    while (nodes_[hole] != node) hole = Next(hole);
    for (std::size_t at = Next(hole); nodes_[at] != kNone; at = Next(at)) {
      const std::size_t home = Home(hashes[nodes_[at]]);
      // The element may move back into the hole unless its home lies behind it.
      if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
      nodes_[hole] = nodes_[at];
      hole = at;
    }
    nodes_[hole] = kNone;
    --size_;
  }

  std::size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return BytesOf(nodes_); }

 private:
  // Multiplying spreads hashes that agree in some bits, as those of one shard do.
  std::size_t Home(KeyHash hash) const { return (hash * 0x9E3779B97F4A7C15ULL) >> shift_; }
  std::size_t Next(std::size_t at) const { return (at + 1) & mask_; }

  void Place(Node node, const Hashes& hashes) {
    std::size_t at = Home(hashes[node]);
    while (nodes_[at] != kNone) at = Next(at);
    nodes_[at] = node;
  }

  void Grow(const Hashes& hashes) {
    constexpr std::size_t kSizeMin = 16;
    const std::vector<Node> old = std::move(nodes_);
    nodes_.assign(old.empty() ? kSizeMin : 2 * old.size(), kNone);
    mask_ = nodes_.size() - 1;
    shift_ = 64 - std::countr_zero(nodes_.size());
    for (const Node node : old) {
      if (node != kNone) Place(node, hashes);
    }
  }

  std::vector<Node> nodes_;  // a power of two
  std::size_t mask_ = 0;
  int shift_ = 0;
  std::size_t size_ = 0;
};

}  // namespace attune::cache

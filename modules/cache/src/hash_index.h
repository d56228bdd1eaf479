#pragma once
// HashIndex: finds numbered nodes by their hash. Chains through the nodes, at most one node for each
// chain on average.
//
// The hashes stay with their owner, in an array by node number that every call is given. Chains, because
// a policy erases as often as it inserts: with open addressing both run through loops whose length no
// branch predictor knows, and that costs more than a chain's second look (BM_PolicyReplace).
//
// Threads    none.
// Cost       O(1) expected; 8 to 12 bytes for each node; growing is amortised.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
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
    Node node = heads_[ChainOf(hash)];
    while (node != kNone && hashes[node] != hash) node = next_[node];
    return node;
  }

  // REQUIRES: hashes[node] is set, node not in the index.
  void Insert(Node node, const Hashes& hashes) {
    if (size_ == heads_.size()) Grow(hashes);
    CoverSlot(next_, node, 0);
    Link(node, hashes[node]);
    ++size_;
  }

  // REQUIRES: node is in the index.
  void Erase(Node node, const Hashes& hashes) {
    Node* link = &heads_[ChainOf(hashes[node])];
    while (*link != node) link = &next_[*link];
    *link = next_[node];
    --size_;
  }

  std::size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return BytesOf(heads_) + BytesOf(next_); }

 private:
  static constexpr std::size_t kChainsMin = 16;

  // Multiplying spreads hashes that agree in some bits, as those of one shard do.
  std::size_t ChainOf(KeyHash hash) const { return (hash * 0x9E3779B97F4A7C15ULL) >> shift_; }

  void Link(Node node, KeyHash hash) { next_[node] = std::exchange(heads_[ChainOf(hash)], node); }

  void Grow(const Hashes& hashes) {
    const std::vector<Node> old = std::exchange(heads_, std::vector<Node>(2 * heads_.size(), kNone));
    --shift_;
    for (Node node : old) {
      while (node != kNone) {
        const Node rest = next_[node];
        Link(node, hashes[node]);
        node = rest;
      }
    }
  }

  std::vector<Node> heads_ = std::vector<Node>(kChainsMin, kNone);  // a power of two
  std::vector<Node> next_;                                          // by node
  int shift_ = 64 - std::countr_zero(kChainsMin);
  std::size_t size_ = 0;
};

}  // namespace attune::cache

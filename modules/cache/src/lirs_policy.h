#pragma once
// LirsPolicy: entries that returned soon keep their place, whatever passes through once.
//
// Jiang, Zhang: "LIRS: An Efficient Low Inter-reference Recency Set Replacement Policy to Improve
// Buffer Cache Performance", SIGMETRICS 2002. The stack S orders entries by recency: LIR
// entries (short reuse distance, 99 %), some HIR ones, and ghosts of HIR entries that left. The queue Q
// holds the resident HIR entries, from which victims come. An HIR entry or ghost used while it is on
// the stack returned sooner than the LIR entry at the bottom, and takes its rank.
//
// We differ in that
//   - the paper's stack is unbounded; we keep at most two ghosts for each resident entry
//     and forget the one first that left first;
//   - the number of LIR entries follows what is resident when somebody leaves (see policies.h).
//
// Cost       4 bytes for each slot and 41 to 50 for each node, a resident or a ghost: 130 to 150 bytes for
//            each entry in the long run. All that is known of a node is in half a cache line.
//            A hit relinks a stack node; pruning is O(1) amortised.

#include <cstdint>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "hash_index.h"
#include "slot_lists.h"

namespace attune::cache {

class LirsPolicy final : public Policy {
 public:
  explicit LirsPolicy(const PolicyConfig& config);

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLirs); }
  std::size_t resident() const noexcept override { return lirs_ + queues_.size(kHirs); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override;
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  void CheckInvariants() const override;

 private:
  using Node = Slot;  // lists are over nodes here, because a ghost has no slot
  enum Queue : Node { kHirs, kGhosts, kFree, kQueues };
  struct NodeState {
    KeyHash hash = 0;
    ListLink on_stack;
    ListLink in_queue;
    Slot slot = 0;  // kNoSlot: a ghost, or free
    std::uint8_t state = 0;
  };
  static_assert(sizeof(NodeState) == 32);
  // Before the nodes come the sentinels of the lists.
  struct Nodes {
    NodeState& operator[](Node node) noexcept { return table[std::size_t{node} + kQueues]; }
    const NodeState& operator[](Node node) const noexcept { return table[std::size_t{node} + kQueues]; }
    SlotTable<NodeState> table;
  };
  template <ListLink NodeState::* kLink>
  struct LinksOf {
    static constexpr Node kSentinels = kQueues;
    ListLink& operator[](std::size_t node) const noexcept { return (*table)[node].*kLink; }
    SlotTable<NodeState>* table;
  };
  struct HashesOf {
    KeyHash operator[](Node node) const noexcept { return nodes[node].hash; }
    const Nodes& nodes;
  };
  static constexpr std::uint8_t kLir = 1;
  static constexpr std::uint8_t kOnStack = 2;

  bool IsLir(Node node) const { return (nodes_[node].state & kLir) != 0; }
  bool IsOnStack(Node node) const { return (nodes_[node].state & kOnStack) != 0; }
  bool IsGhost(Node node) const { return nodes_[node].slot == kNoSlot; }

  static Nodes WithSentinels();
  Node FindGhost(KeyHash hash) const { return ghosts_.Find(hash, HashesOf{nodes_}); }
  void PrefetchNext();
  Node NewNode();
  void PushOnStack(Node node);
  void RemoveFromStack(Node node);
  void BecomeLir(Node node);  // REQUIRES: in no queue
  void DemoteBottom();
  void Prune();  // restores: the bottom of the stack is LIR
  void Remember(Node node);
  void Forget(Node ghost);

  std::size_t entries_max_;
  std::size_t lirs_max_;
  std::size_t lirs_ = 0;
  SlotTable<Node> node_of_;  // by slot
  Node nodes_used_ = 0;      // those in kFree included
  Nodes nodes_;
  SlotLists<1, LinksOf<&NodeState::on_stack>> stack_;         // most recently used in front; the back is the bottom
  SlotLists<kQueues, LinksOf<&NodeState::in_queue>> queues_;  // youngest in front
  HashIndex ghosts_;
};

}  // namespace attune::cache

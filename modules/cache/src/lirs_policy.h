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
// Cost       4 bytes for each slot and about 40 for each node, a resident or a ghost: 125 to 150 bytes for
//            each entry in the long run.
//            A hit relinks a stack node; pruning is O(1) amortised.

#include <cstdint>
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
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  void CheckInvariants() const override;

 private:
  using Node = Slot;  // lists are over nodes here, because a ghost has no slot
  enum Queue : std::size_t { kHirs, kGhosts, kFree, kQueues };
  static constexpr std::uint8_t kLir = 1;
  static constexpr std::uint8_t kOnStack = 2;

  bool IsLir(Node node) const { return (states_[node] & kLir) != 0; }
  bool IsOnStack(Node node) const { return (states_[node] & kOnStack) != 0; }
  bool IsGhost(Node node) const { return slots_[node] == kNoSlot; }

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
  std::vector<Node> node_of_;    // by slot
  std::vector<KeyHash> hashes_;  // by node, as are the next two
  std::vector<Slot> slots_;      // kNoSlot: a ghost, or free
  std::vector<std::uint8_t> states_;
  SlotLists<1> stack_;         // most recently used in front; the back is the bottom
  SlotLists<kQueues> queues_;  // youngest in front
  HashIndex ghosts_;
};

}  // namespace attune::cache

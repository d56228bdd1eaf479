#pragma once
// LruPolicy: the entry that was not used for the longest time leaves.
//
// Mattson, Gecsei, Slutz, Traiger: "Evaluation techniques for storage hierarchies", IBM Systems Journal 9 (2), 1970,
// which shows why a larger LRU cache never hits less (a stack algorithm). It is as the paper has it.
//
// Cost       8 bytes for each slot. A hit relinks three nodes.

#include "attune/cache/policies.h"
#include "slot_lists.h"

namespace attune::cache {

class LruPolicy final : public Policy {
 public:
  explicit LruPolicy(const PolicyConfig& config) : Policy(Growth::kTold), entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLru); }
  std::size_t resident() const noexcept override { return list_.size(0); }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)) + list_.bytes(); }

  void OnHit(Slot slot) override { list_.MoveToFront(0, slot); }
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { list_.Remove(0, slot); }
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override { list_.AppendBackToFront(0, slots); }
  void CheckInvariants() const override { list_.CheckInvariants(); }

 private:
  std::size_t entries_max_;
  SlotLists<1> list_;  // most recently used in front
};

}  // namespace attune::cache

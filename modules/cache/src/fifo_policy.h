#pragma once
// FifoPolicy: entries leave in the order in which they came.
//
// Belady: "A study of replacement algorithms for a virtual-storage computer", IBM Systems Journal 5 (2), 1966. A larger
// one may hit less (Belady, Nelson, Shedler, Communications of the ACM 12 (6), 1969). It is as the paper has it.
//
// Cost       8 bytes for each slot. A hit costs nothing but the call.

#include <memory>
#include <span>

#include "attune/cache/policies.h"
#include "slot_lists.h"

namespace attune::cache {

class FifoPolicy final : public Policy {
 public:
  explicit FifoPolicy(const PolicyConfig& config) : Policy(Growth::kTold), entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kFifo); }
  std::size_t resident() const noexcept override { return list_.size(0); }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)) + list_.bytes(); }

  void OnHit(Slot /*slot*/) override {}
  void OnHits(std::span<const Slot> /*slots*/) override {}
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { list_.Remove(0, slot); }
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override { list_.AppendBackToFront(0, slots); }
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override { list_.CheckInvariants(); }

 private:
  std::size_t entries_max_;
  SlotLists<1> list_;  // youngest in front
};

}  // namespace attune::cache

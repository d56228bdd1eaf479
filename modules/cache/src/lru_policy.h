#pragma once
// LruPolicy: the entry that was not used for the longest time leaves.
//
// Mattson, Gecsei, Slutz, Traiger: "Evaluation techniques for storage hierarchies", IBM Systems Journal 9 (2), 1970,
// which shows why a larger LRU cache never hits less (a stack algorithm). It is as the paper has it.
//
// Cost       8 bytes and a quarter for each slot. A hit writes down its slot (recency_log.h).

#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "recency_log.h"

namespace attune::cache {

class LruPolicy final : public Policy {
 public:
  explicit LruPolicy(const PolicyConfig& config) : Policy(Growth::kTold), entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLru); }
  std::size_t resident() const noexcept override { return order_.size(); }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)) + order_.bytes(); }

  void OnHit(Slot slot) override { order_.Use(slot); }
  void OnHits(std::span<const Slot> slots) override { order_.UseAll(slots); }
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { order_.Remove(slot); }
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override { order_.CheckInvariants(); }

 private:
  std::size_t entries_max_;
  RecencyLog order_;
};

}  // namespace attune::cache

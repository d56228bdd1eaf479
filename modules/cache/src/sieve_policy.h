#pragma once
// SievePolicy: a queue in which a hand passes over what was visited and takes what was not.
//
// Zhang, Yang, Yue, Vigfusson, Rashmi: "SIEVE is simpler than LRU: an efficient turn-key eviction
// algorithm for web caches", NSDI 2024. Unlike CLOCK, a survivor stays where it is, so new
// entries, which enter in front, are sifted soon. It is as the paper has it.
//
// Cost       9 bytes for each slot, no ghosts. A hit writes one byte.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "slot_lists.h"

namespace attune::cache {

class SievePolicy final : public Policy {
 public:
  explicit SievePolicy(const PolicyConfig& config) : Policy(Growth::kTold), entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kSieve); }
  std::size_t resident() const noexcept override { return queue_.size(0); }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)) + queue_.bytes() + visited_.bytes(); }

  void OnHit(Slot slot) override { visited_[slot] = 1; }
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  std::size_t entries_max_;
  SlotLists<1> queue_;  // youngest in front
  SlotTable<std::uint8_t> visited_;
  Slot hand_ = kNoSlot;  // the next to look at; kNoSlot: begin at the back
};

}  // namespace attune::cache

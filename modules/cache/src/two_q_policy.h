#pragma once
// TwoQPolicy: first a queue, then, for what returns after it left that queue, an LRU list.
//
// Johnson, Shasha: "2Q: A Low Overhead High Performance Buffer Management Replacement
// Algorithm", VLDB 1994, the full version. A1in (a quarter) is a FIFO for new entries, in which hits count for
// nothing: they are correlated. A1out remembers half a cache of what left A1in. What returns from A1out
// enters Am, an LRU list, whose victims are not remembered.
//
// We differ in that the shares follow what is resident when somebody leaves (see policies.h).
//
// Cost       17 bytes for each slot, 25 to 50 for each ghost, of which there are at most half as
//            many. A hit reads one byte, and relinks three nodes when the entry is in Am.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "ghost_lists.h"
#include "listed_slots.h"

namespace attune::cache {

class TwoQPolicy final : public Policy {
 public:
  explicit TwoQPolicy(const PolicyConfig& config) : entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kTwoQ); }
  std::size_t resident() const noexcept override { return slots_.size(); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override {
    if (slots_.ListOf(slot) == kMain) slots_.MoveToFront(slot);
  }
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { slots_.Remove(slot); }
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  enum List : std::uint8_t { kIn, kMain };  // A1in, Am

  std::size_t entries_max_;
  ListedSlots<2> slots_;  // youngest, and most recently used, in front
  GhostLists<1> ghosts_;  // A1out
};

}  // namespace attune::cache

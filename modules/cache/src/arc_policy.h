#pragma once
// ArcPolicy: a list for what was used once, one for what was used more, and a border that learns.
//
// Megiddo, Modha: "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003. T1 and T2
// hold the resident entries by recency, B1 and B2 remember what left each. A return from B1 says that T1
// is too short, one from B2 that T2 is; `border_` is the paper's p, the length T1 should have.
//
// We differ in that c, the paper's cache size, is what is resident when somebody leaves (see
// policies.h), and that a ghost counts once where its return needs more than one victim.
//
// Cost       17 bytes for each slot, 26 to 52 for each ghost, of which there are at most as many.
//            A hit relinks three nodes.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "ghost_lists.h"
#include "listed_slots.h"

namespace attune::cache {

class ArcPolicy final : public Policy {
 public:
  explicit ArcPolicy(const PolicyConfig& config) : entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kArc); }
  std::size_t resident() const noexcept override { return slots_.size(); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override { slots_.MoveToFront(slot, kOften); }
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { slots_.Remove(slot); }
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  enum List : std::uint8_t { kOnce, kOften };  // T1 and T2 among the slots, B1 and B2 among the ghosts

  struct Return {  // a ghost that was taken out for the entry about to be inserted
    KeyHash key = 0;
    List list = kOnce;
  };

  // Whether `key` returns from a ghost list, and which. The first call for it moves the border.
  std::optional<List> Recall(KeyHash key, std::size_t capacity);
  Slot Replace(bool returns_from_often);
  Slot EvictFrom(List list);
  void TrimGhosts(std::size_t ghosts_max);

  std::size_t entries_max_;
  std::size_t border_ = 0;
  ListedSlots<2> slots_;  // most recently used in front
  GhostLists<2> ghosts_;
  std::optional<Return> return_;
};

}  // namespace attune::cache

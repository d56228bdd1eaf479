#pragma once
// LfuPolicy: the entry used least often leaves, and age counts against old fame.
//
// LFU with dynamic ageing, LFU-DA: Arlitt, Cherkasova, Dilley, Friedrich, Jin, "Evaluating Content
// Management Techniques for Web Proxy Caches", SIGMETRICS Performance Evaluation Review 2000.
// An entry's priority is its uses plus the cache's age when it was last used; the age is the priority
// of the last victim. So what was popular once is overtaken by what is used now. Among equals the least
// recently used leaves.
//
// We differ in that uses count up to 63. Then all priorities lie within 64 of the age, and a ring of
// 64 LRU lists takes the place of a priority queue.
//
// Cost       10 bytes for each slot and 1 KiB, no ghosts. Every call is O(1); a hit relinks three nodes.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "slot_lists.h"

namespace attune::cache {

class LfuPolicy final : public Policy {
 public:
  explicit LfuPolicy(const PolicyConfig& config) : entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLfu); }
  std::size_t resident() const noexcept override { return resident_; }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override;
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override { entries_max_ = entries_max; }
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  static constexpr std::size_t kLists = 64;
  static constexpr std::uint8_t kUsesMax = kLists - 1;

  void Cover(Slot slot);
  std::size_t ListAt(Slot slot) const { return (age_ + uses_[slot]) % kLists; }  // if it is used now
  void Place(Slot slot, std::size_t list);
  void Remove(Slot slot);
  std::size_t Coldest() const;  // REQUIRES: resident() > 0

  std::size_t entries_max_;
  std::size_t resident_ = 0;
  std::size_t age_ = 0;         // modulo kLists, like all priorities here
  std::uint64_t occupied_ = 0;  // one bit for each list that is not empty
  SlotLists<kLists> lists_;     // by priority; most recently used in front
  SlotTable<std::uint8_t> uses_;
  SlotTable<std::uint8_t> list_of_;
};

}  // namespace attune::cache

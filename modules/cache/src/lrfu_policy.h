#pragma once
// LrfuPolicy: between LRU and LFU. Every use counts, and counts half after each half-life.
//
// Lee, Choi, Kim, Noh, Min, Cho, Kim: "LRFU: A Spectrum of Policies that Subsumes the Least
// Recently Used and Least Frequently Used Policies", IEEE Transactions on Computers 2001. An entry's
// value is the sum of (1/2)^(lambda * age) over its uses; the smallest value leaves.
//
// We differ in how, not in what: all values fall alike, so the logarithm of the value plus the time
// at which it was true never changes between two uses. That rank is what we keep, in half-lives. A
// use only raises it, so the heap is mended when its root turns out to be stale, not at the hit. Values
// of entries that left are forgotten. The half-life is a multiple of what is resident when somebody
// leaves.
//
// Cost       28 bytes for each slot, no ghosts. A hit is O(1), but computes a power and a
//            logarithm (about 15 ns). An eviction is O(log n) amortised: it mends one path of
//            the heap for each entry hit since the last time it came up.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "slot_table.h"

namespace attune::cache {

class LrfuPolicy final : public Policy {
 public:
  explicit LrfuPolicy(const PolicyConfig& config);

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLrfu); }
  std::size_t resident() const noexcept override { return heap_.size(); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  struct HeapEntry {
    double rank = 0;  // at most the slot's rank in ranks_, which may have risen since
    Slot slot = 0;
    bool operator<(const HeapEntry& other) const { return rank != other.rank ? rank < other.rank : slot < other.slot; }
  };

  void SetCapacity(std::size_t capacity);
  void Add(Slot slot, double rank);
  void Put(std::size_t at, HeapEntry entry);
  void SiftUp(std::size_t at, HeapEntry entry);
  void SiftDown(std::size_t at, HeapEntry entry);
  void RemoveAt(std::size_t at);

  std::size_t entries_max_;
  double half_life_;                        // in multiples of the capacity
  double step_ = 0;                         // half-lives for each access
  double now_ = 0;                          // in half-lives
  std::vector<double> ranks_;               // by slot
  std::vector<std::uint32_t> position_of_;  // in the heap, by slot
  std::vector<HeapEntry> heap_;             // four children each: half as deep, and neighbours share a line
};

}  // namespace attune::cache

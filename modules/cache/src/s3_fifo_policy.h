#pragma once
// S3FifoPolicy: a small queue on probation, a main queue with second chances, and ghosts.
//
// Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023.
// New entries enter the small queue (a tenth). What was hit at least twice when it reaches the end
// moves to main; the rest leaves and is remembered as a ghost, and a ghost that returns goes
// straight to main, where each hit (three are counted) buys one more round.
//
// We differ in that the shares follow what is resident when somebody leaves (see policies.h).
//
// Cost       17 bytes for each slot, 25 to 50 for each ghost, of which there are at most 0.9
//            times as many. A hit reads and writes one byte.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "ghost_lists.h"
#include "slot_lists.h"

namespace attune::cache {

class S3FifoPolicy final : public Policy {
 public:
  explicit S3FifoPolicy(const PolicyConfig& config) : Policy(Growth::kTold), entries_max_(config.entries_max) {}

  std::string_view name() const noexcept override { return ToString(PolicyKind::kS3Fifo); }
  std::size_t resident() const noexcept override { return queues_.size(kSmall) + queues_.size(kMain); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override { states_[slot] = kAfterHit[states_[slot]]; }
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  enum Queue : std::size_t { kSmall, kMain };
  // The state of a slot: its hits since it entered its queue, and which queue that is.
  static constexpr std::uint8_t kHitsMask = 3;
  static constexpr std::uint8_t kHitsMax = 3;
  static constexpr std::uint8_t kInMain = 4;
  // By state. A table, because counting up to three takes three instructions more, and every hit comes here.
  static constexpr std::array<std::uint8_t, 8> kAfterHit = {1, 2, kHitsMax,           kHitsMax,
                                                            5, 6, kInMain | kHitsMax, kInMain | kHitsMax};

  Queue QueueOf(Slot slot) const { return (states_[slot] & kInMain) != 0 ? kMain : kSmall; }
  void Place(Slot slot, KeyHash key, std::uint8_t state);
  Slot EvictFromSmall();  // kNoSlot when all of the small queue moved to main
  Slot EvictFromMain();
  void PrefetchNext();

  std::size_t entries_max_;
  SlotLists<2> queues_;  // youngest in front
  SlotTable<std::uint8_t> states_;
  SlotTable<KeyHash> keys_;
  GhostLists<1> ghosts_;
};

}  // namespace attune::cache

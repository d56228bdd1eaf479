#pragma once
// TinyLfuPolicy: W-TinyLFU. A window for newcomers, and a main part that admits by frequency.
//
// Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy", TOS 2017. New entries
// enter the window, an LRU list. What the window pushes out meets the victim of the main part, and the one
// that a sketch saw more often lately stays. Main is a segmented LRU: probation, and
// protected (four fifths) for what was hit there. The window's share climbs (window_climber.h).
//
// We differ from Caffeine in that
//   - a window that grew fills with newcomers, while main gives the victims; one that shrank hands
//     over a few entries at each eviction, so that no call is long;
//   - the sketch follows the entries that are really there, and the shares follow them too (see policies.h);
//   - there is no random admission against chosen keys: hash keys of strangers with a secret seed.
//
// Cost       17 bytes for each slot and 8 to 16 for the sketch; no ghosts. A hit updates one line
//            of the sketch and relinks three nodes. Ageing the sketch is O(capacity) once in about
//            five times the capacity accesses.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "frequency_sketch.h"
#include "listed_slots.h"
#include "window_climber.h"

namespace attune::cache {

class TinyLfuPolicy final : public Policy {
 public:
  explicit TinyLfuPolicy(const PolicyConfig& config);

  std::string_view name() const noexcept override { return ToString(PolicyKind::kTinyLfu); }
  std::size_t resident() const noexcept override { return slots_.size(); }
  Bytes bytes() const noexcept override;
  double window_share() const noexcept { return climber_.share(); }

  void OnHit(Slot slot) override;
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override { slots_.Remove(slot); }
  Slot Evict(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  enum List : std::uint8_t { kWindow, kProbation, kProtected };

  void CountAccess(KeyHash key);
  void SetCapacity(std::size_t capacity);
  void ResizeSketch(std::size_t entries);
  void FitSketch(std::size_t entries_max);
  Slot MainVictim() const;  // kNoSlot if main is empty
  Slot Remove(Slot slot);   // answers it

  std::size_t entries_max_;
  bool window_adapts_;
  WindowClimber climber_;
  std::size_t capacity_ = 0;  // what was resident at the last eviction, entries_max before the first
  std::size_t window_max_ = 0;
  std::size_t protected_max_ = 0;
  ListedSlots<3> slots_;  // most recently used in front
  FrequencySketch sketch_;
};

}  // namespace attune::cache

#pragma once
// TimingWheel: which slots expire next, without sorting them.
//
//   TimingWheel wheel(clock.Now());
//   wheel.Add(slot, expires_at);
//   wheel.Advance(clock.Now(), [&](Slot due) { Remove(due); });
//
// Hierarchical wheels after Varghese and Lauck ("Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 7): five
// wheels of 64 buckets, a tick of the first being 2^20 ns (about a millisecond) and a tick of each further one 64 of
// the one before; the last reaches 13 days, and what lies beyond waits in it for another round. A slot
// moves to a finer wheel when its bucket is reached, at most four times. Each bucket is a doubly linked list through
// the slots, so that Remove needs no search. Advance visits only the buckets between then and now, 64 per wheel at
// most, however long nobody called it.
//
// Not exact  a slot is named by the first Advance at or up to a tick after its time, never before it. Whoever
//            promises exact expiry compares the time on reading; the wheel gives back the memory.
// Threads    none: whoever holds the shard's lock.
// Cost       Add and Remove are O(1); Advance is O(slots due + 320). 16 bytes per slot from the first Add on.

#include <array>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/cache/policy.h"

namespace attune::cache {

class TimingWheel {
 public:
  explicit TimingWheel(TimePoint now);

  std::size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return Bytes(nodes_.capacity() * sizeof(Node)); }

  // REQUIRES: `slot` is not in the wheel (CHECKed).
  void Add(Slot slot, TimePoint expires_at);
  // Does nothing when it is not in the wheel.
  void Remove(Slot slot) {
    if (Contains(slot)) {
      Unlink(slot);
    }
  }
  bool Contains(Slot slot) const noexcept { return slot < nodes_.size() && nodes_[slot].bucket != kNowhere; }

  // Calls `due(slot)` for each slot whose time has come by `now`; it is out of the wheel by then. `due` may not call
  // the wheel, but for a Remove of the same slot. A `now` before the last one is taken for the last one.
  template <typename Due>
  void Advance(TimePoint now, Due&& due) {
    const std::uint64_t from = tick_;
    const std::uint64_t to = ReachedBy(now);
    if (to <= from) {
      return;
    }
    tick_ = to;
    for (unsigned wheel = 0; wheel < kWheels && size_ > 0; ++wheel) {
      const std::uint64_t first = (from >> (wheel * kWheelShift)) + 1;
      const std::uint64_t last = to >> (wheel * kWheelShift);
      for (std::uint64_t tick = first; tick <= last && tick < first + kBuckets; ++tick) {
        Slot slot = TakeBucket(wheel * kBuckets + (tick & (kBuckets - 1)));
        while (slot != kNoSlot) {
          const Slot next = nodes_[slot].next;
          if (Reached(slot)) {
            due(slot);
          }
          slot = next;
        }
      }
    }
  }

  // Gives back the memory for slots from `slots` on. REQUIRES: none of them is in the wheel.
  void ShrinkTo(std::size_t slots);

  void CheckInvariants() const;  // O(slots), for tests

 private:
  static constexpr unsigned kTickShift = 20;
  static constexpr unsigned kWheelShift = 6;
  static constexpr unsigned kWheels = 5;
  static constexpr unsigned kBuckets = 1U << kWheelShift;
  static constexpr std::uint64_t kNowhere = 0xFFFF;

  struct Node {
    Slot next = kNoSlot;
    Slot previous = kNoSlot;
    std::uint64_t tick : 48 = 0;  // 9,000 years
    std::uint64_t bucket : 16 = kNowhere;
  };

  static std::uint64_t ReachedBy(TimePoint now) noexcept;
  static std::uint64_t DueAt(TimePoint expires_at) noexcept;
  void Link(Slot slot, std::uint64_t tick);
  void Unlink(Slot slot);
  Slot TakeBucket(std::size_t bucket);
  bool Reached(Slot slot);  // true: it is out of the wheel; false: it waits in a finer one

  std::uint64_t tick_;  // all before and including this one was visited
  std::size_t size_ = 0;
  std::array<Slot, std::size_t{kWheels} * kBuckets> heads_;
  std::vector<Node> nodes_;  // by slot
};

}  // namespace attune::cache

#include "attune/cache/timing_wheel.h"

#include <algorithm>
#include <utility>

#include "attune/base/check.h"

namespace attune::cache {

std::uint64_t TimingWheel::ReachedBy(TimePoint now) noexcept {
  const Duration::rep count = std::max<Duration::rep>(now.time_since_epoch().count(), 0);
  return static_cast<std::uint64_t>(count) >> kTickShift;
}

// Rounded up: when a tick is reached, all of the time that it stands for has passed.
std::uint64_t TimingWheel::DueAt(TimePoint expires_at) noexcept {
  const Duration::rep count = std::max<Duration::rep>(expires_at.time_since_epoch().count(), 0);
  return (static_cast<std::uint64_t>(count) + (1U << kTickShift) - 1) >> kTickShift;
}

TimingWheel::TimingWheel(TimePoint now) : tick_(ReachedBy(now)) { heads_.fill(kNoSlot); }

void TimingWheel::Add(Slot slot, TimePoint expires_at) {
  if (slot >= nodes_.size()) {
    nodes_.resize(std::size_t{slot} + 1);
  }
  ATTUNE_CHECK(nodes_[slot].bucket == kNowhere, "a slot waits once in a timing wheel");
  Link(slot, std::max(DueAt(expires_at), tick_ + 1));
  ++size_;
}

void TimingWheel::Link(Slot slot, std::uint64_t tick) {
  std::uint64_t delta = tick - tick_;
  unsigned wheel = 0;
  while (wheel + 1 < kWheels && delta >= kBuckets) {
    delta >>= kWheelShift;
    ++wheel;
  }
  // Beyond the last wheel: as far away as it reaches, and from there again.
  const std::uint64_t here = tick_ >> (wheel * kWheelShift);
  const std::uint64_t there = std::min(tick >> (wheel * kWheelShift), here + kBuckets - 1);
  const std::uint64_t bucket = wheel * kBuckets + (there & (kBuckets - 1));
  Node& node = nodes_[slot];
  node.tick = tick & ((std::uint64_t{1} << 48U) - 1);
  node.bucket = bucket & 0xFFFFU;
  node.previous = kNoSlot;
  node.next = heads_[bucket];
  if (node.next != kNoSlot) {
    nodes_[node.next].previous = slot;
  }
  heads_[bucket] = slot;
}

void TimingWheel::Unlink(Slot slot) {
  Node& node = nodes_[slot];
  if (node.previous == kNoSlot) {
    heads_[node.bucket] = node.next;
  } else {
    nodes_[node.previous].next = node.next;
  }
  if (node.next != kNoSlot) {
    nodes_[node.next].previous = node.previous;
  }
  node = Node{};
  --size_;
}

Slot TimingWheel::TakeBucket(std::size_t bucket) { return std::exchange(heads_[bucket], kNoSlot); }

bool TimingWheel::Reached(Slot slot) {
  const std::uint64_t tick = nodes_[slot].tick;
  if (tick > tick_) {
    Link(slot, tick);
    return false;
  }
  nodes_[slot] = Node{};
  --size_;
  return true;
}

void TimingWheel::ShrinkTo(std::size_t slots) {
  if (slots < nodes_.size()) {
    nodes_.resize(slots);
    nodes_.shrink_to_fit();
  }
}

void TimingWheel::CheckInvariants() const {
  std::size_t linked = 0;
  for (std::size_t bucket = 0; bucket < heads_.size(); ++bucket) {
    Slot previous = kNoSlot;
    for (Slot slot = heads_[bucket]; slot != kNoSlot; slot = nodes_[slot].next) {
      ATTUNE_CHECK(nodes_[slot].bucket == bucket, "a slot knows its bucket");
      ATTUNE_CHECK(nodes_[slot].previous == previous, "links agree in both directions");
      ATTUNE_CHECK(nodes_[slot].tick > tick_, "what is due has left");
      previous = slot;
      ++linked;
    }
  }
  ATTUNE_CHECK(linked == size_, "every slot of the wheel is in one bucket");
}

}  // namespace attune::cache

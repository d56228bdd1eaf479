#include "s3_fifo_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {
namespace {

constexpr std::size_t kSmallDivisor = 10;   // the paper's tenth
constexpr std::uint8_t kHitsToPromote = 2;  // the paper's "more than one"

std::size_t SmallTarget(std::size_t capacity) { return std::max<std::size_t>(1, capacity / kSmallDivisor); }

}  // namespace

Bytes S3FifoPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + queues_.bytes() + states_.bytes() + keys_.bytes() + ghosts_.bytes();
}

void S3FifoPolicy::OnHits(std::span<const Slot> slots) { TellHits(*this, slots); }

void S3FifoPolicy::OnInsert(Slot slot, KeyHash key) {
  const bool returns = ghosts_.Take(key) != ghosts_.kAbsent;
  Place(slot, key, returns ? kInMain : 0);
}

void S3FifoPolicy::Place(Slot slot, KeyHash key, std::uint8_t state) {
  NoteGrowth(queues_.Cover(slot, entries_max_));
  NoteGrowth(states_.Cover(slot, entries_max_));
  NoteGrowth(keys_.Cover(slot, entries_max_));
  states_[slot] = state;
  keys_[slot] = key;
  queues_.PushFront(QueueOf(slot), slot);
}

void S3FifoPolicy::OnErase(Slot slot) { queues_.Remove(QueueOf(slot), slot); }

Slot S3FifoPolicy::Evict(KeyHash /*incoming*/) {
  if (queues_.size(kSmall) >= SmallTarget(resident())) {
    if (const Slot victim = EvictFromSmall(); victim != kNoSlot) return victim;
  }
  return queues_.empty(kMain) ? EvictFromSmall() : EvictFromMain();
}

Slot S3FifoPolicy::EvictAndInsert(KeyHash incoming) {
  ghosts_.Prefetch(incoming);
  const Slot slot = EvictThenInsert(*this, incoming);
  PrefetchNext();
  return slot;
}

// What the next eviction will read, if it goes on as it did: here a miss costs nobody's time.
void S3FifoPolicy::PrefetchNext() {
  const Slot next = queues_.Back(kSmall);
  NoteNextVictim(next);
  if (next != kNoSlot) ghosts_.Prefetch(keys_[next]);
  ghosts_.PrefetchOldest(0);
}

Slot S3FifoPolicy::EvictFromSmall() {
  const std::size_t capacity = resident();
  while (!queues_.empty(kSmall)) {
    const Slot oldest = queues_.Back(kSmall);
    if ((states_[oldest] & kHitsMask) < kHitsToPromote) {
      queues_.Remove(kSmall, oldest);
      NoteGrowth(ghosts_.Push(0, keys_[oldest], entries_max_));
      const std::size_t ghosts_max = std::min(entries_max_, capacity) - SmallTarget(capacity);
      while (ghosts_.size() > ghosts_max) ghosts_.DropOldest(0);
      return oldest;
    }
    states_[oldest] = kInMain;
    queues_.MoveToFront(kSmall, kMain, oldest);
  }
  return kNoSlot;
}

Slot S3FifoPolicy::EvictFromMain() {
  for (;;) {  // ends: every round takes a hit from an entry, and three is the most that one has
    const Slot oldest = queues_.Back(kMain);
    if ((states_[oldest] & kHitsMask) == 0) {
      queues_.Remove(kMain, oldest);
      return oldest;
    }
    --states_[oldest];
    queues_.MoveToFront(kMain, oldest);
  }
}

void S3FifoPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  while (ghosts_.size() > entries_max) ghosts_.DropOldest(0);
}

void S3FifoPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  queues_.AppendBackToFront(kSmall, slots);
  queues_.AppendBackToFront(kMain, slots);
}

std::unique_ptr<Policy> S3FifoPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  Resize(entries_max);
  auto next = std::make_unique<S3FifoPolicy>(PolicyConfig{.entries_max = entries_max});
  for (const Queue queue : {kSmall, kMain}) {
    queues_.ForEachFromBack(queue, [&](Slot slot) { next->Place(to[slot], keys_[slot], states_[slot]); });
  }
  next->ghosts_ = ghosts_.Refitted(entries_max);
  return next;
}

void S3FifoPolicy::CheckInvariants() const {
  queues_.CheckInvariants();
  ghosts_.CheckInvariants();
  ATTUNE_CHECK(ghosts_.size() <= entries_max_, "ghosts are bounded");
  std::vector<Slot> slots;
  queues_.AppendBackToFront(kSmall, slots);
  for (const Slot slot : slots) ATTUNE_CHECK(QueueOf(slot) == kSmall, "a slot knows its queue");
  slots.clear();
  queues_.AppendBackToFront(kMain, slots);
  for (const Slot slot : slots) ATTUNE_CHECK(QueueOf(slot) == kMain, "a slot knows its queue");
}

}  // namespace attune::cache

#include "tiny_lfu_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {
namespace {

constexpr std::uint64_t kAgeingOfCapacity = 10;  // accesses after which counts are halved, as in Caffeine
constexpr int kHandoversMax = 8;                 // from a shrunken window, at one eviction
constexpr std::size_t kSketchEntriesMin = 64;

}  // namespace

TinyLfuPolicy::TinyLfuPolicy(const PolicyConfig& config)
    : entries_max_(config.entries_max),
      window_adapts_(config.window_adapts),
      climber_(config.window_share),
      sketch_(kSketchEntriesMin) {
  SetCapacity(entries_max_);
}

Bytes TinyLfuPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + lists_.bytes() + list_of_.bytes() + keys_.bytes() + sketch_.bytes();
}

void TinyLfuPolicy::OnHit(Slot slot) {
  climber_.CountHit();
  CountAccess(keys_[slot]);
  if (list_of_[slot] != kProbation) {
    lists_.MoveToFront(list_of_[slot], slot);
    return;
  }
  MoveToFront(slot, kProtected);
  if (lists_.size(kProtected) > protected_max_) MoveToFront(lists_.Back(kProtected), kProbation);
}

void TinyLfuPolicy::OnHits(std::span<const Slot> slots) {
  for (const Slot slot : slots) __builtin_prefetch(&keys_[slot]);
  lists_.PrefetchMoves(slots);
  for (const Slot slot : slots) sketch_.Prefetch(keys_[slot]);
  TellHits(*this, slots);
}

void TinyLfuPolicy::OnInsert(Slot slot, KeyHash key) {
  Place(slot, key, kWindow);
  if (resident() > sketch_.entries()) ResizeSketch(resident());
  climber_.CountMiss();
  CountAccess(key);
  if (lists_.size(kWindow) > window_max_) MoveToFront(lists_.Back(kWindow), kProbation);
}

Slot TinyLfuPolicy::Evict(KeyHash /*incoming*/) {
  if (capacity_ != resident()) SetCapacity(resident());
  for (int i = 0; i < kHandoversMax && lists_.size(kWindow) > window_max_; ++i) {
    MoveToFront(lists_.Back(kWindow), kProbation);
  }
  const Slot candidate = lists_.Back(kWindow);
  const Slot victim = MainVictim();
  if (victim == kNoSlot) return Remove(candidate);
  if (lists_.size(kWindow) < window_max_) return Remove(victim);
  if (sketch_.Estimate(keys_[candidate]) <= sketch_.Estimate(keys_[victim])) return Remove(candidate);
  MoveToFront(candidate, kProbation);
  return Remove(victim);
}

void TinyLfuPolicy::Place(Slot slot, KeyHash key, List list) {
  lists_.Cover(slot, entries_max_);
  list_of_.Cover(slot, entries_max_);
  keys_.Cover(slot, entries_max_);
  list_of_[slot] = list;
  keys_[slot] = key;
  lists_.PushFront(list, slot);
}

void TinyLfuPolicy::MoveToFront(Slot slot, List to) {
  lists_.MoveToFront(list_of_[slot], to, slot);
  list_of_[slot] = to;
}

void TinyLfuPolicy::CountAccess(KeyHash key) {
  sketch_.Increment(key);
  if (sketch_.additions() >= kAgeingOfCapacity * capacity_) sketch_.Halve();
  if (window_adapts_ && climber_.SampleIsFull(capacity_)) {
    climber_.Climb();
    SetCapacity(capacity_);
  }
}

void TinyLfuPolicy::SetCapacity(std::size_t capacity) {
  capacity_ = capacity;
  const auto share = static_cast<std::size_t>(climber_.share() * static_cast<double>(capacity));
  window_max_ = std::max<std::size_t>(1, share);
  protected_max_ = (capacity - std::min(capacity, window_max_)) * 4 / 5;
}

void TinyLfuPolicy::ResizeSketch(std::size_t entries) {
  FrequencySketch sketch(entries);
  std::vector<Slot> slots;
  slots.reserve(resident());
  AppendColdestFirst(slots);
  for (const Slot slot : slots) {
    for (std::uint32_t count = sketch_.Estimate(keys_[slot]); count > 0; --count) sketch.Increment(keys_[slot]);
  }
  sketch_ = std::move(sketch);
}

Slot TinyLfuPolicy::MainVictim() const { return lists_.Back(lists_.empty(kProbation) ? kProtected : kProbation); }

Slot TinyLfuPolicy::Remove(Slot slot) {
  lists_.Remove(list_of_[slot], slot);
  return slot;
}

void TinyLfuPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  SetCapacity(entries_max);
  FitSketch(entries_max);
}

// Only when much too large: rebuilding forgets the frequency of what is not resident.
void TinyLfuPolicy::FitSketch(std::size_t entries_max) {
  if (sketch_.entries() / 4 >= std::max(entries_max, kSketchEntriesMin)) ResizeSketch(entries_max);
}

void TinyLfuPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  lists_.AppendBackToFront(kProbation, slots);
  lists_.AppendBackToFront(kWindow, slots);
  lists_.AppendBackToFront(kProtected, slots);
}

std::unique_ptr<Policy> TinyLfuPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  FitSketch(entries_max);
  auto next =
      std::make_unique<TinyLfuPolicy>(PolicyConfig{.entries_max = entries_max, .window_adapts = window_adapts_});
  for (const List list : {kWindow, kProbation, kProtected}) {
    lists_.ForEachFromBack(list, [&](Slot slot) { next->Place(to[slot], keys_[slot], list); });
  }
  next->climber_ = climber_;
  next->SetCapacity(std::min(capacity_, entries_max));
  next->sketch_ = std::move(sketch_);
  return next;
}

void TinyLfuPolicy::CheckInvariants() const {
  lists_.CheckInvariants();
  ATTUNE_CHECK(sketch_.bytes() <= Bytes(64 * (kSketchEntriesMin + 4 * entries_max_)), "the sketch is bounded");
  for (const List list : {kWindow, kProbation, kProtected}) {
    std::vector<Slot> slots;
    lists_.AppendBackToFront(list, slots);
    for (const Slot slot : slots) ATTUNE_CHECK(list_of_[slot] == list, "a slot knows its list");
  }
}

}  // namespace attune::cache

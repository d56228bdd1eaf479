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

Bytes TinyLfuPolicy::bytes() const noexcept { return Bytes(sizeof(*this)) + slots_.bytes() + sketch_.bytes(); }

void TinyLfuPolicy::OnHit(Slot slot) {
  climber_.CountHit();
  CountAccess(slots_.KeyOf(slot));
  if (slots_.ListOf(slot) != kProbation) {
    slots_.MoveToFront(slot);
    return;
  }
  slots_.MoveToFront(slot, kProtected);
  if (slots_.size(kProtected) > protected_max_) slots_.MoveToFront(slots_.Back(kProtected), kProbation);
}

void TinyLfuPolicy::OnHits(std::span<const Slot> slots) {
  slots_.PrefetchKeys(slots);
  slots_.PrefetchMoves(slots);
  for (const Slot slot : slots) sketch_.Prefetch(slots_.KeyOf(slot));
  TellHits(*this, slots);
}

void TinyLfuPolicy::OnInsert(Slot slot, KeyHash key) {
  slots_.PushFront(kWindow, slot, key, entries_max_);
  if (resident() > sketch_.entries()) ResizeSketch(resident());
  climber_.CountMiss();
  CountAccess(key);
  if (slots_.size(kWindow) > window_max_) slots_.MoveToFront(slots_.Back(kWindow), kProbation);
}

Slot TinyLfuPolicy::Evict(KeyHash /*incoming*/) {
  if (capacity_ != resident()) SetCapacity(resident());
  for (int i = 0; i < kHandoversMax && slots_.size(kWindow) > window_max_; ++i) {
    slots_.MoveToFront(slots_.Back(kWindow), kProbation);
  }
  const Slot candidate = slots_.Back(kWindow);
  const Slot victim = MainVictim();
  if (victim == kNoSlot) return Remove(candidate);
  if (slots_.size(kWindow) < window_max_) return Remove(victim);
  if (sketch_.Estimate(slots_.KeyOf(candidate)) <= sketch_.Estimate(slots_.KeyOf(victim))) return Remove(candidate);
  slots_.MoveToFront(candidate, kProbation);
  return Remove(victim);
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
    for (std::uint32_t count = sketch_.Estimate(slots_.KeyOf(slot)); count > 0; --count)
      sketch.Increment(slots_.KeyOf(slot));
  }
  sketch_ = std::move(sketch);
}

Slot TinyLfuPolicy::MainVictim() const { return slots_.Back(slots_.empty(kProbation) ? kProtected : kProbation); }

Slot TinyLfuPolicy::Remove(Slot slot) {
  slots_.Remove(slot);
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
  slots_.AppendBackToFront(kProbation, slots);
  slots_.AppendBackToFront(kWindow, slots);
  slots_.AppendBackToFront(kProtected, slots);
}

std::unique_ptr<Policy> TinyLfuPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  FitSketch(entries_max);
  auto next =
      std::make_unique<TinyLfuPolicy>(PolicyConfig{.entries_max = entries_max, .window_adapts = window_adapts_});
  next->slots_ = slots_.Renumbered(to, entries_max);
  next->climber_ = climber_;
  next->SetCapacity(std::min(capacity_, entries_max));
  next->sketch_ = std::move(sketch_);
  return next;
}

void TinyLfuPolicy::CheckInvariants() const {
  slots_.CheckInvariants();
  ATTUNE_CHECK(sketch_.bytes() <= Bytes(64 * (kSketchEntriesMin + 4 * entries_max_)), "the sketch is bounded");
}

}  // namespace attune::cache

#include "prefetch_shadow.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "attune/base/check.h"
#include "mix64.h"

namespace attune::cache {
namespace {

constexpr double kMemory = 16'384;     // sampled accesses after which old ones count half
constexpr double kEvidenceMin = 512;   // sampled accesses before the first verdict
constexpr double kStandardErrors = 3;  // of the difference won - lost, which chance explains

std::uint64_t SampleBound(std::size_t entries_max, std::size_t shadow_entries) {
  if (shadow_entries >= entries_max) return std::numeric_limits<std::uint64_t>::max();
  const double rate = static_cast<double>(shadow_entries) / static_cast<double>(entries_max);
  return static_cast<std::uint64_t>(std::ldexp(rate, 64));
}

}  // namespace

PrefetchShadow::PrefetchShadow(std::size_t entries_max, std::size_t shadow_entries, double harm_max)
    : sampled_below_(SampleBound(entries_max, shadow_entries)),
      harm_max_(harm_max),
      without_(PolicyKind::kLru, std::min(entries_max, shadow_entries)),
      together_{.cache = SimulatedCache(PolicyKind::kLru, without_.entries_max())} {
  ATTUNE_CHECK(harm_max >= 0, "harm_max is negative");
}

void PrefetchShadow::Add() { alone_.push_back({.cache = SimulatedCache(PolicyKind::kLru, without_.entries_max())}); }

bool PrefetchShadow::Sampled(PrefetchKey key) const noexcept { return Mix64(key) <= sampled_below_; }

void PrefetchShadow::Access(PrefetchKey key) {
  if (!Sampled(key)) return;
  const bool without = without_.Access(key);
  together_.Access(key, without);
  for (Trial& trial : alone_) trial.Access(key, without);
  accesses_ += 1;
  Judge();
  if (accesses_ >= kMemory) Fade();
}

void PrefetchShadow::Prefetch(std::size_t prefetcher, PrefetchKey key) {
  ATTUNE_CHECK(prefetcher < alone_.size(), "a prefetcher that was not added");
  if (!Sampled(key)) return;
  Trial& alone = alone_[prefetcher];
  alone.Prefetch(key);
  if (!alone.harmful) together_.Prefetch(key);
}

bool PrefetchShadow::stops(std::size_t prefetcher) const {
  ATTUNE_CHECK(prefetcher < alone_.size(), "a prefetcher that was not added");
  const Trial& alone = alone_[prefetcher];
  if (alone.harmful || !together_.harmful) return alone.harmful;
  return prefetcher != best_ || alone.gain() <= 0;
}

double PrefetchShadow::gain() const noexcept { return accesses_ > 0 ? together_.gain() / accesses_ : 0; }

void PrefetchShadow::Judge() {
  if (accesses_ < kEvidenceMin) return;
  const double loss_max = harm_max_ * accesses_;
  bool fewer = false;
  for (Trial& trial : alone_) {
    const bool harmful_before = trial.harmful;
    trial.Judge(loss_max);
    fewer = fewer || (trial.harmful && !harmful_before);
  }
  if (fewer) together_ = StartAgain();
  together_.Judge(loss_max);
  const auto best = std::ranges::max_element(alone_, {}, &Trial::gain);
  best_ = static_cast<std::size_t>(best - alone_.begin());
}

// What they lost together was lost with the one that is out now, and the others are not to pay for it.
PrefetchShadow::Trial PrefetchShadow::StartAgain() const {
  std::vector<PrefetchKey> keys;
  without_.AppendColdestFirst(keys);
  Trial trial{.cache = SimulatedCache(PolicyKind::kLru, without_.entries_max())};
  trial.cache.Adopt(keys);
  return trial;
}

void PrefetchShadow::Fade() {
  accesses_ /= 2;
  together_.Fade();
  for (Trial& trial : alone_) trial.Fade();
}

Bytes PrefetchShadow::bytes() const noexcept {
  Bytes sum = Bytes(sizeof(*this) + alone_.capacity() * sizeof(Trial)) + without_.bytes() + together_.cache.bytes();
  for (const Trial& trial : alone_) sum = sum + trial.cache.bytes();
  return sum;
}

void PrefetchShadow::Trial::Access(PrefetchKey key, bool hit_without) {
  const bool hit = cache.Access(key);
  won += hit && !hit_without ? 1 : 0;
  lost += hit_without && !hit ? 1 : 0;
}

void PrefetchShadow::Trial::Prefetch(PrefetchKey key) {
  if (!cache.Contains(key)) cache.Access(key);  // what is there is not loaded, and grows no younger
}

void PrefetchShadow::Trial::Judge(double loss_max) {
  // Both see the same keys, so only those that they disagree about carry noise (McNemar's test).
  const double chance = kStandardErrors * std::sqrt(won + lost);
  harmful = harmful ? won < lost : lost - won > loss_max + chance;
}

void PrefetchShadow::Trial::Fade() {
  won /= 2;
  lost /= 2;
}

}  // namespace attune::cache

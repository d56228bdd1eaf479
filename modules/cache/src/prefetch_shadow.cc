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
      with_(PolicyKind::kLru, std::min(entries_max, shadow_entries)),
      without_(PolicyKind::kLru, std::min(entries_max, shadow_entries)) {
  ATTUNE_CHECK(harm_max >= 0, "harm_max is negative");
}

bool PrefetchShadow::Sampled(PrefetchKey key) const noexcept { return Mix64(key) <= sampled_below_; }

void PrefetchShadow::Access(PrefetchKey key) {
  if (!Sampled(key)) return;
  const bool with = with_.Access(key);
  const bool without = without_.Access(key);
  accesses_ += 1;
  won_ += with && !without ? 1 : 0;
  lost_ += without && !with ? 1 : 0;
  Judge();
  if (accesses_ < kMemory) return;
  accesses_ /= 2;
  won_ /= 2;
  lost_ /= 2;
}

void PrefetchShadow::Prefetch(PrefetchKey key) {
  if (Sampled(key)) with_.Access(key);
}

double PrefetchShadow::gain() const noexcept { return accesses_ > 0 ? (won_ - lost_) / accesses_ : 0; }

void PrefetchShadow::Judge() {
  if (accesses_ < kEvidenceMin) return;
  // Both see the same keys, so only those that they disagree about carry noise (McNemar's test).
  const double chance = kStandardErrors * std::sqrt(won_ + lost_);
  harmful_ = harmful_ ? won_ < lost_ : lost_ - won_ > harm_max_ * accesses_ + chance;
}

Bytes PrefetchShadow::bytes() const noexcept { return Bytes(sizeof(*this)) + with_.bytes() + without_.bytes(); }

}  // namespace attune::cache

#include "attune/cache/benefit_estimate.h"

#include <cmath>

#include "attune/cache/evicted_sample.h"

namespace attune::cache {
namespace {

constexpr std::uint64_t kReturnedEnough = 24 * EvictedSample::kRate;  // a fifth of uncertainty
constexpr std::uint32_t kWaitsMax = 8;
constexpr double kFillsGrowth = 1.005;  // since the last observation; what only trembles fits
constexpr double kMebibyte = 1U << 20U;

double SecondsBetween(TimePoint from, TimePoint to) { return std::chrono::duration<double>(to - from).count(); }

// The middle of two estimates of something that is a ratio.
double Middle(double a, double b) { return a > 0 && b > 0 ? std::sqrt(a * b) : (a + b) / 2; }

}  // namespace

void BenefitEstimate::Observe(const Observation& now) {
  const double elapsed = SecondsBetween(last_.now, now.now);
  if (elapsed <= 0 || now.entries == 0) return;
  pressed_ = now.evictions != last_.evictions;
  const std::uint64_t returned = now.returned - last_.returned;
  if (pressed_ && returned < kReturnedEnough && ++waits_ < kWaitsMax) return;
  const auto bytes = static_cast<double>(now.bytes.count());
  const bool fills = !pressed_ && bytes > kFillsGrowth * static_cast<double>(last_.bytes.count());
  const std::uint64_t hits = now.hits - last_.hits;
  waits_ = 0;
  last_ = now;
  if (fills) return;
  const double more = static_cast<double>(now.returned_from) / static_cast<double>(now.entries) / kMebibyte;
  const double benefit = static_cast<double>(returned) / elapsed * now.load_seconds / more;
  const double average = static_cast<double>(hits) / elapsed * now.load_seconds * kMebibyte;
  const bool goes_on = pressed_ && known_;
  benefit_ = goes_on ? Middle(benefit_, benefit) : benefit;
  loss_ = pressed_ ? benefit_ : average;
  known_ = true;
}

}  // namespace attune::cache

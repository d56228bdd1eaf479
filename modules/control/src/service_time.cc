#include "attune/control/service_time.h"

#include <algorithm>
#include <cmath>

#include "attune/base/check.h"

namespace attune::control {
namespace {

constexpr double kLowestNs = 1e3;           // 1 us: below it, admission is not about the service
constexpr double kHighestNs = 3.6e12;       // 1 h: above it, it is not a request
constexpr double kBucketFactor = 1.25;      // the error that a quantile may have
constexpr double kMeanWeight = 1.0 / 32;    // of the newest observation, once there are 32
constexpr std::uint64_t kHalveEvery = 128;  // so that weights are about the last 250 observations

}  // namespace

ServiceTime::ServiceTime(Duration initial, double quantile) : initial_(initial), quantile_wanted_(quantile) {
  ATTUNE_CHECK(quantile > 0 && quantile < 1, "a quantile lies between 0 and 1");
  Reset();
}

void ServiceTime::Reset() {
  weight_.fill(0);
  mean_ns_ = std::clamp(static_cast<double>(initial_.count()), kLowestNs, kHighestNs);
  quantile_ns_ = mean_ns_;
  variance_ns2_ = 0;
  observations_ = 0;
}

std::size_t ServiceTime::BucketOf(double nanoseconds) {
  const double index = std::log(nanoseconds / kLowestNs) / std::log(kBucketFactor);
  return std::min(static_cast<std::size_t>(std::max(index, 0.0)), kBuckets - 1);
}

void ServiceTime::Observe(Duration service) {
  const double nanoseconds = std::clamp(static_cast<double>(service.count()), kLowestNs, kHighestNs);
  ++observations_;
  // The plain mean of the first few, so that `initial` is forgotten at once; smoothed from then on.
  const double newest = std::max(1.0 / static_cast<double>(observations_), kMeanWeight);
  const double difference = nanoseconds - mean_ns_;
  mean_ns_ += newest * difference;
  variance_ns2_ = (1 - newest) * (variance_ns2_ + newest * difference * difference);

  weight_[BucketOf(nanoseconds)] += 1;
  if (observations_ % kHalveEvery == 0) {
    for (float& weight : weight_) weight /= 2;
  }
  UpdateQuantile();
}

void ServiceTime::UpdateQuantile() {
  double total = 0;
  for (const float weight : weight_) total += weight;
  double below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += weight_[i];
    if (below < quantile_wanted_ * total) continue;
    quantile_ns_ = kLowestNs * std::pow(kBucketFactor, static_cast<double>(i + 1));
    return;
  }
}

Duration ServiceTime::mean() const noexcept { return Duration(std::llround(mean_ns_)); }
Duration ServiceTime::deviation() const noexcept { return Duration(std::llround(std::sqrt(variance_ns2_))); }
Duration ServiceTime::quantile() const noexcept { return Duration(std::llround(quantile_ns_)); }

}  // namespace attune::control

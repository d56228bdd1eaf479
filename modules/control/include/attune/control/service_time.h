#pragma once
// ServiceTime: how long one piece of work takes, learned from those that finished:
// a smoothed mean and a high quantile over about the last 250.
//
// Threads    one thread at a time.
// Cost       Observe is O(buckets), about 100 ns; no allocation.
// Robustness a negative or absurd duration is clamped to [1 us, 1 h] and counted there.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "attune/base/clock.h"

namespace attune::control {

class ServiceTime {
 public:
  // `initial` is believed until something was observed. REQUIRES: 0 < quantile < 1.
  ServiceTime(Duration initial, double quantile);

  void Observe(Duration service);
  // Forgets what was learned.
  void Reset();

  Duration mean() const noexcept;
  Duration deviation() const noexcept;  // standard deviation, smoothed like the mean
  Duration quantile() const noexcept;   // upper edge of its bucket: at most 25 % too high
  std::uint64_t observations() const noexcept { return observations_; }

 private:
  static constexpr std::size_t kBuckets = 100;  // of factor 1.25 from 1 us: beyond an hour
  static std::size_t BucketOf(double nanoseconds);
  void UpdateQuantile();

  const Duration initial_;
  const double quantile_wanted_;
  std::array<float, kBuckets> weight_{};  // halved every kHalveEvery observations
  double mean_ns_ = 0;
  double variance_ns2_ = 0;
  double quantile_ns_ = 0;
  std::uint64_t observations_ = 0;
};

}  // namespace attune::control

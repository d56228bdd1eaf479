#pragma once
// WindowClimber: finds the share of the admission window by hill climbing.
//
// Einziger, Eytan, Friedman, Manes: "Adaptive Software Cache Management", Middleware 2018, with the constants
// of Caffeine. After each sample of accesses it goes on in the same direction if the hit ratio
// rose, and turns round if it fell. Steps shrink while little changes, and start large again
// when the hit ratio jumps, because then the workload is another one.
//
//   WindowClimber climber(0.01);
//   climber.CountHit();                          // or CountMiss
//   if (climber.SampleIsFull(1000)) climber.Climb();
//   climber.share();                             // 0.01 .. 0.99
//
// Threads    none. It is arithmetic: nothing here knows the cache.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace attune::cache {

class WindowClimber {
 public:
  explicit WindowClimber(double share) : share_(share) {}

  double share() const noexcept { return share_; }
  void CountHit() noexcept { ++hits_; }
  void CountMiss() noexcept { ++misses_; }

  bool SampleIsFull(std::size_t capacity) const noexcept { return hits_ + misses_ >= kSampleOfCapacity * capacity; }

  // REQUIRES: something was counted.
  void Climb() {
    const double ratio = static_cast<double>(hits_) / static_cast<double>(hits_ + misses_);
    const double change = ratio - ratio_before_;
    if (change < 0) step_ = -step_;
    share_ = std::clamp(share_ + step_, kShareMin, kShareMax);
    step_ = std::abs(change) >= kRestart ? std::copysign(kStep, step_) : kDecay * step_;
    ratio_before_ = ratio;
    hits_ = 0;
    misses_ = 0;
  }

 private:
  static constexpr std::uint64_t kSampleOfCapacity = 10;  // long enough to tell a trend from noise
  static constexpr double kStep = 0.0625;
  static constexpr double kDecay = 0.98;
  static constexpr double kRestart = 0.05;  // a change of the hit ratio that means another workload
  static constexpr double kShareMin = 0.01;
  static constexpr double kShareMax = 0.99;

  double share_;
  double step_ = -kStep;  // so that a window that is too large at first is found out first
  double ratio_before_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace attune::cache

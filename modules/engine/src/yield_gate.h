#pragma once
// YieldGate: makes background work take only its share of the time. After each
// piece of work the worker passes the gate, which holds it for as long as the share
// asks for.
//
//   gate.set_share(0.25);                    // the yield controller's decision
//   const TimePoint began = clock.Now();
//   ReadOneFile();
//   gate.Pass(clock.Now() - began, stop);    // waits three times as long as it worked
//
// Threads    every member is thread-safe.
// Bounds     one wait is at most kWaitMax, so that a raised share is obeyed soon.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "attune/base/clock.h"

namespace attune::engine {

class YieldGate {
 public:
  static constexpr Duration kWaitMax = std::chrono::milliseconds(200);

  // How long to wait after working for `worked`. Pure.
  static Duration WaitFor(Duration worked, double share) {
    if (share >= 1 || worked <= Duration::zero()) return Duration::zero();
    const double wait = static_cast<double>(worked.count()) * (1 - share) / std::max(share, 0.01);
    return std::min(kWaitMax, Duration(static_cast<Duration::rep>(wait)));
  }

  void set_share(double share) noexcept { share_.store(share, std::memory_order_relaxed); }
  double share() const noexcept { return share_.load(std::memory_order_relaxed); }

  void Pass(Duration worked, const std::stop_token& stop) {
    const Duration wait = WaitFor(worked, share());
    if (wait == Duration::zero()) return;
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, wait, [] { return false; });
  }

 private:
  std::atomic<double> share_{1.0};
  std::mutex mutex_;
  std::condition_variable_any stopped_;
};

}  // namespace attune::engine

#pragma once
// SimulatedQueue: `workers` servers and one queue in order of arrival, in simulated
// time. The caller draws arrivals and service times; what it sees is what a server sees.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "attune/base/clock.h"

namespace attune::control {

// Seconds from a seeded generator; the same on every machine.
class SimulatedRandom {
 public:
  explicit SimulatedRandom(std::uint64_t seed) : generator_(seed) {}
  double Unit() { return static_cast<double>(generator_() >> 11U) * 0x1.0p-53; }
  double Between(double low, double high) { return low + (high - low) * Unit(); }
  double Exponential(double mean) { return -std::log1p(-Unit()) * mean; }

 private:
  std::mt19937_64 generator_;
};

inline TimePoint AtSecond(double seconds) { return TimePoint(Duration(static_cast<Duration::rep>(seconds * 1e9))); }

class SimulatedQueue {
 public:
  struct Completion {
    double finished = 0;
    double arrived = 0;
    double service = 0;
  };
  using DrawService = std::function<double(double now)>;

  SimulatedQueue(std::size_t workers, DrawService draw) : workers_(workers), draw_(std::move(draw)) {}

  std::size_t in_flight() const { return running_.size() + waiting_.size(); }

  void Arrive(double now) {
    waiting_.push_back(now);
    StartWaiting(now);
  }
  // Calls done(completion) for each request that finishes until `now`, in order.
  void RunUntil(double now, const std::function<void(const Completion&)>& done) {
    while (!running_.empty() && running_.top().finished <= now) {
      const Completion completion = running_.top();
      running_.pop();
      StartWaiting(completion.finished);
      done(completion);
    }
  }

 private:
  struct Later {
    bool operator()(const Completion& a, const Completion& b) const { return a.finished > b.finished; }
  };
  void StartWaiting(double now) {
    while (running_.size() < workers_ && !waiting_.empty()) {
      const double service = draw_(now);
      running_.push({.finished = now + service, .arrived = waiting_.front(), .service = service});
      waiting_.pop_front();
    }
  }

  const std::size_t workers_;
  const DrawService draw_;
  std::deque<double> waiting_;
  std::priority_queue<Completion, std::vector<Completion>, Later> running_;
};

}  // namespace attune::control

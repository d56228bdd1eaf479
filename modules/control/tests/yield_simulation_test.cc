// A foreground queue that background work slows down, in simulated time, over many
// seeds: how often the goal is missed with the controller and without, mean and worst.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <vector>

#include "attune/control/yield.h"
#include "simulated_queue.h"

namespace attune::control {
namespace {

constexpr std::size_t kYieldWorkers = 2;
constexpr double kGoal = 0.050;
constexpr double kWindow = 1;  // seconds that a p99 looks back
constexpr double kTick = 0.1;  // seconds between observations
constexpr double kYieldPhaseSeconds = 20;
constexpr double kSettle = 5;  // seconds of a phase that are not judged

// Foreground load as a share of what the machine does with the background standing still.
constexpr std::array kLoads = {0.0, 0.2, 0.5, 0.0, 0.3};

struct YieldPhaseResult {
  double judged = 0;
  double missed = 0;  // slower than the goal
  double share_sum = 0;
  double ticks = 0;
  double share_end = 0;
  double missed_rate() const { return judged == 0 ? 0 : missed / judged; }
  double share() const { return share_sum / ticks; }
};
using YieldOutcome = std::array<YieldPhaseResult, kLoads.size()>;

std::size_t YieldPhaseAt(double now) {
  return std::min(static_cast<std::size_t>(now / kYieldPhaseSeconds), kLoads.size() - 1);
}

class Simulation {
 public:
  // `slowdown`: a foreground request takes 1 + slowdown * share times as long.
  Simulation(std::uint64_t seed, double slowdown, bool controlled)
      : random_(seed), slowdown_(slowdown), controlled_(controlled) {}

  YieldOutcome Execute() {
    double arrival = NextArrival(0);
    for (double tick = kTick; tick < kYieldPhaseSeconds * kLoads.size(); tick += kTick) {
      double arrivals = 0;
      for (; arrival <= tick; arrival = NextArrival(arrival)) {
        Advance(arrival);
        queue_.Arrive(arrival);
        ++arrivals;
      }
      Advance(tick);
      Observe(tick, arrivals / kTick);
    }
    Advance(1e9);  // what still waits has missed the goal, and counts
    return run_;
  }

 private:
  static constexpr double kServiceMean = 0.004;

  double NextArrival(double now) {
    const double load = kLoads[YieldPhaseAt(now)];
    if (load == 0) return kYieldPhaseSeconds * (static_cast<double>(YieldPhaseAt(now)) + 1) + 1e-6;  // the next phase
    return now + random_.Exponential(kServiceMean / (load * static_cast<double>(kYieldWorkers)));
  }

  double DrawService() {
    return (0.3 * kServiceMean + random_.Exponential(0.7 * kServiceMean)) * (1 + slowdown_ * share_);
  }

  void Advance(double now) {
    queue_.RunUntil(now, [&](const SimulatedQueue::Completion& completion) {
      const double latency = completion.finished - completion.arrived;
      recent_.push_back({completion.finished, latency});
      YieldPhaseResult& phase = run_[YieldPhaseAt(completion.arrived)];
      if (completion.arrived - kYieldPhaseSeconds * static_cast<double>(YieldPhaseAt(completion.arrived)) < kSettle)
        return;
      ++phase.judged;
      phase.missed += latency > kGoal ? 1 : 0;
    });
  }

  void Observe(double now, double arrivals_per_second) {
    while (!recent_.empty() && recent_.front().finished < now - kWindow) recent_.pop_front();
    std::vector<double> latencies;
    for (const Recent& one : recent_) latencies.push_back(one.latency);
    std::sort(latencies.begin(), latencies.end());
    const double p99 =
        latencies.empty() ? 0 : latencies[static_cast<std::size_t>(0.99 * static_cast<double>(latencies.size() - 1))];
    if (controlled_) {
      share_ = yield_
                   .Decide({.now = AtSecond(now),
                            .p99_seconds = p99,
                            .completions = latencies.size(),
                            .in_flight = static_cast<std::uint32_t>(queue_.in_flight()),
                            .arrivals_per_second = arrivals_per_second})
                   .share;
      ASSERT_GE(share_, 0.05);
      ASSERT_LE(share_, 1.0);
    }
    YieldPhaseResult& phase = run_[YieldPhaseAt(now)];
    phase.share_sum += share_;
    ++phase.ticks;
    phase.share_end = share_;
  }

  struct Recent {
    double finished;
    double latency;
  };

  SimulatedRandom random_;
  const double slowdown_;
  const bool controlled_;
  double share_ = 1;
  YieldController yield_;
  SimulatedQueue queue_{kYieldWorkers, [this](double) { return DrawService(); }};
  std::deque<Recent> recent_;
  YieldOutcome run_{};
};

TEST(YieldSimulation, KeepsTheGoalWhereFullSpeedBackgroundBreaksIt) {
  constexpr std::uint64_t kSeeds = 40;
  std::array<double, kLoads.size()> mean{};
  std::array<double, kLoads.size()> worst{};
  std::array<double, kLoads.size()> without{};
  std::array<double, kLoads.size()> share{};
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const double slowdown = SimulatedRandom(seed).Between(3, 8);
    const YieldOutcome controlled = Simulation(seed, slowdown, true).Execute();
    const YieldOutcome full_speed = Simulation(seed, slowdown, false).Execute();
    for (std::size_t p = 0; p < kLoads.size(); ++p) {
      mean[p] += controlled[p].missed_rate() / kSeeds;
      worst[p] = std::max(worst[p], controlled[p].missed_rate());
      without[p] += full_speed[p].missed_rate() / kSeeds;
      share[p] += controlled[p].share() / kSeeds;
    }
    EXPECT_EQ(controlled[0].share_end, 1) << "nobody waits: seed " << seed;
    EXPECT_EQ(controlled[3].share_end, 1) << "recovered: seed " << seed;
  }
  for (std::size_t p = 0; p < kLoads.size(); ++p) {
    std::cout << "load " << kLoads[p] << ": missed the goal, mean " << mean[p] << " worst seed " << worst[p]
              << ", at full speed " << without[p] << "; mean share " << share[p] << "\n";
  }
  EXPECT_GT(without[2], 0.5) << "otherwise this simulation shows nothing";
  for (const std::size_t busy : {1U, 2U, 4U}) {
    EXPECT_LE(mean[busy], 0.01) << "a p99";
    EXPECT_LE(worst[busy], 0.03);
  }
}

TEST(YieldSimulation, WhereTheBackgroundDoesNoHarmItRunsAtNearlyFullSpeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const YieldOutcome run = Simulation(seed, 0.2, true).Execute();
    for (const YieldPhaseResult& phase : run) EXPECT_GE(phase.share(), 0.85) << "seed " << seed;
  }
}

TEST(YieldSimulation, TheSameSeedGivesTheSameShares) {
  const YieldOutcome a = Simulation(7, 5, true).Execute();
  const YieldOutcome b = Simulation(7, 5, true).Execute();
  for (std::size_t p = 0; p < kLoads.size(); ++p) EXPECT_EQ(a[p].share_sum, b[p].share_sum);
}

}  // namespace
}  // namespace attune::control

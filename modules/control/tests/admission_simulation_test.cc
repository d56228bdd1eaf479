// Overload in simulated time, over many seeds: what reaches its deadline with
// admission control and without, the mean and the worst seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "attune/control/admission.h"
#include "simulated_queue.h"

namespace attune::control {
namespace {

constexpr std::size_t kWorkers = 4;
constexpr double kDeadline = 0.050;
constexpr double kPhaseSeconds = 2;

struct Phase {
  double load;          // arrivals as a share of capacity
  double service_mean;  // seconds
};
// Calm, overload, a slow disk, the disk recovers under overload, calm.
constexpr std::array kPhases = {Phase{0.5, 0.002}, Phase{3, 0.002}, Phase{3, 0.020}, Phase{3, 0.002},
                                Phase{0.5, 0.002}};

struct PhaseResult {
  double offered = 0;
  double admitted = 0;
  double in_time = 0;
  double rejected_while_idle = 0;

  // What was answered in time, of what could have been.
  double goodput(const Phase& phase) const {
    const double capacity = kPhaseSeconds * static_cast<double>(kWorkers) / phase.service_mean;
    return in_time / std::min(offered, capacity);
  }
  double late() const { return admitted == 0 ? 0 : 1 - in_time / admitted; }
};
using Outcome = std::array<PhaseResult, kPhases.size()>;

std::size_t PhaseAt(double now) { return std::min(static_cast<std::size_t>(now / kPhaseSeconds), kPhases.size() - 1); }

Outcome Simulate(std::uint64_t seed, bool controlled) {
  SimulatedRandom random(seed);
  AdmissionController admission;
  SimulatedQueue queue(kWorkers, [&](double now) {
    const double mean = kPhases[PhaseAt(now)].service_mean;
    return 0.2 * mean + random.Exponential(0.8 * mean);
  });
  Outcome run{};
  const auto done = [&](const SimulatedQueue::Completion& completion) {
    admission.Observe(AtSecond(completion.finished), AtSecond(completion.service).time_since_epoch());
    const bool in_time = completion.finished - completion.arrived <= kDeadline;
    run[PhaseAt(completion.arrived)].in_time += in_time ? 1 : 0;
  };
  double now = 0;
  while (true) {
    const Phase& phase = kPhases[PhaseAt(now)];
    now += random.Exponential(phase.service_mean / (phase.load * static_cast<double>(kWorkers)));
    if (now >= kPhaseSeconds * kPhases.size()) break;
    queue.RunUntil(now, done);
    PhaseResult& result = run[PhaseAt(now)];
    ++result.offered;
    const bool admit = !controlled || admission
                                          .Decide({.now = AtSecond(now),
                                                   .deadline = std::chrono::milliseconds(50),
                                                   .in_flight = static_cast<std::uint32_t>(queue.in_flight()),
                                                   .workers = kWorkers})
                                          .admit;
    if (!admit && queue.in_flight() == 0) ++result.rejected_while_idle;
    if (!admit) continue;
    ++result.admitted;
    queue.Arrive(now);
  }
  queue.RunUntil(now + 3600, done);
  return run;
}

TEST(AdmissionSimulation, OverloadCostsTheRefusedAndNobodyElseInEverySeed) {
  constexpr std::uint64_t kSeeds = 40;
  std::array<double, kPhases.size()> mean{};
  std::array<double, kPhases.size()> worst{};
  std::array<double, kPhases.size()> late_worst{};
  worst.fill(1);
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome run = Simulate(seed, true);
    for (std::size_t p = 0; p < kPhases.size(); ++p) {
      const double goodput = run[p].goodput(kPhases[p]);
      mean[p] += goodput / kSeeds;
      worst[p] = std::min(worst[p], goodput);
      late_worst[p] = std::max(late_worst[p], run[p].late());
      ASSERT_EQ(run[p].rejected_while_idle, 0) << "seed " << seed;
    }
  }
  for (std::size_t p = 0; p < kPhases.size(); ++p) {
    std::cout << "phase " << p << ": goodput mean " << mean[p] << " worst seed " << worst[p] << ", late at worst "
              << late_worst[p] << "\n";
  }
  const std::array goodput_floor = {0.99, 0.95, 0.55, 0.90, 0.98};
  const std::array late_ceiling = {0.01, 0.05, 0.25, 0.06, 0.01};
  for (std::size_t p = 0; p < kPhases.size(); ++p) {
    EXPECT_GE(worst[p], goodput_floor[p]) << "phase " << p;
    EXPECT_LE(late_worst[p], late_ceiling[p]) << "phase " << p;
  }
}

TEST(AdmissionSimulation, WithoutItTheSameOverloadAnswersHardlyAnybodyInTime) {
  const Outcome run = Simulate(1, false);
  EXPECT_LT(run[1].goodput(kPhases[1]), 0.1);
  EXPECT_LT(run[2].goodput(kPhases[2]), 0.1);
  EXPECT_LT(run[4].goodput(kPhases[4]), 0.1) << "and it is still busy with the past when the load is gone";
}

TEST(AdmissionSimulation, TheSameSeedGivesTheSameVerdicts) {
  const Outcome a = Simulate(7, true);
  const Outcome b = Simulate(7, true);
  for (std::size_t p = 0; p < kPhases.size(); ++p) EXPECT_EQ(a[p].admitted, b[p].admitted);
}

}  // namespace
}  // namespace attune::control

// Does the split pay? Five consumers whose misses cost less the more memory they have, at half of what they want
// together, and their weights change from phase to phase. Against the best of 1,000 static splits and
// against an oracle that knows the curves. A simulation: its costs are of no machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/memory/broker.h"
#include "attune/memory/split_plan.h"

namespace attune::memory {
namespace {

constexpr std::size_t kConsumers = 5;
constexpr int kSteps = 10'000;
constexpr int kPhase = 500;
constexpr double kUnit = 65536;  // bytes, in which the oracle hands out

using Split = std::array<double, kConsumers>;

// Seconds of misses a second at a size: weight times a convex, falling curve of one of three families.
struct Curve {
  int family = 0;
  double scale = 1;

  double Miss(double bytes) const {
    const double x = bytes / scale;
    return family == 0 ? std::exp(-x) : family == 1 ? 1 / (1 + x) : std::pow(1 + x, -0.5);
  }
  // What is 90 % of the way to no misses, or as far as the slow families ever get in practice.
  double wanted() const { return scale * (family == 0 ? 2.3 : family == 1 ? 9.0 : 15.0); }
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    std::uniform_real_distribution<double> exponent(0, 3);
    double wanted = 0;
    for (std::size_t i = 0; i < kConsumers; ++i) {
      curves_[i] = {static_cast<int>(random_() % 3), std::exp2(exponent(random_)) * 4 * 1024 * 1024};
      wanted += curves_[i].wanted();
    }
    cap = wanted / 2;
    for (int phase = 0; phase < kSteps / kPhase; ++phase) {
      Split weights{};
      for (std::size_t i = 0; i < kConsumers; ++i) {
        const bool busy = (static_cast<std::size_t>(phase) + i) % kConsumers < 2;  // two of five, in turn
        weights[i] = (busy ? 1.0 : 0.05) * std::exp2(exponent(random_) / 3);
      }
      weights_.push_back(weights);
    }
  }

  static std::size_t PhaseOf(int step) { return static_cast<std::size_t>(step / kPhase); }

  double Cost(std::size_t phase, const Split& split) const {
    double cost = 0;
    for (std::size_t i = 0; i < kConsumers; ++i) {
      cost += weights_[phase][i] * curves_[i].Miss(split[i]);
    }
    return cost;
  }
  double Benefit(std::size_t phase, std::size_t i, double bytes) const {
    constexpr double kMiB = 1024 * 1024;
    return weights_[phase][i] * (curves_[i].Miss(bytes) - curves_[i].Miss(bytes + kMiB));
  }
  double StaticCost(const Split& split) const {
    double cost = 0;
    for (std::size_t phase = 0; phase < weights_.size(); ++phase) {
      cost += kPhase * Cost(phase, split);
    }
    return cost;
  }

  // Handing out unit by unit to where it saves most is optimal, because the curves are convex.
  double OracleCost(double budget) const {
    double cost = 0;
    for (std::size_t phase = 0; phase < weights_.size(); ++phase) {
      Split split{};
      for (double left = budget; left >= kUnit; left -= kUnit) {
        std::size_t best = 0;
        double saved_most = -1;
        for (std::size_t i = 0; i < kConsumers; ++i) {
          const double saved = weights_[phase][i] * (curves_[i].Miss(split[i]) - curves_[i].Miss(split[i] + kUnit));
          if (saved > saved_most) {
            best = i;
            saved_most = saved;
          }
        }
        split[best] += kUnit;
      }
      cost += kPhase * Cost(phase, split);
    }
    return cost;
  }

  double BestStaticCost(double budget, int tries) {
    double best = INFINITY;
    std::exponential_distribution<double> part(1);  // uniform over all splits, once divided by their sum
    for (int i = 0; i < tries; ++i) {
      Split split{};
      double sum = 0;
      for (double& bytes : split) {
        bytes = part(random_);
        sum += bytes;
      }
      for (double& bytes : split) {
        bytes *= budget / sum;
      }
      best = std::min(best, StaticCost(split));
    }
    return best;
  }

  double cap = 0;
  std::mt19937_64& random() { return random_; }

 private:
  std::mt19937_64 random_;
  std::array<Curve, kConsumers> curves_;
  std::vector<Split> weights_;
};

struct Outcome {
  double saved_over_static = 0;  // share of the best static cost
  double above_oracle = 0;       // share of the oracle's cost
};

// Against static splits and an oracle that have `budget`.
Outcome Compare(World& world, double cost, double budget) {
  constexpr int kStaticSplits = 1000;
  return {1 - cost / world.BestStaticCost(budget, kStaticSplits), cost / world.OracleCost(budget) - 1};
}

// Consumers give at once and grow as far as they are granted; what they report is noisy.
Outcome Simulate(std::uint64_t seed, double noise) {
  World world(seed);
  const Bytes cap(static_cast<std::uint64_t>(world.cap));
  std::vector<SplitConsumer> consumers(kConsumers);
  std::normal_distribution<double> error(0, noise);
  double cost = 0;
  for (int step = 0; step < kSteps; ++step) {
    const std::size_t phase = World::PhaseOf(step);
    Split held{};
    Bytes total;
    for (std::size_t i = 0; i < kConsumers; ++i) {
      held[i] = static_cast<double>(consumers[i].held.count());
      total = total + consumers[i].held;
      consumers[i].benefit = world.Benefit(phase, i, held[i]) * std::max(0.0, 1 + error(world.random()));
    }
    EXPECT_LE(total, cap) << "step " << step;
    cost += world.Cost(phase, held);
    const SplitPlan plan = PlanSplit(cap, consumers);
    for (std::size_t i = 0; i < kConsumers; ++i) {
      consumers[i].target = plan.targets[i];
      consumers[i].held = plan.grants[i];
    }
  }
  return Compare(world, cost, world.cap);
}

// A part of the world behind the broker's interface: grows as far as it was told that it may, gives when it is asked.
class LiveConsumer final : public Consumer {
 public:
  LiveConsumer(World& world, std::size_t index, double noise)
      : world_(world), name_("consumer " + std::to_string(index)), index_(index), error_(0, noise) {}

  std::string_view name() const noexcept override { return name_; }
  Bytes bytes() const noexcept override { return held_; }
  double marginal_benefit() const noexcept override { return benefit_; }
  bool follows_target() const noexcept override { return true; }
  void SetTarget(Bytes target) override { target_ = target; }
  Bytes Shrink(Bytes wanted) override {
    const Bytes freed = std::min(wanted, held_);
    held_ = held_ - freed;
    return freed;
  }

  // A step of work: its misses fill what it may have, and it measures, not quite exactly, what more would save.
  void Work(std::size_t phase) {
    held_ = std::max(held_, target_);
    benefit_ = world_.Benefit(phase, index_, held()) * std::max(0.0, 1 + error_(world_.random()));
  }
  double held() const { return static_cast<double>(held_.count()); }

 private:
  World& world_;
  const std::string name_;
  const std::size_t index_;
  std::normal_distribution<double> error_;
  Bytes held_;
  Bytes target_;
  double benefit_ = 0;
};

// What a broker lets its followers share where they are all there is: up to the middle between low and high.
double BudgetOf(const BrokerConfig& config) {
  const double mark = (config.marks.low + config.marks.high) / 2;
  return mark * static_cast<double>(config.limit.count()) - static_cast<double>(config.overhead.count());
}

// The same world, with the broker between its parts; compared with what has `budget`.
Outcome SimulateBroker(World& world, double noise, const BrokerConfig& config, double budget) {
  const Bytes cap = config.limit;
  Broker broker(config, {}, {});
  std::vector<std::unique_ptr<LiveConsumer>> consumers;
  std::vector<Registration> registrations;
  for (std::size_t i = 0; i < kConsumers; ++i) {
    consumers.push_back(std::make_unique<LiveConsumer>(world, i, noise));
    registrations.push_back(*broker.Register(*consumers.back()));
  }
  double cost = 0;
  for (int step = 0; step < kSteps; ++step) {
    const std::size_t phase = World::PhaseOf(step);
    Split held{};
    Bytes total;
    for (std::size_t i = 0; i < kConsumers; ++i) {
      consumers[i]->Work(phase);
      held[i] = consumers[i]->held();
      total = total + consumers[i]->bytes();
    }
    EXPECT_LE(total, cap) << "step " << step;
    cost += world.Cost(phase, held);
    EXPECT_EQ(broker.Maintain(TimePoint(std::chrono::milliseconds(100 * step))).pressure, Pressure::kNone) << step;
  }
  return Compare(world, cost, budget);
}

// Marks close to the limit, and no overhead: what lies above the marks is the margin of a real process for what nobody
// counts, and here everything is counted. So the broker has nearly what the oracle has, the whole cap.
Outcome SimulateTightBroker(std::uint64_t seed, double noise) {
  World world(seed);
  const BrokerConfig config{.limit = Bytes(static_cast<std::uint64_t>(world.cap)),
                            .overhead = Bytes(0),
                            .marks = {.low = 0.985, .high = 0.995, .hard = 1}};
  return SimulateBroker(world, noise, config, world.cap);
}

// As processes have it, against what has the same budget: 80 % of the limit, less the overhead.
Outcome SimulateDefaultBroker(std::uint64_t seed, double noise) {
  World world(seed);
  const BrokerConfig config{.limit = Bytes(static_cast<std::uint64_t>(world.cap))};
  return SimulateBroker(world, noise, config, BudgetOf(config));
}

// The same broker against what has the whole limit: what the margin costs.
Outcome SimulateMargin(std::uint64_t seed, double noise) {
  World world(seed);
  const BrokerConfig config{.limit = Bytes(static_cast<std::uint64_t>(world.cap))};
  return SimulateBroker(world, noise, config, world.cap);
}

struct Worst {
  double saved = 1;
  double above = 0;
};

Worst Measure(const char* what, Outcome (*simulate)(std::uint64_t seed, double noise)) {
  constexpr std::uint64_t kSeeds = 12;
  double saved = 0;
  double above = 0;
  Worst worst;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = simulate(seed, 0.05);
    saved += outcome.saved_over_static / kSeeds;
    above += outcome.above_oracle / kSeeds;
    worst.saved = std::min(worst.saved, outcome.saved_over_static);
    worst.above = std::max(worst.above, outcome.above_oracle);
  }
  std::printf("%s: saved over the best of 1000 static splits: %.1f %% on average, %.1f %% at worst\n", what,
              100 * saved, 100 * worst.saved);
  std::printf("%s: above the oracle: %.2f %% on average, %.2f %% at worst\n", what, 100 * above, 100 * worst.above);
  return worst;
}

void ExpectToPay(const char* what, Outcome (*simulate)(std::uint64_t seed, double noise)) {
  const Worst worst = Measure(what, simulate);
  EXPECT_GE(worst.saved, 0.15);
  EXPECT_LE(worst.above, 0.05);
}

TEST(SplitSimulationTest, BeatsEveryStaticSplitAndComesNearTheOracle) { ExpectToPay("plan", &Simulate); }

TEST(SplitSimulationTest, TheBrokerDoesSoWithLiveConsumers) { ExpectToPay("broker", &SimulateTightBroker); }

TEST(SplitSimulationTest, TheBrokerDoesSoWithItsDefaultsWithinTheirBudget) {
  ExpectToPay("broker, defaults", &SimulateDefaultBroker);
}

TEST(SplitSimulationTest, WhatTheMarginOfTheDefaultsCosts) {
  const Worst worst = Measure("broker, defaults, against the whole limit", &SimulateMargin);
  EXPECT_GT(worst.saved, 0) << "less memory, well split, is still better than all of it, split once";
}

}  // namespace
}  // namespace attune::memory

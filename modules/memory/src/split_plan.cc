#include "attune/memory/split_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace attune::memory {
namespace {

// Of the budget, that may lie unused before targets grow: a budget that trembles moves nobody.
constexpr double kSpare = 0.02;

// Of the mean benefit. Who gains nothing from more still keeps what nobody else wants: with a weight of zero it
// would give all of it away, and be missed by its own hits.
constexpr double kRatioMin = 1e-9;

// Of a target: less than this below it is a hole that the next entry fills.
constexpr double kUnused = 1.0 / 16;

double Count(Bytes bytes) { return static_cast<double>(bytes.count()); }
Bytes Rounded(double bytes) { return Bytes(static_cast<std::uint64_t>(std::max(0.0, std::floor(bytes)))); }

// The range in which a target may be.
struct Bounds {
  double low = 0;
  double high = 0;
};

double BenefitOf(const SplitConsumer& consumer) {
  return std::isfinite(consumer.benefit) ? std::max(consumer.benefit, 0.0) : 0.0;
}

// With the floor that keeps slopes observable, unless the minima leave no room for it.
std::vector<Bounds> BoundsOf(double budget, const std::vector<SplitConsumer>& consumers, double share_min) {
  std::vector<Bounds> bounds(consumers.size());
  const double floor = share_min * budget / static_cast<double>(std::max<std::size_t>(1, consumers.size()));
  for (const bool with_floor : {true, false}) {
    double low = 0;
    for (std::size_t i = 0; i < consumers.size(); ++i) {
      const double useful = Count(consumers[i].useful_max);
      bounds[i].low = std::max(Count(consumers[i].minimum), with_floor ? std::min(floor, useful) : 0.0);
      bounds[i].high = std::max(bounds[i].low, useful);
      low += bounds[i].low;
    }
    if (low <= budget) {
      break;
    }
  }
  return bounds;
}

// Shares of `budget` in proportion to `weights`, inside the bounds. Those that would leave their bounds are
// fixed there, and the others share the rest: at most one round for each.
std::vector<double> Fill(double budget, const std::vector<double>& weights, const std::vector<Bounds>& bounds) {
  std::vector<double> shares(weights.size());
  std::vector<bool> fixed(weights.size(), false);
  for (std::size_t round = 0; round <= weights.size(); ++round) {
    double rest = budget;
    double weight = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      rest -= fixed[i] ? shares[i] : 0;
      weight += fixed[i] ? 0 : weights[i];
    }
    // Too low ones first: fixing them takes from the others, and only then it shows who is too high.
    double lacking = 0;
    double excess = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (!fixed[i]) {
        shares[i] = weight > 0 ? std::max(rest, 0.0) * weights[i] / weight : 0;
        lacking += std::max(0.0, bounds[i].low - shares[i]);
        excess += std::max(0.0, shares[i] - bounds[i].high);
      }
    }
    if (lacking == 0 && excess == 0) {
      break;
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double bounded = std::clamp(shares[i], bounds[i].low, bounds[i].high);
      const bool violates = lacking >= excess ? shares[i] < bounds[i].low : shares[i] > bounds[i].high;
      if (!fixed[i] && violates) {
        shares[i] = bounded;
        fixed[i] = true;
      }
    }
  }
  return shares;
}

// Slopes of those that could move towards each other: who is at a bound may differ.
bool AreEqual(const std::vector<SplitConsumer>& consumers, const std::vector<double>& now,
              const std::vector<Bounds>& bounds, double band) {
  double to_grow = 0;         // the best benefit of somebody who may grow
  double to_give = INFINITY;  // the least of somebody who may give
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    if (!consumers[i].is_known) {
      continue;
    }
    if (now[i] < bounds[i].high) {
      to_grow = std::max(to_grow, BenefitOf(consumers[i]));
    }
    if (now[i] > bounds[i].low) {
      to_give = std::min(to_give, BenefitOf(consumers[i]));
    }
  }
  return to_grow <= to_give * (1 + band);
}

}  // namespace

Status Validate(const SplitConfig& config) {
  const auto share = [](const char* field, double value) -> Status {
    if (!(value > 0) || !(value <= 1)) {
      return Error(ErrorCode::kInvalidArgument,
                   std::string("split ") + field + " must be above 0 and at most 1, found " + std::to_string(value));
    }
    return OkStatus();
  };
  ATTUNE_RETURN_IF_ERROR(share("gain", config.gain));
  ATTUNE_RETURN_IF_ERROR(share("step_max", config.step_max));
  ATTUNE_RETURN_IF_ERROR(share("band", config.band));
  return share("share_min", config.share_min);
}

SplitPlan PlanSplit(Bytes budget, const std::vector<SplitConsumer>& consumers, const SplitConfig& config) {
  ATTUNE_CHECK(Validate(config).ok(), "a split configuration that makes no sense");
  const std::size_t n = consumers.size();
  const double whole = Count(budget);
  const std::vector<Bounds> bounds = BoundsOf(whole, consumers, config.share_min);
  std::vector<double> now(n);
  double total = 0;
  double known = 0;
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    now[i] = std::clamp(Count(consumers[i].target), bounds[i].low, bounds[i].high);
    total += now[i];
    known += consumers[i].is_known ? now[i] : 0;
    mean += consumers[i].is_known ? now[i] * BenefitOf(consumers[i]) : 0;
  }
  mean = known > 0 ? mean / known : 0;

  SplitPlan plan;
  std::vector<double> next = now;
  const bool fits = total <= whole && total >= whole * (1 - kSpare);
  if (!fits || !AreEqual(consumers, now, bounds, config.band)) {
    std::vector<double> weights(n);
    std::vector<Bounds> reach = bounds;
    for (std::size_t i = 0; i < n; ++i) {
      const bool differs = mean > 0 && consumers[i].is_known;
      const double ratio = differs ? std::max(BenefitOf(consumers[i]) / mean, kRatioMin) : 1.0;
      weights[i] = std::max(now[i], 1.0) * std::pow(ratio, config.gain);
      // The cap goes before the bound of a step: downwards there is none while the targets do not fit.
      // What is not used goes first, and what is used in a later round: then its holder can say what that would cost.
      if (total <= whole) {
        const double held = Count(consumers[i].held);
        reach[i].low = std::max(reach[i].low, now[i] - config.step_max * whole);
        reach[i].low = held < now[i] * (1 - kUnused) ? std::max(reach[i].low, held) : reach[i].low;
      }
      reach[i].high = std::min(reach[i].high, now[i] + config.step_max * whole);
    }
    next = Fill(whole, weights, reach);
  }
  for (std::size_t i = 0; i < n; ++i) {
    plan.targets.push_back(Rounded(next[i]));
    plan.moved = plan.moved || plan.targets[i] != consumers[i].target;
  }
  std::vector<SplitConsumer> decided = consumers;
  for (std::size_t i = 0; i < n; ++i) {
    decided[i].target = plan.targets[i];
  }
  plan.grants = PlanGrants(budget, decided);
  return plan;
}

// Who grows shares what is free: the budget less all that is held.
std::vector<Bytes> PlanGrants(Bytes budget, const std::vector<SplitConsumer>& consumers) {
  double held = 0;
  double growth = 0;
  for (const SplitConsumer& consumer : consumers) {
    held += Count(consumer.held);
    growth += consumer.target > consumer.held ? Count(consumer.target - consumer.held) : 0;
  }
  const double room = std::max(0.0, Count(budget) - held);
  const double share = growth > room ? room / growth : 1.0;
  std::vector<Bytes> grants;
  for (const SplitConsumer& consumer : consumers) {
    grants.push_back(consumer.target > consumer.held
                         ? consumer.held + Rounded(Count(consumer.target - consumer.held) * share)
                         : consumer.target);
  }
  return grants;
}

}  // namespace attune::memory

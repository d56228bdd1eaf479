#include "attune/memory/shrink_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace attune::memory {
namespace {

Bytes Share(Bytes limit, double share) {
  return Bytes(static_cast<std::uint64_t>(static_cast<double>(limit.count()) * share));
}

Bytes Excess(Bytes amount, Bytes line) { return amount > line ? amount - line : Bytes(0); }

Bytes Reclaimable(const ConsumerObservation& consumer) { return Excess(consumer.held, consumer.minimum); }

double Benefit(const ConsumerObservation& consumer) {
  return std::isfinite(consumer.benefit) ? std::max(consumer.benefit, 0.0) : 0.0;
}

// Least benefit first; among equals the one that has most to give, so that few are disturbed.
std::vector<std::size_t> OrderOfGiving(const std::vector<ConsumerObservation>& consumers) {
  std::vector<std::size_t> order(consumers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double benefit_a = Benefit(consumers[a]);
    const double benefit_b = Benefit(consumers[b]);
    if (benefit_a != benefit_b) {
      return benefit_a < benefit_b;
    }
    const Bytes most_a = Reclaimable(consumers[a]);
    const Bytes most_b = Reclaimable(consumers[b]);
    return most_a != most_b ? most_a > most_b : a < b;
  });
  return order;
}

}  // namespace

Status Validate(const Watermarks& marks) {
  const auto fail = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); };
  if (!(marks.low > 0)) {
    return fail("watermark low must be above 0, found " + std::to_string(marks.low));
  }
  if (!(marks.high > marks.low)) {
    return fail("watermark high must be above low, found " + std::to_string(marks.high));
  }
  if (!(marks.hard > marks.high) || !(marks.hard <= 1)) {
    return fail("watermark hard must be above high and at most 1, found " + std::to_string(marks.hard));
  }
  return OkStatus();
}

std::string_view ToString(Pressure pressure) noexcept {
  switch (pressure) {
    case Pressure::kNone:
      return "none";
    case Pressure::kHigh:
      return "high";
    case Pressure::kHard:
      return "hard";
  }
  return "unknown";
}

ShrinkPlan PlanShrink(const MemoryObservation& seen, const Watermarks& marks) {
  ATTUNE_CHECK(Validate(marks).ok(), "watermarks that make no sense");
  ShrinkPlan plan;

  Bytes accounted = seen.overhead + seen.reserved;
  Bytes reclaimable;
  for (const ConsumerObservation& consumer : seen.consumers) {
    accounted = accounted + consumer.held;
    reclaimable = reclaimable + Reclaimable(consumer);
  }
  plan.used = std::max(accounted, seen.measured);

  if (plan.used > Share(seen.limit, marks.hard)) {
    plan.pressure = Pressure::kHard;
    plan.goal = std::max(reclaimable, Excess(plan.used, Share(seen.limit, marks.low)));
  } else if (plan.used > Share(seen.limit, marks.high) || seen.shrinking) {
    plan.goal = Excess(plan.used, Share(seen.limit, marks.low));
    plan.pressure = plan.goal > Bytes(0) ? Pressure::kHigh : Pressure::kNone;
  }
  plan.shrinking = plan.pressure != Pressure::kNone;
  plan.goal = std::max(plan.goal, Excess(plan.used + seen.wanted, seen.limit));
  if (seen.give > Bytes(0)) {
    plan.goal = std::max(plan.goal, seen.give);
    plan.pressure = std::max(plan.pressure, Pressure::kHigh);
  }

  plan.unmet = Excess(plan.goal, reclaimable);
  if (plan.goal > Bytes(0)) {
    for (const std::size_t i : OrderOfGiving(seen.consumers)) {
      plan.givers.push_back({i, Reclaimable(seen.consumers[i])});
    }
  }
  return plan;
}

}  // namespace attune::memory

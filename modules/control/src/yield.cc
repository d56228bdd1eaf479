#include "attune/control/yield.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "attune/base/check.h"

namespace attune::control {
namespace {

constexpr double kGrowWhenIdle = 2.0;       // factor of a step while nobody waits
constexpr double kGrowWhenSmall = 0.2;      // share of itself that a step adds at most
constexpr double kShrinkWhenStalled = 0.8;  // factor of a step while nothing completes: a hint, no measurement

Error BadYieldField(const char* field, const char* expected) {
  return {ErrorCode::kInvalidArgument, std::string("YieldConfig.") + field + ": " + expected};
}

bool IsShare(double value) noexcept { return value > 0 && value <= 1; }  // false for NaN

}  // namespace

Status Validate(const YieldConfig& config) {
  if (config.goal_p99 <= Duration::zero()) return BadYieldField("goal_p99", "above zero");
  if (!IsShare(config.pressure)) return BadYieldField("pressure", "above 0, at most 1");
  if (!(config.relief > 0 && config.relief < config.pressure))
    return BadYieldField("relief", "above 0, below pressure");
  if (!(config.shrink_max > 0 && config.shrink_max < 1)) return BadYieldField("shrink_max", "between 0 and 1");
  if (!IsShare(config.grow_step)) return BadYieldField("grow_step", "above 0, at most 1");
  if (!IsShare(config.share_min)) return BadYieldField("share_min", "above 0, at most 1");
  if (config.idle_after < Duration::zero()) return BadYieldField("idle_after", "not negative");
  if (config.step_every < Duration::zero()) return BadYieldField("step_every", "not negative");
  return OkStatus();
}

YieldController::YieldController(const YieldConfig& config) : config_(config) {
  ATTUNE_CHECK(Validate(config).ok(), "a valid YieldConfig");
}

YieldDecision YieldController::Decide(const YieldObservation& observation) {
  const bool busy = observation.in_flight > 0 || observation.completions > 0 || observation.arrivals_per_second > 0;
  if (busy) busy_last_ = observation.now;
  if (stepped_last_ && observation.now - *stepped_last_ < config_.step_every) return {share_, "too soon"};
  stepped_last_ = observation.now;

  if (!busy) {
    const bool idle = !busy_last_ || observation.now - *busy_last_ >= config_.idle_after;
    if (!idle) return {share_, "the foreground pauses"};
    return Step(share_ * kGrowWhenIdle, "the foreground is idle");
  }
  const double p99 = observation.p99_seconds;
  const bool measured = observation.completions > 0 && std::isfinite(p99) && p99 >= 0;
  if (!measured) {
    const bool stalls = observation.in_flight > 0 && observation.completions == 0;
    const bool still_stalls = stalls && std::exchange(stalled_before_, stalls);
    if (still_stalls) return Step(share_ * kShrinkWhenStalled, "requests wait and none completes");
    return {share_, "no measurement"};
  }
  stalled_before_ = false;

  const double goal = std::chrono::duration<double>(config_.goal_p99).count();
  const double target = goal * config_.pressure;
  if (p99 > target) return Step(share_ * std::max(target / p99, config_.shrink_max), "p99 is near or above the goal");
  // In proportion while it is small, so that one step never undoes several; then by a fixed amount.
  const double growth = std::min(config_.grow_step, share_ * kGrowWhenSmall);
  if (p99 < goal * config_.relief) return Step(share_ + growth, "p99 is well below the goal");
  return {share_, "p99 is where it should be"};
}

YieldDecision YieldController::Step(double share, const char* reason) {
  share_ = std::clamp(share, config_.share_min, 1.0);
  return {share_, reason};
}

std::string YieldController::State() const {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "share %.3f, foreground %s", share_, busy_last_ ? "seen" : "never seen");
  return text.data();
}

}  // namespace attune::control

#pragma once
// YieldController: how much of its speed background work may use, so that people
// who wait do not notice it.
//
//   YieldController yield({.goal_p99 = 50ms});
//   every 200 ms:  share = yield.Decide({.now = now, .p99_seconds = p99, .completions = n, .in_flight = k});
//
// Rule       above `pressure` of the goal the share shrinks, faster the further above
//            (at most halved a step); below `relief` it grows by a fixed step; between
//            the two it stands. With nothing in the foreground for `idle_after` it
//            doubles up to 1. It never falls below share_min: background work is
//            slowed, never starved.
// Kind       pure: no clock, no threads; the same calls give the same shares.
// Threads    one thread at a time.
// Cost       a few nanoseconds.
// Robustness a p99 that is NaN, negative or without completions is no signal: the share
//            stands, and shrinks gently when requests are in flight and none completes.

#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::control {

struct YieldConfig {
  Duration goal_p99 = std::chrono::milliseconds(50);     // what the foreground was promised
  double pressure = 0.7;                                 // of the goal: above it the share shrinks
  double relief = 0.5;                                   // of the goal: below it the share grows
  double shrink_max = 0.5;                               // factor of one step down, at worst
  double grow_step = 0.05;                               // added in one step up; more oscillates
  double share_min = 0.05;                               // progress that is always made
  Duration idle_after = std::chrono::milliseconds(500);  // without foreground work
  Duration step_every = std::chrono::milliseconds(250);  // decisions closer than this change nothing; a p99 lags
};
Status Validate(const YieldConfig& config);

struct YieldObservation {
  TimePoint now;
  double p99_seconds = 0;         // of the foreground, over the last second or so
  std::uint64_t completions = 0;  // that the p99 is made of
  std::uint32_t in_flight = 0;    // foreground requests now
  double arrivals_per_second = 0;
};

struct YieldDecision {
  double share = 1;  // share_min..1
  const char* reason = "";
};

class YieldController {
 public:
  // REQUIRES: Validate(config).ok().
  explicit YieldController(const YieldConfig& config = {});

  YieldDecision Decide(const YieldObservation& observation);

  double share() const noexcept { return share_; }
  // "share 0.250, foreground seen"
  std::string State() const;

 private:
  YieldDecision Step(double share, const char* reason);

  const YieldConfig config_;
  double share_ = 1;
  std::optional<TimePoint> stepped_last_;
  std::optional<TimePoint> busy_last_;
  bool stalled_before_ = false;
};

}  // namespace attune::control

#pragma once
// PlanSplit: how much memory each consumer should have. Arithmetic only: observations in, targets out.
//
//   SplitPlan plan = PlanSplit(300_MiB, held_and_benefits);
//   for (i …) consumers[i].SetTarget(plan.grants[i]);
//
// Where one more MiB saves the same everywhere, no other split is better (the curves of misses against size being
// convex). So memory moves from where it saves less to where it saves more, until the savings meet. Only the present
// slope of each curve is known; in between a slope is taken to fall with size like 1/x, which for an equal slope makes
// targets proportional to size times benefit: the multiplicative rule of exponentiated gradients (J. Kivinen,
// M. Warmuth, Information and Computation 132, 1997), here damped, bounded in one step, and quiet inside a
// band. Differs from the marginal-hits rule of CacheLib, which moves one slab at a time.
//
// First the cap: grants never add up to more than the budget together with what others still hold.
//
// Threads    pure functions.
// Cost       O(n^2) for n consumers at worst; a microsecond for ten.
// Errors     none. A benefit that is no number counts as zero. Minima that do not fit into the budget are kept all
//            the same: refusing them is the broker's business, when somebody registers.

#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::memory {

struct SplitConsumer {
  Bytes held = {};                       // now
  Bytes target = {};                     // of the round before
  Bytes minimum = {};                    // needed in order to work at all
  Bytes useful_max = Bytes(UINT64_MAX);  // more would never be used
  double benefit = 0;                    // seconds saved a second, for one more MiB, at the present size
  bool is_known = true;                  // the benefit; else it is taken for the mean of the others
};

struct SplitConfig {
  double gain = 0.5;       // 0..1, of the way in one round; more is faster and follows noise
  double step_max = 0.05;  // of the budget, that one target moves in one round; more is faster and evicts more at once
  double band = 0.1;       // slopes that differ by less, relatively, are equal; more is quieter and leaves more unsaved
  double share_min = 0.01;  // of the budget, that keeps everybody's slope observable
};
// Names the field that makes no sense.
Status Validate(const SplitConfig& config);

struct SplitPlan {
  std::vector<Bytes> targets;  // where to go; add up to the budget at most
  std::vector<Bytes> grants;   // how far each may grow at once, while others still hold what they should give
  bool moved = false;          // some target changed
};

// REQUIRES: Validate(config).ok().
SplitPlan PlanSplit(Bytes budget, const std::vector<SplitConsumer>& consumers, const SplitConfig& config = {});

// The grants for targets that are decided, after some have given.
std::vector<Bytes> PlanGrants(Bytes budget, const std::vector<SplitConsumer>& consumers);

}  // namespace attune::memory

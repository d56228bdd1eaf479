#pragma once
// BenefitEstimate: what one more mebibyte would save a cache, and one less would cost it, from what it counts.
//
//   BenefitEstimate estimate(now);
//   estimate.Observe({.now = now, .returned = …, .hits = …, …});   // totals, every second or so
//   if (estimate.known()) Tell(estimate.benefit(bytes), estimate.loss(bytes));
//
// Misses on what was evicted lately are what a somewhat larger cache would have answered (evicted_sample.h). Less
// memory costs the same at the margin, except where there is no margin: where nothing has to leave, more saves nothing
// and less costs at most what an average mebibyte saves.
//   - Whoever is filling, for the first time or after a gift, has nothing to say: then what was known stays. Taken for
//     one in which all fits, a cache that grows would look the more useful the more it was given.
//   - Few returns say little: then the next observation is waited for, some times.
//   - Half of what was measured before counts as well (of the logarithm): just after a change of size what has left
//     comes back at once, and everything looks dear.
// Between two observations a mebibyte is taken to save less in a larger cache, like 1/size: whoever gives memory
// several times meanwhile does not go on for what the first gift has brought already.
//
// Threads    none: whoever guards it.
// Cost       O(1), 80 bytes.

#include <cstdint>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"

namespace attune::cache {

class BenefitEstimate {
 public:
  struct Observation {
    TimePoint now = {};
    // Totals since the cache began.
    std::uint64_t returned = 0;  // misses that so many more entries would have answered:
    std::uint64_t returned_from = 0;
    std::uint64_t hits = 0;
    std::uint64_t evictions = 0;  // for a limit, or to give memory back
    // Now.
    std::uint64_t entries = 0;
    Bytes bytes = {};
    double load_seconds = 0;  // what a miss costs
  };

  explicit BenefitEstimate(TimePoint now) { last_.now = now; }

  void Observe(const Observation& now);

  bool known() const noexcept { return known_; }
  // Something had to leave before the last observation.
  bool pressed() const noexcept { return pressed_; }
  // Seconds of loading a second for one mebibyte, times the bytes of the cache.
  double benefit_times_bytes() const noexcept { return benefit_; }
  double loss_times_bytes() const noexcept { return loss_; }

 private:
  Observation last_;
  std::uint32_t waits_ = 0;  // for more evidence
  bool known_ = false;
  bool pressed_ = false;
  double benefit_ = 0;
  double loss_ = 0;
};

}  // namespace attune::cache

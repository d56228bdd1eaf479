#include "attune/cache/change_detector.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

// In units of the logarithm of hits to misses: 0.3 is 50 % of hits becoming 43 % or 57 %, 0.98 becoming 0.974.
constexpr double kStep = 0.3;
constexpr double kJump = 1.0;            // more than a loop's hits make by falling into one window or the next
constexpr double kSigmas = 3;            // of what chance makes of two windows
constexpr double kHitsAtLeast = 0.01;    // added to both sides: below a hundredth nothing is worth a step
constexpr std::size_t kObservedMin = 2;  // one window is no range

}  // namespace

bool ChangeDetector::Observe(const AccessWindow& window) {
  ATTUNE_CHECK(window.accesses > 0 && window.misses <= window.accesses, "a window has accesses");
  const auto accesses = static_cast<double>(window.accesses);
  const double misses = static_cast<double>(window.misses) + kHitsAtLeast * accesses;
  const double hits = static_cast<double>(window.accesses - window.misses) + kHitsAtLeast * accesses;
  const double odds = std::log(hits / misses);
  const double chance = kSigmas * std::sqrt(2 / hits + 2 / misses);
  bool changed = false;
  if (observed_ >= kObservedMin) {
    const auto [low, high] = std::ranges::minmax(std::span(odds_).first(std::min(observed_, kWindowsKept)));
    changed = odds < low - kJump - chance || odds > high + kJump + chance ||
              std::max(odds, *last_) < low - kStep - chance || std::min(odds, *last_) > high + kStep + chance;
  }
  if (last_.has_value()) odds_[observed_++ % kWindowsKept] = *last_;
  last_ = odds;
  return changed;
}

void ChangeDetector::Forget() noexcept {
  observed_ = 0;
  last_.reset();
}

}  // namespace attune::cache

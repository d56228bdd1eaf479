#include "attune/cache/change_detector.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

// In units of the logarithm of hits to misses: 0.1 is 50 % of hits becoming 47.5 % or 52.5 %, 0.98 becoming 0.978.
// What the policy in use gains or loses by a change is often not more, where another one gains a third.
constexpr double kStep = 0.1;
constexpr double kJump = 1.0;              // more than a loop's hits make by falling into one window or the next
constexpr double kSigmas = 3;              // of what chance makes of two windows
constexpr double kHitsAtLeast = 0.01;      // added to both sides: below a hundredth nothing is worth a step
constexpr std::uint32_t kObservedMin = 2;  // one window is no range

}  // namespace

bool ChangeDetector::Observe(const AccessWindow& window) {
  ATTUNE_CHECK(window.accesses > 0 && window.misses <= window.accesses, "a window has accesses");
  bool changed = false;
  AccessWindow longer = window;
  for (Scale& scale : scales_) {
    changed = scale.Observe(longer) || changed;
    if (!scale.Gather(longer)) break;
    longer = std::exchange(scale.gathered, {});
  }
  return changed;
}

void ChangeDetector::Forget() noexcept { scales_ = {}; }

bool ChangeDetector::Scale::Observe(const AccessWindow& window) {
  const auto accesses = static_cast<double>(window.accesses);
  const double misses = static_cast<double>(window.misses) + kHitsAtLeast * accesses;
  const double hits = static_cast<double>(window.accesses - window.misses) + kHitsAtLeast * accesses;
  const double now = std::log(hits / misses);
  const double chance = kSigmas * std::sqrt(2 / hits + 2 / misses);
  bool changed = false;
  if (observed >= kObservedMin) {
    const auto [low, high] = std::ranges::minmax(std::span(odds).first(std::min<std::size_t>(observed, kWindowsKept)));
    changed = now < low - kJump - chance || now > high + kJump + chance ||
              std::max<double>(now, *last) < low - kStep - chance ||
              std::min<double>(now, *last) > high + kStep + chance;
  }
  if (last.has_value()) odds[observed++ % kWindowsKept] = *last;
  last = static_cast<float>(now);
  return changed;
}

// True: it makes a window of the next scale.
bool ChangeDetector::Scale::Gather(const AccessWindow& window) {
  gathered.accesses += window.accesses;
  gathered.misses += window.misses;
  return ++windows % kWindowsGathered == 0;
}

}  // namespace attune::cache

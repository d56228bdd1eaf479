#pragma once
// A Duration as poll(2) takes it: whole milliseconds, rounded up so that a short
// wait is not a busy one, at most a day.

#include <algorithm>

#include "attune/base/clock.h"

namespace attune::sys {

inline int PollTimeout(Duration timeout) noexcept {
  using std::chrono::milliseconds;
  const auto rounded =
      std::chrono::ceil<milliseconds>(std::clamp<Duration>(timeout, Duration::zero(), std::chrono::hours(24)));
  return static_cast<int>(rounded.count());
}

}  // namespace attune::sys

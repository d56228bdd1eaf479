#include "attune/base/clock.h"

#include "attune/base/check.h"

namespace attune {
namespace {

class Steady final : public Clock {
 public:
  TimePoint Now() const noexcept override {
    return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  WallTime WallNow() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
};

}  // namespace

const Clock& SystemClock() noexcept {
  static const Steady clock;
  return clock;
}

void ManualClock::Advance(Duration step) noexcept {
  ATTUNE_CHECK(step >= Duration::zero(), "time does not run backwards");
  now_.fetch_add(step.count(), std::memory_order_acq_rel);
}

}  // namespace attune

#pragma once
// Clock: the only source of time. Components take `const Clock&` in their
// constructor; production passes SystemClock(), tests and the simulator pass a
// ManualClock, and then the same inputs give the same run.

#include <atomic>
#include <chrono>

namespace attune {

using Duration = std::chrono::nanoseconds;

// A moment on a monotonic clock. Only differences have a meaning. Its own
// clock type, so that a TimePoint does not mix with wall-clock time.
struct MonotonicTimeline {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTimeline>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicTimeline::time_point;

// A moment that people can read: milliseconds since 1970-01-01T00:00:00Z. It may
// jump when somebody sets the machine's clock, so it labels and never measures.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// Implementations are thread-safe; Now() never runs backwards.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual TimePoint Now() const noexcept = 0;
  virtual WallTime WallNow() const noexcept = 0;
};

// The machine's steady clock. Lives for the whole program.
const Clock& SystemClock() noexcept;

// Stands still until told otherwise. Thread-safe.
class ManualClock final : public Clock {
 public:
  TimePoint Now() const noexcept override { return TimePoint(Duration(now_.load(std::memory_order_acquire))); }
  WallTime WallNow() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(WallTime(kWallAtZero) + Now().time_since_epoch());
  }
  // REQUIRES: step >= 0.
  void Advance(Duration step) noexcept;

 private:
  static constexpr std::chrono::seconds kWallAtZero{
      1'700'000'000};  // 2023-11-14, so that no date looks like an unset one
  std::atomic<Duration::rep> now_{0};
};

}  // namespace attune

#pragma once
// TimerQueue: what is to happen when. It has no clock and no thread; somebody calls RunDue.
// TimerThread is that somebody in production, a test with a ManualClock otherwise.
//
//   TimerQueue timers;
//   TimerId id = timers.ScheduleEvery(clock.Now() + 100ms, 100ms, [&] { broker.Maintain(clock.Now()); });
//   TimerThread thread(timers, clock);
//   …
//   timers.Cancel(id);   // from here on the callback does not run
//
// Callbacks are short: they hand work to an executor, or the timers behind them are late.
//
// Threads    every member is thread-safe. Callbacks run one after the other on the thread in RunDue,
//            without a lock: they may schedule and cancel.
// Cost       O(log n) each.
// Errors     kExhausted at timers_max. Callbacks must not throw.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::exec {

// Names one scheduled timer; never used again.
enum class TimerId : std::uint64_t {};

struct TimerQueueConfig {
  std::size_t timers_max = 65'536;  // about 150 bytes each
};

class TimerQueue {
 public:
  explicit TimerQueue(TimerQueueConfig config = {}) : config_(config) {}
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  Result<TimerId> Schedule(TimePoint when, std::function<void()> callback);
  // First at `first`, then each `period` after the time before it. Times that
  // have passed unserved are left out, never made up for. REQUIRES: period > 0.
  Result<TimerId> ScheduleEvery(TimePoint first, Duration period, std::function<void()> callback);

  // Whether it waited; one that runs now, or ran, does not. On return the callback neither runs nor will: a callback
  // that runs on another thread is waited for; one may cancel itself.
  bool Cancel(TimerId id);

  // Runs what is due at `now`, in order of time, then of scheduling; how many that was. One caller
  // at a time: others find nothing to do. What a callback schedules for `now` or before runs in the next call.
  std::size_t RunDue(TimePoint now);

  std::optional<TimePoint> NextDue() const;
  std::size_t size() const;

 private:
  friend class TimerThread;
  struct Timer {
    TimePoint when;
    Duration period{};  // zero: once
    std::function<void()> callback;
  };
  using Key = std::pair<TimePoint, TimerId>;

  Result<TimerId> Add(Timer timer);
  void RunOne(std::unique_lock<std::mutex>& lock, TimerId id, TimePoint now);

  const TimerQueueConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable finished_;  // a callback
  std::condition_variable earlier_;   // something is due before what was first until now
  std::set<Key> order_;
  std::unordered_map<TimerId, Timer> timers_;
  std::uint64_t last_id_ = 0;
  std::optional<TimerId> running_;
  std::thread::id runner_;
  bool busy_ = false;
  bool stopping_ = false;  // the TimerThread
};

// Runs a queue by a clock until it dies. It sleeps between timers.
class TimerThread {
 public:
  // Both outlive this. The clock advances by itself: with a ManualClock call RunDue instead.
  TimerThread(TimerQueue& timers, const Clock& clock, std::function<void()> on_thread_start = {});
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;
  ~TimerThread();  // waits for a callback that runs

 private:
  void Loop();

  TimerQueue& timers_;
  const Clock& clock_;
  std::thread thread_;
};

}  // namespace attune::exec

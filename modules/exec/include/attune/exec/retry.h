#pragma once
// Backoff: how long to wait before trying again. Decides only; the caller waits.
//
//   Backoff backoff({.attempts_max = 5});
//   while (true) {
//     Status status = Connect();
//     if (status.ok() || !IsRetryable(status.error().code())) return status;
//     std::optional<Duration> wait = backoff.Next(random());
//     if (!wait) return status;   // enough
//     timers.Schedule(clock.Now() + *wait, …);
//   }
//
// Full jitter: each wait is uniform between zero and a ceiling that doubles up to a bound
// ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that those who failed
// together do not come back together.
//
// Threads    none; a value.
// Errors     none; nullopt after the last attempt.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::exec {

struct BackoffConfig {
  Duration first = std::chrono::milliseconds(100);  // the ceiling of the first wait
  Duration ceiling = std::chrono::seconds(30);      // of all waits
  double factor = 2;                                // from one ceiling to the next
  std::size_t attempts_max = 8;                     // tries altogether, the first included
};
Status Validate(const BackoffConfig& config);

class Backoff {
 public:
  // REQUIRES: Validate(config).ok().
  explicit Backoff(BackoffConfig config = {});

  // After a failed try: the wait before the next, or nullopt when there shall be none.
  // `random` is 64 uniform random bits.
  std::optional<Duration> Next(std::uint64_t random);

  void Reset();                                                // after a success
  std::size_t attempts() const noexcept { return attempts_; }  // that failed

 private:
  BackoffConfig config_;
  Duration ceiling_;
  std::size_t attempts_ = 0;
};

// Whether the same call may succeed later: kUnavailable and kExhausted.
bool IsRetryable(ErrorCode code) noexcept;

}  // namespace attune::exec

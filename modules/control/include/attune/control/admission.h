#pragma once
// AdmissionController: says yes only to requests that can be answered in time, so
// that overload gives quick refusals instead of late answers for everybody.
//
//   const AdmissionVerdict verdict = admission.Decide({.now = now, .deadline = 50ms, .in_flight = 12, .workers = 4});
//   if (!verdict.admit) return Reply503(verdict.retry_after);
//   ... admission.Observe(now, time_on_the_worker);
//
// Model      `workers` servers and one queue in order of arrival: a request waits for
//            (in_flight - workers + 1) / workers mean service times, plus two
//            standard errors of that sum, and takes a high quantile itself. With a
//            free worker it takes the mean: refusing would help nobody.
// Escape     Overload control can lock itself up: an estimate from a bad moment rejects
//            everything, so nothing corrects it. Therefore a request is always
//            admitted when nothing is in flight, and when a worker is free and
//            nothing has finished for `stale_after`.
// Kind       pure: no clock, no threads; the same calls give the same verdicts.
// Threads    one thread at a time; callers hold their own lock.
// Cost       Decide about 10 ns, Observe about 100 ns.
// Robustness zero workers count as one; a deadline below zero as zero; time that
//            runs backwards as standing still.

#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/control/service_time.h"

namespace attune::control {

struct AdmissionConfig {
  Duration service_initial = std::chrono::milliseconds(1);    // believed before anything was observed
  double quantile = 0.95;                                     // of service time that must fit; higher refuses more
  double headroom = 0.9;                                      // share of the deadline that prediction may use
  Duration stale_after = std::chrono::seconds(2);             // without an observation the estimate is doubted
  Duration retry_after_min = std::chrono::milliseconds(100);  // shorter invites a stampede
  Duration retry_after_max = std::chrono::seconds(30);        // longer and nobody comes back
};
Status Validate(const AdmissionConfig& config);

struct AdmissionRequest {
  TimePoint now;
  Duration deadline{0};         // from now until the answer must be there
  std::uint32_t in_flight = 0;  // admitted and not finished: running and queued
  std::uint32_t workers = 1;
};

struct AdmissionVerdict {
  bool admit = true;
  Duration predicted{0};    // until the answer
  Duration retry_after{0};  // when rejected: when it would probably have been admitted
};

class AdmissionController {
 public:
  // REQUIRES: Validate(config).ok().
  explicit AdmissionController(const AdmissionConfig& config = {});

  AdmissionVerdict Decide(const AdmissionRequest& request) const;
  // A request finished after `service` on its worker (waiting not included).
  void Observe(TimePoint now, Duration service);

  // "service mean 1.2ms, p95 3.4ms, 812 observations"
  std::string State() const;

 private:
  double PredictedNanoseconds(const AdmissionRequest& request) const;

  const AdmissionConfig config_;
  ServiceTime service_;
  std::optional<TimePoint> observed_last_;
};

}  // namespace attune::control

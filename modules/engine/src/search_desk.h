#pragma once
// SearchDesk: lets in only the searches that can be answered in time, runs them
// before everything else, and knows how long they take.
//
//   SearchDesk desk(clock, recall, run, {.promise = 50ms, .workers = 2}, registry);
//   desk.Ask(request, [](Result<SearchResponse> answer) { ... });
//
// Promise    an answer comes within kDeadlineShare of the promise, or an error does:
//            kExhausted at once when it would be late, kDeadline when it became late.
// Threads    every member is thread-safe; `done` runs on a worker, or on the caller
//            when the search is refused.
// Cost       a refusal takes about a microsecond.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/control/admission.h"
#include "attune/engine/types.h"
#include "attune/metrics/histogram.h"
#include "attune/metrics/registry.h"
#include "recall.h"

namespace attune::engine {

struct SearchDeskConfig {
  Duration promise = std::chrono::milliseconds(50);
  std::uint32_t workers = 1;  // that answer searches
};

class SearchDesk {
 public:
  // What is left of the promise for the network and the answer's way back.
  static constexpr double kDeadlineShare = 0.8;

  // Runs a task at once on a worker for people who wait; false when too much waits.
  using Run = std::function<bool(std::function<void()>)>;

  SearchDesk(const Clock& clock, const Recall& recall, Run run, SearchDeskConfig config, metrics::Registry& registry);

  void Ask(SearchRequest request, std::function<void(Result<SearchResponse>)> done);

  Duration retry_after() const noexcept { return Duration(retry_after_ns_.load(std::memory_order_relaxed)); }
  std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
  void Advance(TimePoint now) {
    recent_.Advance(now);
    last_second_.Advance(now);
  }  // about every 100 ms
  LatencyStatus latency() const;  // of the last minute
  metrics::HistogramSnapshot last_second() const { return last_second_.Recent(); }

 private:
  control::AdmissionVerdict Admit(TimePoint now, Duration deadline);
  void Answer(const SearchRequest& request, TimePoint began, TimePoint deadline,
              const std::function<void(Result<SearchResponse>)>& done);
  Error Refuse(Duration retry_after);

  const Clock& clock_;
  const Recall& recall_;
  const Run run_;
  const SearchDeskConfig config_;
  metrics::Histogram& latency_;
  metrics::Counter& refused_;
  metrics::HistogramWindow recent_;
  metrics::HistogramWindow last_second_;
  std::atomic<std::uint32_t> in_flight_{0};
  std::atomic<Duration::rep> retry_after_ns_{0};
  std::mutex mutex_;
  control::AdmissionController admission_;  // guarded by mutex_
};

}  // namespace attune::engine

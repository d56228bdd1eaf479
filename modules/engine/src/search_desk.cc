#include "search_desk.h"

#include <utility>

#include "attune/base/duration.h"

namespace attune::engine {

SearchDesk::SearchDesk(const Clock& clock, const Recall& recall, Run run, SearchDeskConfig config,
                       metrics::Registry& registry)
    : clock_(clock),
      recall_(recall),
      run_(std::move(run)),
      config_(config),
      latency_(
          registry.AddHistogram({"attune_search_seconds", "Time from accepting a search to its answer.", "seconds"})),
      refused_(registry.AddCounter({"attune_search_refused_total", "Searches refused because they would be late."})),
      recent_(latency_, std::chrono::seconds(2), 30),
      last_second_(latency_, std::chrono::milliseconds(100), 10) {}

control::AdmissionVerdict SearchDesk::Admit(TimePoint now, Duration deadline) {
  const std::scoped_lock lock(mutex_);
  return admission_.Decide({.now = now, .deadline = deadline, .in_flight = in_flight(), .workers = config_.workers});
}

Error SearchDesk::Refuse(Duration retry_after) {
  refused_.Add();
  retry_after_ns_.store(retry_after.count(), std::memory_order_relaxed);
  return {ErrorCode::kExhausted, "a search would not be answered within " + ToString(config_.promise) +
                                     " now; try again in " + ToString(retry_after)};
}

void SearchDesk::Ask(SearchRequest request, std::function<void(Result<SearchResponse>)> done) {
  const TimePoint began = clock_.Now();
  if (auto kept = recall_.FindKept(request)) {  // costs less than asking whether there is time for it
    kept->took = clock_.Now() - began;
    latency_.Record(kept->took);
    return done(*std::move(kept));
  }
  const auto allowed =
      Duration(static_cast<Duration::rep>(static_cast<double>(config_.promise.count()) * kDeadlineShare));
  const control::AdmissionVerdict verdict = Admit(began, allowed);
  if (!verdict.admit) return done(Refuse(verdict.retry_after));

  in_flight_.fetch_add(1, std::memory_order_relaxed);
  auto shared = std::make_shared<std::function<void(Result<SearchResponse>)>>(std::move(done));
  const bool accepted = run_([this, request = std::move(request), began, deadline = began + allowed, shared] {
    Answer(request, began, deadline, *shared);
  });
  if (accepted) return;
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  (*shared)(Refuse(std::chrono::milliseconds(100)));
}

void SearchDesk::Answer(const SearchRequest& request, TimePoint began, TimePoint deadline,
                        const std::function<void(Result<SearchResponse>)>& done) {
  const TimePoint started = clock_.Now();
  Result<SearchResponse> answer =
      started >= deadline ? Result<SearchResponse>(Refuse(config_.promise)) : recall_.Search(request, deadline);
  const TimePoint finished = clock_.Now();
  {
    const std::scoped_lock lock(mutex_);
    admission_.Observe(finished, finished - started);
  }
  if (!answer.ok() && answer.error().code() == ErrorCode::kDeadline) answer = Refuse(config_.promise);
  if (answer.ok()) {
    answer->took = finished - began;
    latency_.Record(finished - began);
  }
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  done(std::move(answer));
}

LatencyStatus SearchDesk::latency() const {
  const metrics::HistogramSnapshot recent = recent_.Recent();
  return {.count = recent.count(),
          .p50 = recent.DurationQuantile(0.5),
          .p95 = recent.DurationQuantile(0.95),
          .p99 = recent.DurationQuantile(0.99),
          .max = recent.DurationQuantile(1.0),
          .rejected = refused_.Value(),
          .promised = config_.promise};
}

}  // namespace attune::engine

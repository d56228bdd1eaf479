#include "attune/cache/prefetch_replay.h"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/cache/markov_prefetcher.h"
#include "attune/cache/standard_prefetch.h"
#include "attune/cache/stride_prefetcher.h"
#include "mix64.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

constexpr std::array kChoices = {PrefetchChoice::kNone, PrefetchChoice::kStride, PrefetchChoice::kMarkov,
                                 PrefetchChoice::kAll};

Result<std::unique_ptr<PrefetchGate>> MakeGate(const PrefetchReplayOptions& options, const SimulatedCache& cache) {
  const auto resident = [&cache](PrefetchKey key) { return cache.Contains(Mix64(key)); };
  if (options.choice == PrefetchChoice::kAll) {
    return MakeStandardPrefetch(options.entries_max, options.gate, resident);
  }
  auto gate = std::make_unique<PrefetchGate>(options.entries_max, options.gate, resident);
  if (options.choice == PrefetchChoice::kStride) {
    ATTUNE_RETURN_IF_ERROR(gate->Add(std::make_unique<StridePrefetcher>()));
  }
  if (options.choice == PrefetchChoice::kMarkov) {
    ATTUNE_RETURN_IF_ERROR(gate->Add(std::make_unique<MarkovPrefetcher>()));
  }
  return gate;
}

double Ratio(std::uint64_t part, std::uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

std::string_view ToString(PrefetchChoice choice) noexcept {
  switch (choice) {
    case PrefetchChoice::kNone:
      return "none";
    case PrefetchChoice::kStride:
      return "stride";
    case PrefetchChoice::kMarkov:
      return "markov";
    case PrefetchChoice::kAll:
      return "all";
  }
  return "?";
}

Result<PrefetchChoice> ParsePrefetchChoice(std::string_view name) {
  for (const PrefetchChoice choice : kChoices) {
    if (name == ToString(choice)) return choice;
  }
  return Error(ErrorCode::kInvalidArgument,
               "no prefetcher is called '" + std::string(name) + "'; there are none, stride, markov and all");
}

double PrefetchReplayResult::hit_ratio() const noexcept { return Ratio(hits, requests); }
double PrefetchReplayResult::issued_per_request() const noexcept { return Ratio(statistics.issued, requests); }

Result<PrefetchReplayResult> ReplayPrefetching(std::span<const std::uint64_t> keys,
                                               const PrefetchReplayOptions& options, const Clock& clock) {
  ATTUNE_RETURN_IF_ERROR(Validate(options.gate));
  SimulatedCache cache(options.policy, options.entries_max);
  ATTUNE_ASSIGN_OR_RETURN(const std::unique_ptr<PrefetchGate> gate, MakeGate(options, cache));
  const bool prefetches = options.choice != PrefetchChoice::kNone;
  PrefetchReplayResult result{.requests = keys.size()};
  std::vector<PrefetchKey> load_ahead;
  const TimePoint begin = clock.Now();
  for (const PrefetchKey key : keys) {
    const bool hit = cache.Access(Mix64(key));
    result.hits += hit ? 1U : 0U;
    if (!prefetches) continue;
    load_ahead.clear();
    gate->OnAccess(key, hit ? AccessOutcome::kHit : AccessOutcome::kMiss, load_ahead);
    for (const PrefetchKey ahead : load_ahead) cache.Access(Mix64(ahead));
  }
  result.access_time = clock.Now() - begin;
  if (!prefetches) return result;
  result.prefetch_bytes = gate->bytes();
  result.statistics = gate->Statistics();
  return result;
}

}  // namespace attune::cache

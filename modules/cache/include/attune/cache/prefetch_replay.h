#pragma once
// ReplayPrefetching: what prefetching makes of a trace, on the simulated cache that policies are replayed on.
//
//   const PrefetchReplayResult result = ReplayPrefetching(trace.keys, {.entries_max = 5000}, SystemClock());
//   result.hits; result.statistics.precision(); result.statistics.issued;
//
// What is loaded ahead is there at once: a replay knows no time on the way, so its prefetchers look one step ahead and
// nothing is late. A hit is a key that was there when it was asked for, whoever loaded it.
//
// Threads    a free function without state.
// Cost       200 to 500 ns a request with prefetching; see the README.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/policy_kind.h"
#include "attune/cache/prefetch_gate.h"

namespace attune::cache {

enum class PrefetchChoice : std::uint8_t { kNone, kStride, kMarkov, kAll };  // kAll: MakeStandardPrefetch

std::string_view ToString(PrefetchChoice choice) noexcept;  // "none", "stride", "markov", "all"
// kInvalidArgument lists the four.
Result<PrefetchChoice> ParsePrefetchChoice(std::string_view name);

struct PrefetchReplayOptions {
  std::size_t entries_max = 1000;
  PolicyKind policy = PolicyKind::kLru;
  PrefetchChoice choice = PrefetchChoice::kAll;
  PrefetchGateConfig gate;  // kStride needs a spatial key space
};

struct PrefetchReplayResult {
  std::uint64_t hits = 0;
  std::uint64_t requests = 0;
  Duration access_time{};         // of all requests: cache and prefetching
  Bytes prefetch_bytes;           // gate and prefetchers
  PrefetchStatistics statistics;  // all zero for kNone

  double hit_ratio() const noexcept;  // 0 without requests
  double issued_per_request() const noexcept;
};

// kInvalidArgument for an unusable gate configuration, or for kStride where keys are opaque. REQUIRES: entries_max > 0.
Result<PrefetchReplayResult> ReplayPrefetching(std::span<const std::uint64_t> keys,
                                               const PrefetchReplayOptions& options, const Clock& clock);

}  // namespace attune::cache

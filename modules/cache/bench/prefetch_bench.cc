// What prefetching costs and gains. Each row replays accesses of known nature through a simulated LRU of 1000
// entries; "none" is the same cache without prefetching. Counters: hit ratio, precision, loads issued per request.
//
//   cache_bench --benchmark_filter=Prefetch
//   ATTUNE_BENCH_TRACE=disk.txt ATTUNE_BENCH_ENTRIES=5000 cache_bench --benchmark_filter=Prefetch/trace
//
// A trace file is taken for addresses (spatial keys); ids numbered by first appearance look like sequences and are not.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "../tests/generated_accesses.h"
#include "attune/cache/prefetch_replay.h"
#include "attune/cache/trace.h"

namespace {

using namespace attune::cache;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kAccesses = 50'000;

std::vector<std::uint64_t> Accesses(std::string_view nature) {
  attune::sys::Random random(1);
  if (nature == "streams") return generated::InterleavedStreams(kAccesses, 20, random);
  if (nature == "chains") return generated::RepeatedChains(kAccesses, 200, random);
  if (nature == "short_runs") return generated::ShortRuns(kAccesses, 4, random);
  if (nature == "skewed") return generated::SkewedKeys(kAccesses, 50'000, random);
  if (nature == "uniform") return generated::UniformKeys(kAccesses, 20'000, random);
  auto trace = ReadTrace(attune::sys::RealFileSystem(), std::getenv("ATTUNE_BENCH_TRACE"));
  return trace.ok() ? std::move(trace->keys) : std::vector<std::uint64_t>{};
}

std::size_t Entries(std::string_view nature) {
  const char* const entries = std::getenv("ATTUNE_BENCH_ENTRIES");
  return nature == "trace" && entries != nullptr ? std::strtoull(entries, nullptr, 10) : 1000;
}

void Prefetch(benchmark::State& state, const std::string& nature, PrefetchChoice choice) {
  const std::vector<std::uint64_t> keys = Accesses(nature);
  const PrefetchReplayOptions options{
      .entries_max = Entries(nature), .choice = choice, .gate = {.key_space = KeySpace::kSpatial}};
  if (keys.empty() || options.entries_max == 0) return state.SkipWithError("no accesses to replay, or no entries");
  PrefetchReplayResult result;
  for (auto _ : state) result = *ReplayPrefetching(keys, options, attune::SystemClock());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(keys.size()));
  state.counters["per_access"] = benchmark::Counter(
      static_cast<double>(keys.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["hit_percent"] = 100 * result.hit_ratio();
  state.counters["precision_percent"] = 100 * result.statistics.precision();
  state.counters["issued_per_request"] = result.issued_per_request();
}

int Register() {
  std::vector<std::string> natures = {"streams", "chains", "short_runs", "skewed", "uniform"};
  if (std::getenv("ATTUNE_BENCH_TRACE") != nullptr) natures.emplace_back("trace");
  for (const std::string& nature : natures) {
    for (const PrefetchChoice choice :
         {PrefetchChoice::kNone, PrefetchChoice::kStride, PrefetchChoice::kMarkov, PrefetchChoice::kAll}) {
      benchmark::RegisterBenchmark(("Prefetch/" + nature + "/" + std::string(ToString(choice))).c_str(),
                                   [nature, choice](benchmark::State& state) { Prefetch(state, nature, choice); })
          ->Unit(benchmark::kMillisecond);
    }
  }
  return 0;
}

const int kRegistered = Register();

}  // namespace

// What choosing costs: the access path's compare, and the miniatures beside it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include "attune/base/clock.h"
#include "attune/cache/policy_selector.h"
#include "attune/cache/replay.h"
#include "attune/sys/random.h"

namespace {

using namespace attune;
using namespace attune::cache;

// Requests for keys that are the rarer the larger: roughly what caches see.
std::vector<KeyHash> SkewedRequests(std::size_t count, std::size_t keys) {
  sys::Random random(1);
  std::vector<std::uint64_t> trace(count);
  for (std::uint64_t& key : trace) {
    const double unit = random.Unit();
    key = static_cast<std::uint64_t>(static_cast<double>(keys) * unit * unit * unit);
  }
  return Chain(std::array{ChainPart{trace, 0}});
}

void BM_Samples(benchmark::State& state) {
  const PolicySelector selector(1'000'000);
  KeyHash key = 1;
  for (auto _ : state) {
    key *= 0x9E3779B97F4A7C15ULL;
    benchmark::DoNotOptimize(selector.Samples(key));
  }
}
BENCHMARK(BM_Samples);

// Reports the miniatures' time and memory beside those of the same cache with one policy.
void BM_SelfChoosing(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const std::vector<KeyHash> requests = SkewedRequests(4 * entries, 10 * entries);
  ReplayResult fixed;
  ReplayResult choosing;
  for (auto _ : state) {
    choosing = ReplaySelfChoosing(requests, entries, SystemClock());
    fixed = ReplayPolicy(requests, entries, choosing.policy, SystemClock());
  }
  const auto per_request = [&requests](Duration time) {
    return static_cast<double>(time.count()) / static_cast<double>(requests.size());
  };
  state.counters["fixed_ns"] = per_request(fixed.access_time);
  state.counters["simulation_ns"] = per_request(choosing.simulation_time);
  state.counters["fixed_bytes"] = static_cast<double>(fixed.total_bytes.count());
  state.counters["selector_bytes"] = static_cast<double>(choosing.selector_bytes.count());
}
BENCHMARK(BM_SelfChoosing)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

void BM_OptimalHits(benchmark::State& state) {
  const std::vector<KeyHash> requests = SkewedRequests(100'000, 50'000);
  for (auto _ : state) benchmark::DoNotOptimize(OptimalHits(requests, 5'000));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(requests.size()));
}
BENCHMARK(BM_OptimalHits)->Unit(benchmark::kMillisecond);

}  // namespace

// What choosing costs beside the live cache (cache_bench has the costs within it).
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <span>
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

// One access of one miniature of a thousand entries: what the selector's account is reckoned in.
void BM_Simulate(benchmark::State& state) {
  const std::vector<KeyHash> requests = SkewedRequests(40'000, 10'000);
  std::uint64_t simulated = 0;
  for (auto _ : state) {
    PolicySelector selector(1'000);
    for (std::size_t at = 0; at + PolicySelector::kBatch <= requests.size(); at += PolicySelector::kBatch) {
      selector.Simulate(std::span(requests).subspan(at, PolicySelector::kBatch));
    }
    simulated += selector.simulated();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(simulated));
}
BENCHMARK(BM_Simulate)->Unit(benchmark::kMillisecond);

// A steady load from its first access to a hundred fills: the miniatures' time and memory beside those of
// the same cache with one policy.
void BM_SelfChoosing(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  const std::vector<KeyHash> requests = SkewedRequests(100 * entries, 10 * entries);
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
  state.counters["simulated_per_request"] =
      static_cast<double>(choosing.simulated) / static_cast<double>(requests.size());
  state.counters["fixed_bytes"] = static_cast<double>(fixed.total_bytes.count());
  state.counters["selector_bytes"] = static_cast<double>(choosing.selector_bytes.count());
}
BENCHMARK(BM_SelfChoosing)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

void BM_OptimalHits(benchmark::State& state) {
  const std::vector<KeyHash> requests = SkewedRequests(100'000, 50'000);
  for (auto _ : state) benchmark::DoNotOptimize(OptimalHits(requests, 5'000));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(requests.size()));
}
BENCHMARK(BM_OptimalHits)->Unit(benchmark::kMillisecond);

}  // namespace

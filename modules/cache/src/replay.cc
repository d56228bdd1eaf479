#include "attune/cache/replay.h"

#include <utility>

#include "belady.h"
#include "mix64.h"
#include "simulated_cache.h"

namespace attune::cache {

std::vector<std::uint64_t> ChainKeys(std::span<const ChainPart> parts) {
  std::size_t count = 0;
  for (const ChainPart& part : parts) count += part.keys.size();
  std::vector<std::uint64_t> keys;
  keys.reserve(count);
  for (const ChainPart& part : parts) {
    const std::uint64_t apart = Mix64(part.source);
    for (const std::uint64_t key : part.keys) keys.push_back(key + apart);
  }
  return keys;
}

std::vector<KeyHash> Chain(std::span<const ChainPart> parts) {
  std::vector<KeyHash> requests = ChainKeys(parts);
  for (KeyHash& request : requests) request = Mix64(request);
  return requests;
}

ReplayResult ReplayPolicy(std::span<const KeyHash> requests, std::size_t entries_max, PolicyKind kind,
                          const Clock& clock) {
  SimulatedCache cache(kind, entries_max);
  ReplayResult result;
  const TimePoint start = clock.Now();
  for (const KeyHash key : requests) result.hits += cache.Access(key) ? 1U : 0U;
  result.access_time = clock.Now() - start;
  result.policy_bytes = cache.policy().bytes();
  result.total_bytes = cache.bytes();
  result.policy = kind;
  return result;
}

namespace {

void AdoptResidents(PolicySelector& selector, const SimulatedCache& cache) {
  std::vector<KeyHash> residents;
  cache.AppendColdestFirst(residents);
  std::erase_if(residents, [&](KeyHash key) { return !selector.Samples(key); });
  selector.Adopt(residents);
}

}  // namespace

ReplayResult ReplaySelfChoosing(std::span<const KeyHash> requests, std::size_t entries_max, const Clock& clock,
                                const PolicySelectorConfig& config) {
  PolicySelector selector(entries_max, config);
  SimulatedCache cache(selector.policy(), entries_max);
  ReplayResult result;
  std::vector<KeyHash> sample;
  sample.reserve(PolicySelector::kBatch);
  std::uint64_t done = 0;
  LiveCounts counts;
  const TimePoint start = clock.Now();
  for (const KeyHash key : requests) {
    ++done;
    const bool full = cache.resident() == entries_max;
    const bool hit = cache.Access(key);
    result.hits += hit ? 1U : 0U;
    ++counts.accesses;
    if (!hit) {
      ++counts.misses;
      counts.evictions += full ? 1U : 0U;
      if (counts.misses >= selector.review_misses()) {
        if (selector.Review(std::exchange(counts, {}))) AdoptResidents(selector, cache);
      }
    }
    if (!selector.Samples(key)) continue;
    sample.push_back(key);
    if (sample.size() < PolicySelector::kBatch) continue;
    const TimePoint simulation_start = clock.Now();
    selector.Simulate(sample);
    sample.clear();
    if (const auto change = selector.Decide()) {
      cache.ChangePolicy(change->to);
      result.moves.push_back({done, *change});
    }
    result.simulation_time += clock.Now() - simulation_start;
  }
  result.access_time = clock.Now() - start - result.simulation_time;
  result.policy_bytes = cache.policy().bytes();
  result.selector_bytes = selector.bytes();
  result.total_bytes = cache.bytes() + selector.bytes();
  result.policy = selector.policy();
  result.simulated = selector.simulated();
  result.episodes = selector.episodes();
  return result;
}

std::uint64_t OptimalHits(std::span<const KeyHash> requests, std::size_t entries_max) {
  return BeladyHits(requests, entries_max);
}

}  // namespace attune::cache

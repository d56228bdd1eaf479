#include "caches.h"

#include "memory_shares.h"

namespace attune::engine {
namespace {

std::optional<Duration> LoadTimeMean(const cache::CacheStats& stats) {
  if (stats.loads == 0) return std::nullopt;
  return stats.load_time / static_cast<Duration::rep>(stats.loads);
}

CacheStatus StatusOf(const char* name, const cache::CacheStats& stats) {
  return {.name = name,
          .policy = stats.policy,
          .entries = stats.entries,
          .entries_max = stats.entries_max,
          .bytes = stats.bytes,
          .bytes_max = stats.bytes_max,
          .hits = stats.hits,
          .misses = stats.misses,
          .insertions = stats.insertions,
          .evictions = stats.evictions(),
          .expirations = stats.removed(cache::RemovalReason::kExpired),
          .refused = stats.refusals_too_large + stats.refusals_pinned,
          .loads = stats.loads,
          .loads_failed = stats.loads_failed,
          .loads_joined = stats.loads_joined,
          .load_time_mean = LoadTimeMean(stats),
          .policy_changes = stats.policy_switches,
          .bypassed = stats.bypasses,
          .bypassing = stats.bypassing};
}

}  // namespace

Caches::Caches(const CacheWorld& world, const store::Store& store, Bytes memory)
    : answers(world, SharesOfCaches(memory).answers),
      passages(world, store, SharesOfCaches(memory).passages),
      files(world, store, SharesOfCaches(memory).files),
      titles(world, store, SharesOfCaches(memory).titles) {}

void Caches::Maintain() {
  answers.Maintain();
  passages.Maintain();
  files.Maintain();
  titles.Maintain();
}

std::vector<Caches::Named> Caches::Stats() const {
  return {{"answers", answers.stats()},
          {"passages", passages.stats()},
          {"files", files.stats()},
          {"titles", titles.stats()}};
}

std::vector<CacheStatus> Caches::Statuses() const {
  std::vector<CacheStatus> statuses;
  for (const Named& cache : Stats()) statuses.push_back(StatusOf(cache.name, cache.stats));
  return statuses;
}

std::vector<memory::Consumer*> Caches::consumers() {
  return {&answers.consumer(), &passages.consumer(), &files.consumer(), &titles.consumer()};
}

}  // namespace attune::engine

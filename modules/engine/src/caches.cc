#include "caches.h"

#include "memory_shares.h"

namespace attune::engine {
namespace {

CacheStatus StatusOf(const char* name, const cache::CacheStats& stats) {
  return {.name = name,
          .policy = stats.policy,
          .entries = stats.entries,
          .entries_max = stats.entries_max,
          .bytes = stats.bytes,
          .bytes_max = stats.bytes_max,
          .hits = stats.hits,
          .misses = stats.misses,
          .evictions = stats.evictions(),
          .expirations = stats.removed(cache::RemovalReason::kExpired),
          .refused = stats.refusals_too_large + stats.refusals_pinned,
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

std::vector<CacheStatus> Caches::Statuses() const {
  return {StatusOf("answers", answers.stats()), StatusOf("passages", passages.stats()),
          StatusOf("files", files.stats()), StatusOf("titles", titles.stats())};
}

std::vector<memory::Consumer*> Caches::consumers() {
  return {&answers.consumer(), &passages.consumer(), &files.consumer(), &titles.consumer()};
}

}  // namespace attune::engine

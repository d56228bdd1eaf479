#include "part_metrics.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace attune::engine {
namespace {

using cache::CacheStats;
using cache::RemovalReason;
using metrics::LabelledValue;
using Values = std::vector<LabelledValue>;

// One value for each cache.
std::function<Values()> OfEach(const Caches& caches, double (*value)(const CacheStats&)) {
  return [&caches, value] {
    Values values;
    for (const auto& [name, stats] : caches.Stats()) {
      values.push_back({.labels = {{"cache", name}}, .value = value(stats)});
    }
    return values;
  };
}

Values Evictions(const Caches& caches) {
  Values values;
  for (const auto& [name, stats] : caches.Stats()) {
    for (const auto& [reason, why] :
         {std::pair(RemovalReason::kEntryLimit, "entries"), std::pair(RemovalReason::kByteLimit, "bytes"),
          std::pair(RemovalReason::kShrink, "shrink")}) {
      values.push_back(
          {.labels = {{"cache", name}, {"reason", why}}, .value = static_cast<double>(stats.removed(reason))});
    }
  }
  return values;
}

Values Refusals(const Caches& caches) {
  Values values;
  for (const auto& [name, stats] : caches.Stats()) {
    values.push_back(
        {.labels = {{"cache", name}, {"reason", "too large"}}, .value = static_cast<double>(stats.refusals_too_large)});
    values.push_back(
        {.labels = {{"cache", name}, {"reason", "pinned"}}, .value = static_cast<double>(stats.refusals_pinned)});
  }
  return values;
}

// One value for each consumer that has one.
std::function<Values()> OfEach(const memory::Broker& broker,
                               std::optional<Bytes> (*value)(const memory::ConsumerUse&)) {
  return [&broker, value] {
    Values values;
    for (const memory::ConsumerUse& use : broker.Snapshot().consumers) {
      const std::optional<Bytes> bytes = value(use);
      if (bytes.has_value()) {
        values.push_back({.labels = {{"consumer", use.name}}, .value = static_cast<double>(bytes->count())});
      }
    }
    return values;
  };
}

}  // namespace

void AddCacheMetrics(metrics::Registry& registry, const Caches& caches, std::vector<metrics::Callback>& callbacks) {
  const auto counter = [&](std::string name, std::string help, double (*value)(const CacheStats&)) {
    callbacks.push_back(registry.AddCounterFunctions({std::move(name), std::move(help)}, OfEach(caches, value)));
  };
  const auto gauge = [&](metrics::Description description, double (*value)(const CacheStats&)) {
    callbacks.push_back(registry.AddGaugeFunctions(std::move(description), OfEach(caches, value)));
  };
  counter("attune_cache_hits_total", "Lookups that a cache answered.",
          [](const CacheStats& stats) { return static_cast<double>(stats.hits); });
  counter("attune_cache_misses_total", "Lookups that a cache could not answer.",
          [](const CacheStats& stats) { return static_cast<double>(stats.misses); });
  counter("attune_cache_expirations_total", "Entries whose time had passed.",
          [](const CacheStats& stats) { return static_cast<double>(stats.removed(RemovalReason::kExpired)); });
  counter("attune_cache_loads_total", "Loaders that ran for a cache.",
          [](const CacheStats& stats) { return static_cast<double>(stats.loads); });
  counter("attune_cache_loads_failed_total", "Loads that ended with an error.",
          [](const CacheStats& stats) { return static_cast<double>(stats.loads_failed); });
  counter("attune_cache_loads_joined_total", "Lookups that waited for a load of somebody else.",
          [](const CacheStats& stats) { return static_cast<double>(stats.loads_joined); });
  counter("attune_cache_load_seconds_total", "Time that loads took, together.",
          [](const CacheStats& stats) { return std::chrono::duration<double>(stats.load_time).count(); });
  counter("attune_cache_insertions_total", "Entries that were stored under a key that had none.",
          [](const CacheStats& stats) { return static_cast<double>(stats.insertions); });
  counter("attune_cache_policy_changes_total", "Times that a cache chose another replacement policy.",
          [](const CacheStats& stats) { return static_cast<double>(stats.policy_switches); });
  counter("attune_cache_bypassed_total", "Lookups that went past a cache that would not have paid.",
          [](const CacheStats& stats) { return static_cast<double>(stats.bypasses); });
  gauge({"attune_cache_bytes", "What a cache holds, with its tables.", "bytes"},
        [](const CacheStats& stats) { return static_cast<double>(stats.bytes.count()); });
  gauge({"attune_cache_bytes_max", "What a cache may hold.", "bytes"},
        [](const CacheStats& stats) { return static_cast<double>(stats.bytes_max.count()); });
  gauge({"attune_cache_entries", "Entries of a cache."},
        [](const CacheStats& stats) { return static_cast<double>(stats.entries); });
  callbacks.push_back(
      registry.AddCounterFunctions({"attune_cache_evictions_total", "Entries that made room, by what asked for it."},
                                   [&caches] { return Evictions(caches); }));
  callbacks.push_back(registry.AddCounterFunctions(
      {"attune_cache_refusals_total", "Values that were not stored, by why."}, [&caches] { return Refusals(caches); }));
}

void AddPoolMetrics(metrics::Registry& registry, std::function<PoolStatus()> pool,
                    std::vector<metrics::Callback>& callbacks) {
  const auto of_pool = [&pool](double (*value)(const PoolStatus&)) {
    return [pool, value] {
      const PoolStatus status = pool();
      return Values{{.labels = {{"pool", status.name}}, .value = value(status)}};
    };
  };
  callbacks.push_back(
      registry.AddGaugeFunctions({"attune_pool_leased", "Objects of a pool that are in use."},
                                 of_pool([](const PoolStatus& status) { return static_cast<double>(status.in_use); })));
  callbacks.push_back(
      registry.AddGaugeFunctions({"attune_pool_idle", "Objects of a pool that wait for their next use."},
                                 of_pool([](const PoolStatus& status) { return static_cast<double>(status.idle); })));
  callbacks.push_back(registry.AddGaugeFunctions(
      {"attune_pool_bytes", "What a pool holds.", "bytes"},
      of_pool([](const PoolStatus& status) { return static_cast<double>(status.bytes.count()); })));
  callbacks.push_back(registry.AddCounterFunctions(
      {"attune_pool_acquired_total", "Uses of a pool's objects."},
      of_pool([](const PoolStatus& status) { return static_cast<double>(status.acquired); })));
  callbacks.push_back(registry.AddCounterFunctions(
      {"attune_pool_reused_total", "Uses for which nothing was built."},
      of_pool([](const PoolStatus& status) { return static_cast<double>(status.reused); })));
}

void AddConsumerMetrics(metrics::Registry& registry, const memory::Broker& broker,
                        std::vector<metrics::Callback>& callbacks) {
  using memory::ConsumerUse;
  using Maybe = std::optional<Bytes>;
  callbacks.push_back(registry.AddGaugeFunctions(
      {"attune_memory_consumer_bytes", "What a part of the program holds of the stated memory.", "bytes"},
      OfEach(broker, [](const ConsumerUse& use) { return Maybe(use.bytes); })));
  callbacks.push_back(
      registry.AddGaugeFunctions({"attune_memory_target_bytes", "How far a part of the program may grow now.", "bytes"},
                                 OfEach(broker, [](const ConsumerUse& use) { return Maybe(use.target); })));
  callbacks.push_back(registry.AddCounterFunctions(
      {"attune_memory_shrunk_bytes_total", "What a part of the program gave back when it was asked to."},
      OfEach(broker, [](const ConsumerUse& use) { return Maybe(use.shrunk_total); })));
}

}  // namespace attune::engine

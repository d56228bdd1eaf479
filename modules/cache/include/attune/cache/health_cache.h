#pragma once
// HealthCache: how components are, asked of each at most once a minute; every five seconds while it is unwell.
//
//   HealthCache health(clock, DefaultHealthCacheConfig(), {.background = Submit});
//   const HealthReport report = health.Check("store", [&] { return Probe(store); });
//
// Time       a good report is good for a minute, less up to a tenth (so that all components are not probed
//            at once). For another minute it is still given while one probe refreshes it in the background. A bad one
//            is good for 5 s, less up to a tenth as well, and not given after them: who asks then waits for a probe.
// Failure    a probe that answers an error or throws makes a bad report that says so: asking for health never fails.
// Flight     one probe of a component runs at a time; who asks meanwhile gets the old report or waits for the new one.
// Ownership  with a background, probes outlive the call: let them own what they capture. The destructor waits for them.
// Threads, cost: those of Cache (cache.h).

#include <functional>
#include <string>
#include <string_view>

#include "attune/cache/budgeted_cache.h"

namespace attune::cache {

struct HealthReport {
  bool healthy = false;
  std::string detail;  // for people: "replica 2 is 40 s behind"

  friend bool operator==(const HealthReport&, const HealthReport&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const HealthReport& report) { visit(report.detail); }
};

struct HealthCacheConfig {
  CacheConfig cache;                                 // 1 minute and another one stale, 50 components, 1 MiB
  Duration unhealthy_for = std::chrono::seconds(5);  // how long a bad report holds; less notices recovery sooner
};
HealthCacheConfig DefaultHealthCacheConfig();

class HealthCache {
 public:
  using Probe = std::function<Result<HealthReport>()>;

  // `clock` outlives this; without a `background` the first to ask for a stale report probes and waits.
  // REQUIRES: Validate(config.cache).ok(), unhealthy_for > 0.
  explicit HealthCache(const Clock& clock, HealthCacheConfig config = DefaultHealthCacheConfig(),
                       ReadyCacheHooks hooks = {});

  HealthReport Check(std::string_view component, Probe probe);
  // A probe that is under way is not called back: what it finds bad still holds for its 5 s.
  void Forget(std::string_view component);
  CacheStats Stats() const { return cache_.Stats(); }
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept { return cache_.consumer(); }
  void Maintain() { cache_.Maintain(); }

 private:
  Loaded<HealthReport> Judge(const Probe& probe, const std::string& unwell_key);

  const Duration unhealthy_for_;
  BudgetedCache<std::string, HealthReport> cache_;
};

}  // namespace attune::cache

#include "attune/cache/health_cache.h"

#include <exception>
#include <string>
#include <utility>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

HealthReport ReportOf(const HealthCache::Probe& probe) {
  try {
    Result<HealthReport> answer = probe();
    return answer.ok() ? *std::move(answer) : HealthReport{false, answer.error().ToString()};
  } catch (const std::exception& thrown) {
    return {false, std::string("the probe threw: ") + thrown.what()};
  } catch (...) {
    return {false, "the probe threw something that is no std::exception"};
  }
}

// Of whatever the probe does: a loader that fails would be bridged with the last good report.
Loaded<HealthReport> Judge(const HealthCache::Probe& probe, Duration unhealthy_for) {
  HealthReport report = ReportOf(probe);
  const bool healthy = report.healthy;
  return {.value = std::move(report), .time_to_live = healthy ? std::nullopt : std::optional(unhealthy_for)};
}

}  // namespace

HealthCacheConfig DefaultHealthCacheConfig() {
  return {.cache = {.name = "health",
                    .entries_max = 50,
                    .bytes_max = 1_MiB,
                    .time_to_live = 1min,
                    .stale_for = 1min,
                    .expiry_jitter = 0.1,
                    .may_bypass = false}};  // probes are kept apart for the sake of the probed
}

HealthCache::HealthCache(const Clock& clock, HealthCacheConfig config, ReadyCacheHooks hooks)
    : unhealthy_for_(config.unhealthy_for), cache_(clock, std::move(config.cache), std::move(hooks)) {
  ATTUNE_CHECK(unhealthy_for_ > Duration(0), "unhealthy_for must be positive");
}

HealthReport HealthCache::Check(std::string_view component, Probe probe) {
  const auto load = [probe = std::move(probe), held = unhealthy_for_] { return Judge(probe, held); };
  Result<HealthReport> report = cache_.GetOrLoad(component, load);
  return report.ok() ? *std::move(report) : HealthReport{false, report.error().ToString()};
}

}  // namespace attune::cache

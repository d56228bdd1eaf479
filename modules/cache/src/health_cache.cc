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

std::string WellKey(std::string_view component) { return "+" + std::string(component); }
// Bad reports have a key of their own, which is never loaded: what is loaded may be given stale.
std::string UnwellKey(std::string_view component) { return "-" + std::string(component); }

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
  const auto load = [this, probe = std::move(probe), unwell = UnwellKey(component)] { return Judge(probe, unwell); };
  Result<HealthReport> report = cache_.GetOrLoad(WellKey(component), load);
  return report.ok() ? *std::move(report) : HealthReport{false, report.error().ToString()};
}

// A bad report is an answer, not an error: a loader that fails would be bridged with the last good one. It is given to
// who waits for it, and ends the good one.
Loaded<HealthReport> HealthCache::Judge(const Probe& probe, const std::string& unwell_key) {
  if (auto bad = cache_.Peek(unwell_key)) return {.value = std::move(bad), .time_to_live = Duration(0)};
  HealthReport report = ReportOf(probe);
  if (report.healthy) return {.value = std::move(report), .time_to_live = std::nullopt};
  cache_.Put(unwell_key, report, unhealthy_for_);
  return {.value = std::move(report), .time_to_live = Duration(0)};
}

void HealthCache::Forget(std::string_view component) {
  cache_.Erase(WellKey(component));
  cache_.Erase(UnwellKey(component));
}

}  // namespace attune::cache

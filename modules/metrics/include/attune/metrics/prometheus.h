#pragma once
// WritePrometheus: a registry as text exposition format 0.0.4, what /metrics serves.
//
//   response.set("Content-Type", kPrometheusContentType);
//   response.body() = WritePrometheus(registry);
//
// Histograms  their ~450 buckets are reduced to a fixed list of `le` bounds; a
//             count at a bound is exact to 3 %. Histograms of durations (layout
//             kDurationBuckets) are written in seconds.
// Escaping    label values, help texts and invalid UTF-8 cannot break the format.
// Threads     thread-safe. Cost  O(metrics), one string.

#include <string>
#include <string_view>

#include "attune/metrics/registry.h"

namespace attune::metrics {

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

std::string WritePrometheus(const Registry& registry);

}  // namespace attune::metrics

#pragma once
// What /metrics says of the parts that share the stated memory: caches, pools, and consumers of the budget.
//
//   std::vector<metrics::Callback> callbacks;
//   AddCacheMetrics(registry, caches, callbacks);
//
// Ownership  the metrics are there as long as the callbacks; they borrow what they read, which outlives them.
// Threads    what is read is read by whoever renders the registry.

#include <functional>
#include <vector>

#include "attune/engine/types.h"
#include "attune/memory/broker.h"
#include "attune/metrics/registry.h"
#include "caches.h"

namespace attune::engine {

void AddCacheMetrics(metrics::Registry& registry, const Caches& caches, std::vector<metrics::Callback>& callbacks);
void AddPoolMetrics(metrics::Registry& registry, std::function<PoolStatus()> pool,
                    std::vector<metrics::Callback>& callbacks);
void AddConsumerMetrics(metrics::Registry& registry, const memory::Broker& broker,
                        std::vector<metrics::Callback>& callbacks);

}  // namespace attune::engine

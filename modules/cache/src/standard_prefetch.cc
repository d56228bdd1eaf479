#include "attune/cache/standard_prefetch.h"

#include <utility>

#include "attune/base/check.h"
#include "attune/cache/markov_prefetcher.h"
#include "attune/cache/stride_prefetcher.h"

namespace attune::cache {

std::unique_ptr<PrefetchGate> MakeStandardPrefetch(std::size_t entries_max, PrefetchGateConfig config,
                                                   PrefetchGate::Resident resident) {
  auto gate = std::make_unique<PrefetchGate>(entries_max, config, std::move(resident));
  // Stride first: it knows keys that were never read, so where both guess, it has guessed for longer.
  if (config.key_space == KeySpace::kSpatial) {
    ATTUNE_CHECK(gate->Add(std::make_unique<StridePrefetcher>()).ok(), "a spatial gate takes a spatial prefetcher");
  }
  ATTUNE_CHECK(gate->Add(std::make_unique<MarkovPrefetcher>()).ok(), "the gate has room for two");
  return gate;
}

}  // namespace attune::cache

#pragma once
// MakeStandardPrefetch: the prefetchers that need nothing but the accesses, under one gate: stride
// where keys are spatial, then Markov. The same for every workload.
//
//   auto prefetch = MakeStandardPrefetch(10'000, {.key_space = KeySpace::kSpatial}, is_resident);
//
// Threads, cost, bounds: those of PrefetchGate; 2 MiB of tables.

#include <cstddef>
#include <memory>

#include "attune/cache/prefetch_gate.h"

namespace attune::cache {

// REQUIRES: as the constructor of PrefetchGate.
std::unique_ptr<PrefetchGate> MakeStandardPrefetch(std::size_t entries_max, PrefetchGateConfig config,
                                                   PrefetchGate::Resident resident);

}  // namespace attune::cache

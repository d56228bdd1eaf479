#pragma once
// BeladyHits: how many requests the best cache that knows the future would answer.
//
// Belady's MIN (IBM Systems Journal 5:2, 1966): a full cache gives up the entry whose next use
// is farthest away. Like the policies here it takes every missed key in, so a cache that may also
// refuse one could do better by what one more entry is worth.
//
// Threads    a pure function.
// Cost       O(n log n) time; about 24 bytes a request.
// Exact      for entries of one size.

#include <cstddef>
#include <cstdint>
#include <span>

#include "attune/cache/policy.h"

namespace attune::cache {

// REQUIRES: entries_max > 0 and fewer than 2^32 requests.
std::uint64_t BeladyHits(std::span<const KeyHash> requests, std::size_t entries_max);

}  // namespace attune::cache

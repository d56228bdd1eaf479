#pragma once
// MakePolicy: a replacement policy by its kind.
//
//   std::unique_ptr<Policy> policy = MakePolicy(PolicyKind::kSieve, {.entries_max = 10'000});
//
// Threads    a free function without state.
// Cost       allocates little: tables grow with the slots and ghosts that are really used, and keep the
//            size of the fullest moment.
// Errors     a share outside its range is a bug of the caller, and CHECKed.
//
// All policies take their queue lengths from what is resident when somebody has to leave,
// not from `entries_max`: where a byte limit binds first, a tenth of the cache is still a tenth.

#include <cstddef>
#include <memory>

#include "attune/cache/policy.h"
#include "attune/cache/policy_kind.h"

namespace attune::cache {

struct PolicyConfig {
  std::size_t entries_max = 1024;  // bounds the ghosts; a policy never evicts by itself

  // W-TinyLFU: the share of entries in the admission window at first, (0, 1). More favours recency.
  double window_share = 0.01;
  bool window_adapts = true;  // false keeps the share

  // LRFU: accesses, in multiples of the capacity, after which a reference counts half.
  // Less approaches LRU, more approaches LFU.
  double half_life = 1.0;
};

std::unique_ptr<Policy> MakePolicy(PolicyKind kind, const PolicyConfig& config);

}  // namespace attune::cache

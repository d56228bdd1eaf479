#pragma once
// PrefetchShadow: what prefetching does to the hits of a cache, told by two miniature caches that
// see the same sample of the keys: one prefetches, the other does not.
//
// The sample is by key, as in Waldspurger et al., "Cache Modeling and Optimization using Miniature
// Simulations", ATC 2017: a cache of n entries is stood for by one of n / r entries that sees one
// key in r. Both use LRU whatever the real one does: the question is which of the two wins, and
// neither of them costs the real cache anything while prefetching is stopped.
//
// Threads    none.
// Cost       one multiplication for a key outside of the sample; two list moves for one inside.

#include <cstddef>
#include <cstdint>

#include "attune/base/bytes.h"
#include "attune/cache/prefetcher.h"
#include "simulated_cache.h"

namespace attune::cache {

class PrefetchShadow {
 public:
  // Stands for a cache of `entries_max` with two of at most `shadow_entries`.
  // REQUIRES: both >= 1; harm_max >= 0.
  PrefetchShadow(std::size_t entries_max, std::size_t shadow_entries, double harm_max);

  void Access(PrefetchKey key);
  void Prefetch(PrefetchKey key);
  // The hit ratio without prefetching is better by more than harm_max, beyond chance. Once that is
  // found it stays until prefetching has caught up.
  bool harmful() const noexcept { return harmful_; }
  // Of the sampled accesses, those that prefetching turned into hits less those that it lost.
  double gain() const noexcept;
  Bytes bytes() const noexcept;

 private:
  bool Sampled(PrefetchKey key) const noexcept;
  void Judge();

  std::uint64_t sampled_below_;  // of the key's mixed bits
  double harm_max_;
  SimulatedCache with_;
  SimulatedCache without_;
  double accesses_ = 0;  // sampled, fading
  double lost_ = 0;      // hits without prefetching that missed with it, fading
  double won_ = 0;
  bool harmful_ = false;
};

}  // namespace attune::cache

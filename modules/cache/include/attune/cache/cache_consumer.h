#pragma once
// CacheConsumer: a Cache under the process's memory broker.
//
//   CacheConsumer consumer(pages, 2_MiB);
//   ATTUNE_ASSIGN_OR_RETURN(memory::Registration registration, broker.Register(consumer));
//
// What a mebibyte more is worth follows from the misses that a somewhat larger cache would
// have answered (evicted_sample.h) and from what a load takes. Both are measured between two calls of
// Cache::Maintain, so somebody has to call it; a cache without loads says CacheConfig::worth.load_cost.
//
// Ownership  borrows the cache, which outlives it.
// Threads    every member is thread-safe; bytes() and marginal_benefit() are a relaxed load each.

#include <algorithm>
#include <string_view>

#include "attune/memory/broker.h"

namespace attune::cache {

template <typename CacheType>
class CacheConsumer final : public memory::Consumer {
 public:
  explicit CacheConsumer(CacheType& cache, Bytes bytes_min = Bytes(0)) : cache_(cache), bytes_min_(bytes_min) {}

  std::string_view name() const noexcept override { return cache_.name(); }
  Bytes bytes() const noexcept override { return cache_.bytes(); }
  Bytes bytes_min() const noexcept override { return std::min(bytes_min_, cache_.bytes()); }
  double marginal_benefit() const noexcept override { return cache_.marginal_benefit(); }
  Bytes Shrink(Bytes wanted) override { return cache_.Shrink(wanted); }
  Bytes ShrinkBefore(Bytes wanted, TimePoint deadline) override { return cache_.ShrinkBefore(wanted, deadline); }

 private:
  CacheType& cache_;
  const Bytes bytes_min_;
};

}  // namespace attune::cache

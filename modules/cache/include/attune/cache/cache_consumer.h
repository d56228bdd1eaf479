#pragma once
// CacheConsumer: a Cache under the process's memory broker, which decides how large it may be.
//
//   CacheConsumer consumer(pages, {.bytes_useful_max = 64_MiB});
//   ATTUNE_ASSIGN_OR_RETURN(memory::Registration registration, broker.Register(consumer));
//
// The limits of the cache are where it starts; from then on the broker moves its byte limit to where a mebibyte saves
// most. What a mebibyte more is worth follows from the misses that a somewhat larger cache would have answered
// (evicted_sample.h) and from what a load takes. Both are measured between two calls of Cache::Maintain, so somebody
// has to call it; a cache without loads says CacheConfig::worth.load_cost.
//
// Ownership  borrows the cache, which outlives it.
// Threads    every member is thread-safe; bytes() and marginal_benefit() are a relaxed load each.
// Cost       SetTarget and Shrink are those of Cache::Resize and Cache::ShrinkBefore.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "attune/cache/cache_config.h"
#include "attune/memory/broker.h"

namespace attune::cache {

struct CacheConsumerConfig {
  // Its limit is never less; raised to what its shards need. None: a thirty-second of what it starts with, 2 MiB at
  // most, so that its tables and simulations leave room for entries, and what more memory is worth goes on being
  // measured.
  std::optional<Bytes> bytes_min = std::nullopt;
  Bytes bytes_useful_max = Bytes(UINT64_MAX);  // it never has more
  // Where the entry limit stands for a size: it moves with the bytes, one entry for so many. 0: the number of entries
  // means something, and stays.
  Bytes bytes_per_entry = Bytes(0);
};

template <typename CacheType>
class CacheConsumer final : public memory::Consumer {
 public:
  explicit CacheConsumer(CacheType& cache, CacheConsumerConfig config = {})
      : cache_(cache),
        config_(config),
        bytes_at_first_(cache.limits().bytes_max),
        bytes_min_(std::max(cache.bytes_least(),
                            config.bytes_min.value_or(std::min(2_MiB, Bytes(bytes_at_first_.count() / 32))))) {}

  std::string_view name() const noexcept override { return cache_.name(); }
  Bytes bytes() const noexcept override { return cache_.bytes(); }
  Bytes bytes_min() const noexcept override { return std::min(bytes_min_, cache_.bytes()); }
  // Near what it holds, one that fits says what less would cost it: more would save nothing, and that alone would let
  // it give away what it is hit on.
  double marginal_benefit() const noexcept override {
    const bool fits_closely = cache_.limits().bytes_max <= WithSpare(cache_.bytes());
    return fits_closely ? std::max(cache_.marginal_benefit(), cache_.marginal_loss()) : cache_.marginal_benefit();
  }
  bool benefit_known() const noexcept override { return cache_.benefit_known(); }
  Bytes Shrink(Bytes wanted) override { return cache_.Shrink(wanted); }
  Bytes ShrinkBefore(Bytes wanted, TimePoint deadline) override { return cache_.ShrinkBefore(wanted, deadline); }

  bool follows_target() const noexcept override { return true; }

  // Memory that a cache does not fill is of use to somebody else: one whose bytes are limited may want anything, one
  // whose entries are limited wants what they take and an eighth more, and one that is filling may double.
  Bytes bytes_useful_max() const noexcept override {
    const Bytes held = cache_.bytes();
    const CacheLimits limits = cache_.limits();
    Bytes useful = config_.bytes_useful_max;
    if (config_.bytes_per_entry == Bytes(0) && IsFull(cache_.size(), limits.entries_max)) {
      useful = WithSpare(held);
    } else if (!cache_.pressed()) {
      useful = std::max(held + held, bytes_at_first_);
    }
    return std::clamp(useful, bytes_min_, std::max(bytes_min_, config_.bytes_useful_max));
  }

  // Taking is for Shrink, which knows its deadline: what is held beyond the target is kept here.
  void SetTarget(Bytes target) override {
    CacheLimits limits = cache_.limits();
    const Bytes bytes_max = std::max({target, cache_.bytes(), bytes_min_});
    const Bytes grown_least = limits.bytes_max + Bytes(limits.bytes_max.count() / kGrowthShare);
    if (bytes_max == limits.bytes_max || (bytes_max > limits.bytes_max && bytes_max < grown_least)) {
      return;
    }
    limits.bytes_max = bytes_max;
    if (config_.bytes_per_entry > Bytes(0)) {
      limits.entries_max = std::max<std::size_t>({1, cache_.size(), bytes_max / config_.bytes_per_entry});
    }
    // Pinned entries may hold the cache above its new limits for a while; the next round sees what it holds.
    (void)cache_.Resize(limits);
  }

 private:
  static constexpr std::uint64_t kGrowthShare = 64;  // of the limit: less growth than this is not worth a Resize

  static Bytes WithSpare(Bytes held) noexcept { return held + Bytes(held.count() / 8); }
  // To a sixteenth: what just left by its time comes back.
  static bool IsFull(std::size_t entries, std::size_t limit) noexcept { return entries >= limit - limit / 16; }

  CacheType& cache_;
  const CacheConsumerConfig config_;
  const Bytes bytes_at_first_;
  const Bytes bytes_min_;
};

}  // namespace attune::cache

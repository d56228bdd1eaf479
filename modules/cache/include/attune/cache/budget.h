#pragma once
// Budget: the entries and bytes that the shards of one cache share.
//
// A shard takes before it stores, so that the totals are never above the limits, not even for
// a moment, whichever shards store at once. What exists already and only has to be counted
// (bookkeeping that grew) is charged with Charge, which may pass the limit; the
// caller then evicts until `over()` is false.
//
// Threads    every member is thread-safe. Relaxed everywhere: the counters publish nothing but themselves.
// Cost       one compare-and-swap, or a load and a store where a single shard is the only writer.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "attune/base/bytes.h"

namespace attune::cache {

class Budget {
 public:
  // `single_writer`: the caller holds one and the same lock for every call that changes the totals.
  Budget(std::size_t entries_max, Bytes bytes_max, bool single_writer)
      : single_writer_(single_writer), entries_max_(entries_max), bytes_max_(bytes_max.count()) {}

  bool TryTakeEntry() noexcept { return TryTake(entries_, 1, entries_max_); }
  bool TryTakeBytes(std::uint64_t bytes) noexcept { return TryTake(bytes_, bytes, bytes_max_); }
  void GiveEntry() noexcept { Add(entries_, ~std::uint64_t{0}); }
  void GiveBytes(std::uint64_t bytes) noexcept { Add(bytes_, ~bytes + 1); }
  void Charge(std::uint64_t bytes) noexcept { Add(bytes_, bytes); }
  // Of the bytes, those that no eviction frees. Modulo 2^64, so that less is more as well.
  void AddFixed(std::uint64_t bytes) noexcept { fixed_.fetch_add(bytes, std::memory_order_relaxed); }

  void SetLimits(std::size_t entries_max, Bytes bytes_max) noexcept {
    entries_max_.store(entries_max, std::memory_order_relaxed);
    bytes_max_.store(bytes_max.count(), std::memory_order_relaxed);
  }

  std::size_t entries() const noexcept { return entries_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t fixed() const noexcept { return fixed_.load(std::memory_order_relaxed); }
  std::size_t entries_max() const noexcept { return entries_max_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_max() const noexcept { return bytes_max_.load(std::memory_order_relaxed); }
  bool over_entries() const noexcept { return entries() > entries_max(); }
  bool over_bytes() const noexcept { return bytes() > bytes_max(); }
  bool over() const noexcept { return over_entries() || over_bytes(); }

 private:
  using Counter = std::atomic<std::uint64_t>;

  bool TryTake(Counter& total, std::uint64_t amount, const Counter& limit) noexcept {
    const std::uint64_t most = limit.load(std::memory_order_relaxed);
    std::uint64_t now = total.load(std::memory_order_relaxed);
    do {
      if (amount > most || now > most - amount) {
        return false;
      }
      if (single_writer_) {
        total.store(now + amount, std::memory_order_relaxed);
        return true;
      }
    } while (!total.compare_exchange_weak(now, now + amount, std::memory_order_relaxed));
    return true;
  }
  // Modulo 2^64, so that a negative amount is one as well.
  void Add(Counter& total, std::uint64_t amount) noexcept {
    if (single_writer_) {
      total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    } else {
      total.fetch_add(amount, std::memory_order_relaxed);
    }
  }

  const bool single_writer_;
  Counter entries_max_;
  Counter bytes_max_;
  Counter entries_{0};
  Counter bytes_{0};
  Counter fixed_{0};
};

}  // namespace attune::cache

#pragma once
// Histogram: how values are distributed, in log-linear buckets: 16 per doubling,
// so that a quantile is within 1/32 (3.2 %) of the truth, over the whole range.
//
//   Histogram latency(kDurationBuckets);
//   latency.Record(clock.Now() - start);
//   HistogramWindow recent(latency, 1s, 10);       // the last ten seconds
//   recent.Advance(clock.Now());
//   const Duration p99 = recent.Recent().DurationQuantile(0.99);
//
// Ownership  usually a Registry's (registry.h); all classes here also work alone.
// Threads    Histogram and HistogramWindow are thread-safe; a snapshot is a value.
// Cost       Record is lock-free, about 3 ns (see bench): two plain adds in a block
//            that belongs to the calling thread. A thread's first Record allocates
//            its block (bucket_count + 2 words: 3.6 KiB for durations); at most
//            kThreadSlots of them, after that threads share one.
// Errors     none: values beyond the range count in the first or last bucket.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "attune/base/clock.h"
#include "attune/metrics/thread_slot.h"

namespace attune::metrics {

// Values below 16 << unit_shift are counted in steps of 1 << unit_shift, larger ones
// in 16 buckets per doubling, up to 1 << highest_bit.
struct BucketLayout {
  unsigned unit_shift = 0;
  unsigned highest_bit = 40;

  constexpr std::size_t bucket_count() const noexcept { return 16 + (highest_bit - unit_shift - 4) * 16 + 1; }
  // Inline: it is most of what Record does.
  std::size_t IndexOf(std::uint64_t value) const noexcept {
    if ((value >> unit_shift) < 16) return static_cast<std::size_t>(value >> unit_shift);
    const auto highest = static_cast<unsigned>(std::bit_width(value)) - 1;
    if (highest >= highest_bit) return bucket_count() - 1;
    return (highest - unit_shift - 4) * 16 + static_cast<std::size_t>(value >> (highest - 4));
  }
  std::uint64_t LowerBound(std::size_t index) const noexcept;  // REQUIRES: index < bucket_count()
  double Middle(std::size_t index) const noexcept;             // what a value of this bucket is taken for

  friend constexpr bool operator==(const BucketLayout&, const BucketLayout&) = default;
};
// Nanoseconds: steps of 64 ns up to 1 us, then 3 %, up to 137 s.
inline constexpr BucketLayout kDurationBuckets{.unit_shift = 6, .highest_bit = 37};
// Anything countable, bytes included: exact up to 15, then 3 %, up to 2^40.
inline constexpr BucketLayout kCountBuckets{.unit_shift = 0, .highest_bit = 40};

// A histogram at one moment. Two snapshots of one histogram subtract to what was recorded between them.
class HistogramSnapshot {
 public:
  HistogramSnapshot() = default;
  HistogramSnapshot(BucketLayout layout, std::vector<std::uint64_t> counts, std::uint64_t sum);

  const BucketLayout& layout() const noexcept { return layout_; }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t sum() const noexcept { return sum_; }  // exact, wraps at 2^64
  double Mean() const noexcept;                        // 0 when empty

  // The value below which a share `q` (0..1, clamped) lies; 0 when empty. O(buckets).
  double Quantile(double q) const noexcept;
  Duration DurationQuantile(double q) const noexcept;
  // How many values are at most `bound`, to the precision of a bucket.
  std::uint64_t CountUpTo(double bound) const noexcept;

  // What came after `earlier`. REQUIRES: same layout, or `earlier` is empty.
  HistogramSnapshot Since(const HistogramSnapshot& earlier) const;

 private:
  BucketLayout layout_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

class Histogram {
 public:
  explicit Histogram(BucketLayout layout = kDurationBuckets);
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;
  ~Histogram();

  void Record(std::uint64_t value) noexcept {
    std::size_t slot = ThreadSlot();
    std::atomic<std::uint64_t>* block = blocks_[slot].load(std::memory_order_acquire);
    if (block == nullptr) [[unlikely]]
      block = ClaimBlock(slot);
    AddToCell(block[0], value, slot);
    AddToCell(block[1 + layout_.IndexOf(value)], 1, slot);
  }
  // Nanoseconds; a negative duration counts as zero.
  void Record(Duration duration) noexcept {
    Record(duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0);
  }

  HistogramSnapshot Snapshot() const;
  const BucketLayout& layout() const noexcept { return layout_; }

 private:
  using Cells = std::unique_ptr<std::atomic<std::uint64_t>[]>;
  // The block of `slot`, made on first use; the shared one (and `slot` says so) when memory is out.
  std::atomic<std::uint64_t>* ClaimBlock(std::size_t& slot) noexcept;
  Cells NewCells() const noexcept;

  const BucketLayout layout_;
  // One block per thread slot: the sum, then the buckets. Set once, freed by the destructor.
  std::array<std::atomic<std::atomic<std::uint64_t>*>, kThreadSlots> blocks_{};
};

// The distribution over the last `slices` * `slice`, from snapshots taken when
// Advance is called (a timer's job; more often than `slice` costs nothing).
class HistogramWindow {
 public:
  static constexpr std::size_t kSlicesMax = 600;  // ten minutes of seconds; 2 MiB of snapshots

  // REQUIRES: slice > 0, 1 <= slices <= kSlicesMax. `histogram` outlives this.
  HistogramWindow(const Histogram& histogram, Duration slice, std::size_t slices);

  // Takes a snapshot when a slice has passed since the last one.
  void Advance(TimePoint now);
  // What was recorded since the oldest snapshot of the window, the present included.
  HistogramSnapshot Recent() const;

 private:
  struct Slice {
    TimePoint taken;
    HistogramSnapshot snapshot;
  };

  const Histogram& histogram_;
  const Duration slice_;
  const std::size_t slices_;
  mutable std::mutex mutex_;
  std::deque<Slice> taken_;  // guarded by mutex_; oldest first, at most slices_ + 1
};

}  // namespace attune::metrics

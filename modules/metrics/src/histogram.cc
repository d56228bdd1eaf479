#include "attune/metrics/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>
#include <utility>

#include "attune/base/check.h"

namespace attune::metrics {
namespace {

constexpr unsigned kStepBits = 4;  // 16 buckets per doubling
constexpr std::uint64_t kSteps = std::uint64_t{1} << kStepBits;

}  // namespace

std::uint64_t BucketLayout::LowerBound(std::size_t index) const noexcept {
  ATTUNE_CHECK(index < bucket_count(), "no such bucket");
  if (index < kSteps) return static_cast<std::uint64_t>(index) << unit_shift;
  const std::size_t doubling = (index - kSteps) / kSteps;
  const std::uint64_t step = kSteps + (index - kSteps) % kSteps;
  return step << (unit_shift + doubling);
}

double BucketLayout::Middle(std::size_t index) const noexcept {
  const auto lower = static_cast<double>(LowerBound(index));
  if (index + 1 == bucket_count()) return lower;  // open upwards
  const auto upper = static_cast<double>(LowerBound(index + 1));
  return upper - lower <= 1 ? lower : (lower + upper) / 2;  // whole numbers are exact
}

HistogramSnapshot::HistogramSnapshot(BucketLayout layout, std::vector<std::uint64_t> counts, std::uint64_t sum)
    : layout_(layout), counts_(std::move(counts)), sum_(sum) {
  ATTUNE_CHECK(counts_.size() == layout_.bucket_count(), "one count a bucket");
  for (const std::uint64_t count : counts_) count_ += count;
}

double HistogramSnapshot::Mean() const noexcept {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double HistogramSnapshot::Quantile(double q) const noexcept {
  if (count_ == 0) return 0;
  const double share = q > 0 ? std::min(q, 1.0) : 0.0;  // NaN counts as 0
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  const std::uint64_t wanted = std::clamp<std::uint64_t>(rank, 1, count_);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below >= wanted) return layout_.Middle(i);
  }
  return layout_.Middle(counts_.size() - 1);
}

Duration HistogramSnapshot::DurationQuantile(double q) const noexcept { return Duration(std::llround(Quantile(q))); }

std::uint64_t HistogramSnapshot::CountUpTo(double bound) const noexcept {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i + 1 < counts_.size() && layout_.Middle(i) <= bound; ++i) count += counts_[i];
  return count;
}

HistogramSnapshot HistogramSnapshot::Since(const HistogramSnapshot& earlier) const {
  if (earlier.counts_.empty()) return *this;
  ATTUNE_CHECK(layout_ == earlier.layout_ && counts_.size() == earlier.counts_.size(), "snapshots of one histogram");
  std::vector<std::uint64_t> counts(counts_.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    counts[i] = counts_[i] - std::min(earlier.counts_[i], counts_[i]);
  }
  return {layout_, std::move(counts), sum_ - earlier.sum_};
}

Histogram::Histogram(BucketLayout layout) : layout_(layout) {
  ATTUNE_CHECK(layout.highest_bit < 64 && layout.highest_bit >= layout.unit_shift + kStepBits, "a range of values");
  Cells shared = NewCells();
  ATTUNE_CHECK(shared != nullptr, "memory for one block of buckets");
  blocks_[kThreadSlotShared].store(shared.release(), std::memory_order_release);
}

Histogram::~Histogram() {
  for (auto& block : blocks_) {
    const Cells freed(block.load(std::memory_order_acquire));
  }
}

Histogram::Cells Histogram::NewCells() const noexcept {
  return Cells(new (std::nothrow) std::atomic<std::uint64_t>[1 + layout_.bucket_count()]());
}

std::atomic<std::uint64_t>* Histogram::ClaimBlock(std::size_t& slot) noexcept {
  Cells cells = NewCells();
  if (cells == nullptr) {
    slot = kThreadSlotShared;
    return blocks_[slot].load(std::memory_order_acquire);
  }
  // Only the slot's owner sets it, and owners follow each other through the slot table's mutex.
  std::atomic<std::uint64_t>* const block = cells.release();
  blocks_[slot].store(block, std::memory_order_release);  // so that Snapshot sees zeros and not raw memory
  return block;
}

HistogramSnapshot Histogram::Snapshot() const {
  std::vector<std::uint64_t> counts(layout_.bucket_count());
  std::uint64_t sum = 0;
  for (const auto& pointer : blocks_) {
    const std::atomic<std::uint64_t>* const block = pointer.load(std::memory_order_acquire);
    if (block == nullptr) continue;
    sum += block[0].load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += block[1 + i].load(std::memory_order_relaxed);
  }
  return {layout_, std::move(counts), sum};
}

HistogramWindow::HistogramWindow(const Histogram& histogram, Duration slice, std::size_t slices)
    : histogram_(histogram), slice_(slice), slices_(slices) {
  ATTUNE_CHECK(slice > Duration::zero(), "a slice has a length");
  ATTUNE_CHECK(slices >= 1 && slices <= kSlicesMax, "1 to 600 slices");
}

void HistogramWindow::Advance(TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (!taken_.empty() && now - taken_.back().taken < slice_) return;
  taken_.push_back({now, histogram_.Snapshot()});
  // The oldest one kept is the last that lies at least a whole window back, or the first ever taken.
  const Duration window = slice_ * static_cast<Duration::rep>(slices_);
  while (taken_.size() > 1 && (taken_.size() > slices_ + 1 || now - taken_[1].taken >= window)) taken_.pop_front();
}

HistogramSnapshot HistogramWindow::Recent() const {
  const std::scoped_lock lock(mutex_);
  HistogramSnapshot now = histogram_.Snapshot();
  return taken_.empty() ? now : now.Since(taken_.front().snapshot);
}

}  // namespace attune::metrics

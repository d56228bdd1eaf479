#include "attune/cache/stride_prefetcher.h"

#include <algorithm>
#include <string>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

constexpr std::size_t kStreamsMax = 4096;  // one pass over them is 10 us: nobody wants more on every access

constexpr std::uint64_t kReachMax = std::uint64_t{1} << 62U;  // a quarter of all keys: any two are near

std::uint64_t Distance(PrefetchKey a, PrefetchKey b) { return std::min(a - b, b - a); }

}  // namespace

Status Validate(const StrideConfig& config) {
  if (config.streams_max < 1 || config.streams_max > kStreamsMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "streams_max is " + std::to_string(config.streams_max) + "; it must be 1 to 4096");
  }
  if (config.reach < 1 || config.reach > kReachMax) {
    return Error(ErrorCode::kInvalidArgument, "reach is " + std::to_string(config.reach) + "; it must be 1 to 2^62");
  }
  return OkStatus();
}

StridePrefetcher::StridePrefetcher(StrideConfig config)
    : config_(config),
      streams_(config.streams_max),
      last_(config.streams_max),
      expected_(config.streams_max),
      used_at_(config.streams_max) {
  ATTUNE_CHECK(Validate(config).ok(), "invalid StrideConfig");
}

Bytes StridePrefetcher::bytes() const noexcept {
  return Bytes(sizeof(*this) + streams_.size() * (sizeof(Stream) + 3 * sizeof(std::uint64_t)));
}

std::size_t StridePrefetcher::StreamOf(PrefetchKey key) const {
  // Two plain passes are faster than one that asks both questions.
  for (std::size_t i = 0; i < streams_used_; ++i) {
    if (expected_[i] == key) return i;
  }
  std::size_t nearest = streams_used_;
  std::uint64_t nearest_distance = config_.reach + 1;
  for (std::size_t i = 0; i < streams_used_; ++i) {
    const std::uint64_t distance = Distance(key, last_[i]);
    nearest = distance < nearest_distance ? i : nearest;
    nearest_distance = std::min(distance, nearest_distance);
  }
  return nearest;
}

void StridePrefetcher::StartStream(PrefetchKey key) {
  if (streams_used_ < streams_.size()) {
    current_ = streams_used_++;
  } else {
    current_ = static_cast<std::size_t>(std::ranges::min_element(used_at_) - used_at_.begin());
    streams_[current_] = Stream{};
  }
  last_[current_] = expected_[current_] = key;
  used_at_[current_] = accesses_;
}

void StridePrefetcher::Observe(PrefetchKey key) {
  ++accesses_;
  current_ = StreamOf(key);
  if (current_ == streams_used_) {
    StartStream(key);
    moved_ = false;
    return;
  }
  Stream& stream = streams_[current_];
  const auto delta = static_cast<std::int64_t>(key - last_[current_]);
  used_at_[current_] = accesses_;
  moved_ = delta != 0;
  if (!moved_) return;  // the same key again says nothing about where the stream goes
  std::shift_right(stream.deltas.begin(), stream.deltas.end(), 1);
  stream.deltas[0] = delta;
  stream.count = std::min(stream.count + 1, kDeltas);
  stream.trend = TrendOf(stream);
  last_[current_] = key;
  expected_[current_] = key + static_cast<std::uint64_t>(stream.trend);
}

std::int64_t StridePrefetcher::TrendOf(const Stream& stream) {
  for (std::size_t window = 2; window <= stream.count; window *= 2) {
    std::int64_t candidate = 0;
    std::size_t votes = 0;
    for (std::size_t age = 0; age < window; ++age) {
      const std::int64_t delta = stream.deltas[age];
      if (votes == 0) candidate = delta;
      if (delta == candidate) {
        ++votes;
      } else {
        --votes;
      }
    }
    std::size_t agreeing = 0;  // the vote finds the majority if there is one; this asks whether there is
    for (std::size_t age = 0; age < window; ++age) {
      if (stream.deltas[age] == candidate) ++agreeing;
    }
    if (2 * agreeing > window) return candidate;
  }
  return 0;
}

std::uint8_t StridePrefetcher::Agreement(const Stream& stream) {
  const std::size_t window = std::min(stream.count, kConfidenceLevels - 1);
  std::uint8_t agreeing = 0;
  for (std::size_t age = 0; age < window; ++age) {
    if (stream.deltas[age] == stream.trend) ++agreeing;
  }
  return agreeing;
}

void StridePrefetcher::Propose(std::size_t depth, std::vector<Proposal>& proposals) {
  ATTUNE_CHECK(depth >= 1, "a depth of 0 proposes nothing");
  if (!moved_ || streams_[current_].trend == 0) return;
  const std::uint8_t level = Agreement(streams_[current_]);
  PrefetchKey key = last_[current_];
  for (std::size_t step = 0; step < depth; ++step) {
    key += static_cast<std::uint64_t>(streams_[current_].trend);
    proposals.push_back({.key = key, .level = level});
  }
}

}  // namespace attune::cache

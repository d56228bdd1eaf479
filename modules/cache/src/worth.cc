#include "attune/cache/worth.h"

#include <algorithm>
#include <cmath>

namespace attune::cache {
namespace {

double Nanoseconds(Duration duration) { return static_cast<double>(duration.count()); }

std::string Rounded(double number) { return std::to_string(std::llround(number)); }

}  // namespace

Status Validate(const WorthConfig& config) {
  if (config.window == 0 || config.wait_windows_max == 0) {
    return Error(ErrorCode::kInvalidArgument, "worth.window and worth.wait_windows_max must be at least 1");
  }
  if (!(config.margin >= 1 && std::isfinite(config.margin))) {
    return Error(ErrorCode::kInvalidArgument,
                 "worth.margin is " + std::to_string(config.margin) + ", and must be finite and at least 1");
  }
  const Duration zero{0};
  if (config.hit_cost.value_or(zero) < zero || config.load_cost.value_or(zero) < zero) {
    return Error(ErrorCode::kInvalidArgument, "worth.hit_cost and worth.load_cost cannot be negative");
  }
  return OkStatus();
}

std::string WorthChange::Reason() const {
  if (!bypass) {
    return "bypassing for a while is over: caching is tried again";
  }
  return "a lookup costs " + Rounded(caching_ns) + " ns with the cache and " + Rounded(loading_ns) + " ns without, " +
         Rounded(hit_ratio * 100) + " % of them hits";
}

void CacheWorth::BeginWindow() {
  hits_ = 0;
  misses_ = 0;
  hit_ns_ = 0;
  load_ns_ = 0;
  besides_ns_ = 0;
}

std::optional<WorthChange> CacheWorth::Hit(Duration cost) {
  ++hits_;
  hit_ns_ += Nanoseconds(config_.hit_cost.value_or(cost));
  return Decide();
}

std::optional<WorthChange> CacheWorth::Miss(Duration load, Duration besides) {
  ++misses_;
  load_ns_ += Nanoseconds(config_.load_cost.value_or(load));
  besides_ns_ += Nanoseconds(besides);
  return Decide();
}

std::optional<WorthChange> CacheWorth::Decide() {
  const std::uint32_t lookups = hits_ + misses_;
  if (bypassing_ || lookups < config_.window) {
    return std::nullopt;
  }
  if (warming_) {
    warming_ = false;
    BeginWindow();
    return std::nullopt;
  }
  if (misses_ > 0) {
    last_load_ns_ = load_ns_ / misses_;
  }
  // All hits: what a load cost in the last window that had one. Before the first, only what was told is known.
  const double load = last_load_ns_.value_or(Nanoseconds(config_.load_cost.value_or(Duration::max())));
  const WorthChange costs{.bypass = true,
                          .caching_ns = (hit_ns_ + load_ns_ + besides_ns_) / lookups,
                          .loading_ns = load,
                          .hit_ratio = static_cast<double>(hits_) / lookups};
  BeginWindow();
  if (costs.caching_ns <= config_.margin * costs.loading_ns) {
    wait_windows_ = 1;
    return std::nullopt;
  }
  bypassing_ = true;
  bypassed_ = 0;
  return costs;
}

std::optional<WorthChange> CacheWorth::Bypassed(Duration load) {
  if (!bypassing_) {
    return std::nullopt;
  }
  load_ns_ += Nanoseconds(config_.load_cost.value_or(load));
  ++bypassed_;
  if (bypassed_ < std::uint64_t{config_.window} * wait_windows_) {
    return std::nullopt;
  }
  const double loading = load_ns_ / static_cast<double>(bypassed_);
  last_load_ns_ = loading;
  bypassing_ = false;
  warming_ = true;
  wait_windows_ = std::min(wait_windows_ * 2, config_.wait_windows_max);
  BeginWindow();
  return WorthChange{.bypass = false, .loading_ns = loading};
}

}  // namespace attune::cache

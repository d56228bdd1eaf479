#include "attune/cache/cache_config.h"

#include <algorithm>
#include <bit>

namespace attune::cache {
namespace {

constexpr std::size_t kEntriesPerShard = 8192;  // fewer, and a shard sees too little of what recurs
constexpr std::size_t kShardsByDefaultMax = 16;
constexpr Bytes kEntryGuess = 256_B;  // when only bytes are limited

Error Invalid(const CacheConfig& config, const std::string& what) {
  return {ErrorCode::kInvalidArgument, "cache '" + config.name + "': " + what};
}

}  // namespace

Status Validate(const CacheLimits& limits) {
  if (limits.entries_max == 0) {
    return Error(ErrorCode::kInvalidArgument, "entries_max must be at least 1");
  }
  if (limits.bytes_max < kCacheBytesMin) {
    return Error(ErrorCode::kInvalidArgument,
                 "bytes_max is " + ToString(limits.bytes_max) + ", and must be at least " + ToString(kCacheBytesMin));
  }
  return OkStatus();
}

Status Validate(const CacheConfig& config) {
  if (const Status limits = Validate(CacheLimits{config.entries_max, config.bytes_max}); !limits.ok()) {
    return Invalid(config, limits.error().message());
  }
  if (config.time_to_live <= Duration(0)) {
    return Invalid(config, "time_to_live must be positive; kForever keeps entries");
  }
  if (config.negative_time_to_live < Duration(0) || config.stale_for < Duration(0)) {
    return Invalid(config, "negative_time_to_live and stale_for cannot be negative");
  }
  if (!(config.expiry_jitter >= 0 && config.expiry_jitter < 1)) {
    return Invalid(config, "expiry_jitter is " + std::to_string(config.expiry_jitter) + ", and must be in [0, 1)");
  }
  if (config.shards > kCacheShardsMax || (config.shards != 0 && !std::has_single_bit(config.shards))) {
    return Invalid(config, "shards is " + std::to_string(config.shards) + ", and must be a power of two up to " +
                               std::to_string(kCacheShardsMax));
  }
  if (config.shards != 0 && config.bytes_max < kCacheShardBytesMin * config.shards) {
    return Invalid(config, "bytes_max is " + ToString(config.bytes_max) + ", and " + std::to_string(config.shards) +
                               " shards need at least " + ToString(kCacheShardBytesMin * config.shards));
  }
  if (const Status worth = Validate(config.worth); !worth.ok()) {
    return Invalid(config, worth.error().message());
  }
  return OkStatus();
}

std::size_t ShardsFor(const CacheConfig& config) {
  if (config.shards != 0) {
    return config.shards;
  }
  const std::size_t by_bytes = static_cast<std::size_t>(config.bytes_max / kEntryGuess);
  const std::size_t entries = std::min(config.entries_max, by_bytes);
  return std::clamp<std::size_t>(std::bit_floor(entries / kEntriesPerShard), 1, kShardsByDefaultMax);
}

}  // namespace attune::cache

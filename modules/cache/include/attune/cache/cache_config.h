#pragma once
// CacheConfig: what a Cache may hold, for how long, and how it behaves. Every field has a default.
//
//   Cache<std::string, Answer> answers(clock, {.name = "answers", .entries_max = 500, .time_to_live = 5min});

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/policy_kind.h"
#include "attune/cache/worth.h"

namespace attune::cache {

inline constexpr Duration kForever = Duration::max();
inline constexpr std::size_t kEntriesUnlimited = ~std::size_t{0};
inline constexpr Bytes kBytesUnlimited = Bytes(~std::uint64_t{0});
inline constexpr Bytes kCacheBytesMin = 64_KiB;      // below this the bookkeeping alone may not fit
inline constexpr std::size_t kCacheShardsMax = 64;   // more locks than cores help nobody, and each shard costs memory:
inline constexpr Bytes kCacheShardBytesMin = 8_KiB;  // half of which is its empty tables

inline constexpr Bytes kChoosingBytesMin = 1_MiB;  // a smaller cache has no room for simulations: it uses ...
inline constexpr PolicyKind kPolicyOfSmallCaches = PolicyKind::kS3Fifo;  // ... this, unless told another
inline constexpr Bytes kChoosingEndsBytes = 512_KiB;  // one that chooses and becomes smaller than this ends it

// Both hold over all shards together; see cache.h.
struct CacheLimits {
  std::size_t entries_max = 10'000;
  Bytes bytes_max = 64_MiB;  // everything: keys, values, what they own, and the cache's own tables
};

struct CacheConfig {
  std::string name = "cache";  // in decisions, errors and the broker
  std::size_t entries_max = 10'000;
  Bytes bytes_max = 64_MiB;

  Duration time_to_live = kForever;                           // of a value; Put may say another
  Duration negative_time_to_live = std::chrono::seconds(10);  // of a remembered absence; 0 remembers none
  Duration stale_for = Duration(0);  // after its time a value still answers GetOrLoad while one caller refreshes it
  double expiry_jitter = 0;          // [0, 1): the share of its time by which an entry may expire early, so that what
                                     // was stored together does not expire together
  std::uint64_t seed = 1;            // of the jitter

  std::optional<PolicyKind> policy;  // none: the cache chooses, and changes its choice
  std::size_t shards = 0;            // 0: one for each 8192 entries, 16 at most. More suits more threads and
                                     // costs hit ratio in small caches. A power of two, at most one for each 8 KiB
  bool may_bypass = true;            // GetOrLoad stops caching while loading is cheaper than looking up
  WorthConfig worth;                 // how that is found out; costs may be told
};

// kInvalidArgument names the field that makes no sense.
Status Validate(const CacheConfig& config);
Status Validate(const CacheLimits& limits);

// How many shards a cache with this configuration has.
std::size_t ShardsFor(const CacheConfig& config);

}  // namespace attune::cache

#pragma once
// CacheStats: what a cache has done since it was made. Every count is exact: what was inserted and not removed, but for
// replacements, is what it holds.
//
//   const CacheStats stats = cache.Stats();
//   Show(stats.hit_ratio(), stats.evictions(), stats.bytes);

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"

namespace attune::cache {

// Why an entry left.
enum class RemovalReason : std::uint8_t {
  kEntryLimit,  // evicted: as many entries as allowed
  kByteLimit,   // evicted: as many bytes as allowed
  kShrink,      // evicted: Shrink or Resize asked for it
  kExpired,     // its time has passed
  kReplaced,    // the same key was stored again
  kErased,      // Erase, EraseIf or Clear; or something was to take its place that was not stored
};
inline constexpr std::size_t kRemovalReasons = 6;
std::string_view ToString(RemovalReason reason) noexcept;  // "byte limit"

// What Put did.
enum class PutOutcome : std::uint8_t {
  kInserted,  // the policy may let it go as soon as something has to
  kReplaced,
  kTooLarge,   // larger than the cache has room for beside its tables: not stored, nothing evicted for it, and an older
               // value of the key is removed
  kAllPinned,  // no room: what is left is pinned. Not stored, and an older value of the key is removed
  kOvertaken,  // only of loads: somebody stored or erased the key meanwhile
  kExpired,    // its time to live is over already: not stored, and an older value of the key is removed
};
constexpr bool Stored(PutOutcome outcome) noexcept { return outcome <= PutOutcome::kReplaced; }

struct CacheStats {
  // hits + misses is the number of lookups by Get, Read, Pin and GetOrLoad (those bypassed are in neither).
  std::uint64_t hits = 0;           // answered from the cache, the next two included
  std::uint64_t hits_negative = 0;  // ... that it does not exist
  std::uint64_t hits_stale = 0;     // ... with a value past its time
  std::uint64_t misses = 0;
  std::uint64_t loads = 0;           // loaders that ran for this cache, bypassed ones not
  std::uint64_t loads_failed = 0;    // an error or an exception; absence is not a failure
  std::uint64_t loads_joined = 0;    // lookups that waited for a load of somebody else
  Duration load_time = Duration(0);  // in all loads together
  std::uint64_t bypasses = 0;        // lookups that went past the cache because loading is cheaper
  std::uint64_t insertions = 0;      // replacements not included
  std::array<std::uint64_t, kRemovalReasons> removals = {};  // by RemovalReason
  std::uint64_t refusals_too_large = 0;
  std::uint64_t refusals_pinned = 0;
  std::uint64_t policy_switches = 0;

  std::size_t entries = 0;
  std::size_t entries_max = 0;
  std::size_t pinned = 0;
  Bytes bytes;
  Bytes bytes_max;
  std::string policy;  // "s3-fifo"
  bool bypassing = false;

  std::uint64_t removed(RemovalReason reason) const noexcept { return removals[static_cast<std::size_t>(reason)]; }
  std::uint64_t evictions() const noexcept {
    return removed(RemovalReason::kEntryLimit) + removed(RemovalReason::kByteLimit) + removed(RemovalReason::kShrink);
  }
  double hit_ratio() const noexcept {
    const std::uint64_t lookups = hits + misses;
    return lookups == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(lookups);
  }
};

}  // namespace attune::cache

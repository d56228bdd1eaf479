#pragma once
// EvictedSample: how many of the misses a somewhat larger cache would have answered.
//
// Remembers one in sixteen of the keys that were evicted lately, by their hash; a miss on one of
// them would have been a hit in a cache that evicts later. The table is direct-mapped: an eviction overwrites
// what shares its place, so that about the last 1024 evictions are represented by 64 words.
//
// Threads    none: whoever holds the shard's lock.
// Cost       O(1), 512 bytes. Only evictions and misses come here.

#include <array>
#include <cstdint>

#include "attune/cache/policy.h"

namespace attune::cache {

class EvictedSample {
 public:
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::uint64_t kRate = 16;                  // one key in so many
  static constexpr std::uint64_t kEntries = kPlaces * kRate;  // evictions represented: the "somewhat larger"

  void Evicted(KeyHash hash) noexcept {
    if (Samples(hash)) {
      places_[Place(hash)] = hash;
    }
  }
  void Missed(KeyHash hash) noexcept {
    if (Samples(hash) && places_[Place(hash)] == hash) {
      places_[Place(hash)] = 0;
      ++returned_;
    }
  }
  // Misses that would have been hits, as a count of all keys.
  std::uint64_t returned() const noexcept { return returned_ * kRate; }

 private:
  static bool Samples(KeyHash hash) noexcept { return (hash >> 40U) % kRate == 0 && hash != 0; }
  static std::size_t Place(KeyHash hash) noexcept { return (hash >> 44U) % kPlaces; }

  std::array<KeyHash, kPlaces> places_ = {};
  std::uint64_t returned_ = 0;
};

}  // namespace attune::cache

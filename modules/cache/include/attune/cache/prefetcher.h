#pragma once
// Prefetcher: guesses which keys will be asked for next. One small interface for all of them.
//
// A prefetcher sees every access and, when asked, proposes keys together with a confidence
// level. What a level is worth nobody declares: PrefetchGate (prefetch_gate.h) counts how
// often proposals of each level come true, and loads only those that are good enough.
//
//   StridePrefetcher stride;
//   std::vector<Proposal> proposals;
//   stride.Observe(address);
//   stride.Propose(1, proposals);  // what comes next, at most one step ahead
//
// Order      (Observe Propose?)*: Propose speaks about the access observed last.
// Threads    none: whoever holds the cache's lock, or one thread that owns the gate.
// Cost       O(1) for each call, up to the bounds in each prefetcher's configuration.
// Bounds     every table has a size in its configuration; bytes() says what it holds.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"

namespace attune::cache {

// A key as a number: a disk address, a row id, or a hash where keys are something else.
using PrefetchKey = std::uint64_t;

// Whether the distance of two keys means anything.
enum class KeySpace : std::uint8_t {
  kOpaque,   // hashes, random ids, ids numbered by first appearance: key + 1 is no neighbour
  kSpatial,  // addresses, offsets, page numbers: key + 1 lies beside key
};
std::string_view ToString(KeySpace space) noexcept;

// Levels are names, not grades: a higher one is not promised to be better.
inline constexpr std::size_t kConfidenceLevels = 16;

struct Proposal {
  PrefetchKey key = 0;
  std::uint8_t level = 0;  // below kConfidenceLevels

  friend bool operator==(const Proposal&, const Proposal&) = default;
};

class Prefetcher {
 public:
  Prefetcher() = default;
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;
  virtual ~Prefetcher() = default;

  virtual std::string_view name() const noexcept = 0;  // "stride"; constant
  // True for those that compute with keys; a cache with opaque keys does without them.
  virtual bool needs_spatial_keys() const noexcept { return false; }
  virtual Bytes bytes() const noexcept = 0;  // capacity of its tables

  virtual void Observe(PrefetchKey key) = 0;
  // Appends up to `depth` steps ahead of the last access, the nearest first; nothing when it
  // has no idea. REQUIRES: depth >= 1.
  virtual void Propose(std::size_t depth, std::vector<Proposal>& proposals) = 0;
};

}  // namespace attune::cache

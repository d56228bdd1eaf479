#pragma once
// Replay: what each policy, the self-choosing cache and Belady's optimum make of a trace.
//
//   const std::vector<ChainPart> parts = {{.keys = trace_a.keys}, {.keys = trace_b.keys, .source = 1}};
//   const std::vector<KeyHash> requests = Chain(parts);
//   const ReplayResult lru = ReplayPolicy(requests, 1000, PolicyKind::kLru, SystemClock());
//   const ReplayResult self_choosing = ReplaySelfChoosing(requests, 1000, SystemClock());
//   const std::uint64_t optimum = OptimalHits(requests, 1000);
//
// All of them run on the same simulated cache of keys, which is also the unit of the selector's
// miniatures, so that ratios, times and bytes may be compared with each other. The times are
// those of policy and index; a real cache adds its values, locks and clocks to every row.
//
// Threads    free functions without state.
// Cost       O(requests) each, OptimalHits O(n log n) and 24 bytes a request.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/cache/policy.h"
#include "attune/cache/policy_kind.h"
#include "attune/cache/policy_selector.h"

namespace attune::cache {

// A part of a chain. Parts with one source have their keys in common; equal numbers
// of different sources are different keys.
struct ChainPart {
  std::span<const std::uint64_t> keys;
  std::size_t source = 0;
};

// The parts as one stream of hashed requests.
std::vector<KeyHash> Chain(std::span<const ChainPart> parts);
// The same before hashing: distances between the keys of one source are kept, as prefetching wants them.
// Replayed with prefetching, these are the same requests.
std::vector<std::uint64_t> ChainKeys(std::span<const ChainPart> parts);

struct ReplayResult {
  std::uint64_t hits = 0;
  Duration access_time{};      // of all requests; includes picking the sample
  Duration simulation_time{};  // of the selector's miniatures, moves included; zero for a fixed policy
  Bytes policy_bytes;          // at the end: queues, ghosts, frequencies
  Bytes selector_bytes;        // miniatures; zero for a fixed policy
  Bytes total_bytes;           // with keys and index, without values

  std::uint64_t simulated = 0;  // accesses of the miniatures, each candidate's counted
  std::uint64_t episodes = 0;   // of learning

  struct Move {
    std::uint64_t request = 0;  // after how many
    PolicyChange change;
  };
  std::vector<Move> moves;               // of the self-choosing cache
  PolicyKind policy = PolicyKind::kLru;  // at the end
};

// REQUIRES: entries_max > 0.
ReplayResult ReplayPolicy(std::span<const KeyHash> requests, std::size_t entries_max, PolicyKind kind,
                          const Clock& clock);
ReplayResult ReplaySelfChoosing(std::span<const KeyHash> requests, std::size_t entries_max, const Clock& clock,
                                const PolicySelectorConfig& config = {});

// REQUIRES: entries_max > 0 and fewer than 2^32 requests.
std::uint64_t OptimalHits(std::span<const KeyHash> requests, std::size_t entries_max);

}  // namespace attune::cache

#include "belady.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <unordered_map>
#include <vector>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

using Position = std::uint32_t;
constexpr Position kNever = std::numeric_limits<Position>::max();

// For every request, where its key is requested next. Keys become small numbers on the way.
struct Future {
  std::vector<Position> next;
  std::vector<std::uint32_t> key;  // number of the key, by first appearance
  std::size_t keys = 0;
};

Future FutureOf(std::span<const KeyHash> requests) {
  Future future{std::vector<Position>(requests.size(), kNever), std::vector<std::uint32_t>(requests.size()), 0};
  struct Seen {
    std::uint32_t key;
    Position last;
  };
  std::unordered_map<KeyHash, Seen> seen;
  for (Position at = 0; at < requests.size(); ++at) {
    const auto [entry, first] = seen.try_emplace(requests[at], Seen{static_cast<std::uint32_t>(seen.size()), at});
    if (!first) future.next[entry->second.last] = at;
    entry->second.last = at;
    future.key[at] = entry->second.key;
  }
  future.keys = seen.size();
  return future;
}

}  // namespace

std::uint64_t BeladyHits(std::span<const KeyHash> requests, std::size_t entries_max) {
  ATTUNE_CHECK(entries_max > 0, "a cache holds at least one entry");
  ATTUNE_CHECK(requests.size() < kNever, "positions fit 32 bits");
  const Future future = FutureOf(requests);
  struct Use {
    Position next;
    std::uint32_t key;
    bool operator<(const Use& other) const { return next < other.next; }
  };
  std::priority_queue<Use> uses;  // an element is stale unless its key is resident with this next use
  std::vector<Position> resident_until(future.keys, 0);  // next use of a resident key; 0: not resident
  std::size_t resident = 0;
  std::uint64_t hits = 0;
  for (Position at = 0; at < requests.size(); ++at) {
    const std::uint32_t key = future.key[at];
    if (resident_until[key] != 0) {
      ++hits;
    } else {
      if (resident == entries_max) {
        while (resident_until[uses.top().key] != uses.top().next) uses.pop();
        resident_until[uses.top().key] = 0;
        uses.pop();
        --resident;
      }
      ++resident;
    }
    resident_until[key] = future.next[at];
    uses.push({future.next[at], key});
  }
  return hits;
}

}  // namespace attune::cache

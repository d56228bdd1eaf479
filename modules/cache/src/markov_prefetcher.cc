#include "attune/cache/markov_prefetcher.h"

#include <algorithm>
#include <bit>
#include <span>
#include <string>
#include <utility>

#include "attune/base/check.h"
#include "mix64.h"

namespace attune::cache {
namespace {

constexpr std::size_t kKeysMax = std::size_t{1} << 26U;  // 2 GiB of table: beyond it, the keys are no guess any more

// A key that is no longer read keeps its place for about 7 * 8 newcomers to its set. Without wear, the keys of
// yesterday stay for ever while those of today fight for one place.
constexpr std::uint64_t kWearEvery = 8;

}  // namespace

Status Validate(const MarkovConfig& config) {
  if (config.keys_max < 4 || config.keys_max > kKeysMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "keys_max is " + std::to_string(config.keys_max) + "; it must be 4 to " + std::to_string(kKeysMax));
  }
  return OkStatus();
}

MarkovPrefetcher::MarkovPrefetcher(MarkovConfig config) {
  ATTUNE_CHECK(Validate(config).ok(), "invalid MarkovConfig");
  entries_.resize(std::bit_ceil(config.keys_max));
}

Bytes MarkovPrefetcher::bytes() const noexcept {
  return Bytes(sizeof(*this) + entries_.capacity() * sizeof(Successors));
}

std::size_t MarkovPrefetcher::SetOf(PrefetchKey key) const noexcept {
  return (Mix64(key) & (entries_.size() / kWays - 1)) * kWays;
}

const MarkovPrefetcher::Successors* MarkovPrefetcher::Find(PrefetchKey key) const noexcept {
  const std::span<const Successors> set(&entries_[SetOf(key)], kWays);
  const auto found = std::ranges::find_if(set, [key](const auto& e) { return e.first_count > 0 && e.key == key; });
  return found == set.end() ? nullptr : &*found;
}

void MarkovPrefetcher::Observe(PrefetchKey key) {
  moved_ = !started_ || key != last_;
  if (!moved_) return;
  if (started_) LearnPair(last_, key);
  last_ = key;
  started_ = true;
}

void MarkovPrefetcher::Wear(Successors& entry) {
  if (entry.first_count > 1) --entry.first_count;
  entry.second_count = std::min(entry.second_count, entry.first_count);
}

void MarkovPrefetcher::LearnPair(PrefetchKey key, PrefetchKey next) {
  const std::span<Successors> set(&entries_[SetOf(key)], kWays);
  const auto known = std::ranges::find_if(set, [key](const auto& e) { return e.first_count > 0 && e.key == key; });
  if (known != set.end()) {
    Learn(*known, next);
    return;
  }
  const auto weakest = std::ranges::min_element(set, {}, &Successors::first_count);
  if (weakest->first_count > 0 && ++crowded_ % kWearEvery == 0) {
    for (Successors& entry : set) Wear(entry);
  }
  if (weakest->first_count > 1) {  // whoever wants a confident one's place wears it down first
    Wear(*weakest);
    return;
  }
  *weakest = {.key = key, .first = next, .first_count = 1};
}

void MarkovPrefetcher::Learn(Successors& entry, PrefetchKey next) {
  if (next == entry.first) {
    entry.first_count = std::min<std::uint8_t>(entry.first_count + 1, kCountMax);
    return;
  }
  if (entry.first_count > 1) --entry.first_count;
  LearnOther(entry, next);
  if (entry.second_count > entry.first_count) {
    std::swap(entry.first, entry.second);
    std::swap(entry.first_count, entry.second_count);
  }
}

void MarkovPrefetcher::LearnOther(Successors& entry, PrefetchKey next) {
  if (entry.second_count > 0 && next == entry.second) {
    entry.second_count = std::min<std::uint8_t>(entry.second_count + 1, kCountMax);
  } else if (entry.second_count > 1) {
    --entry.second_count;
  } else {
    entry.second = next;
    entry.second_count = 1;
  }
}

void MarkovPrefetcher::Propose(std::size_t depth, std::vector<Proposal>& proposals) {
  ATTUNE_CHECK(depth >= 1, "a depth of 0 proposes nothing");
  if (!started_ || !moved_) return;
  const Successors* entry = Find(last_);
  for (std::size_t step = 0; step < depth && entry != nullptr; ++step) {
    proposals.push_back({.key = entry->first, .level = entry->first_count});
    if (step == 0 && entry->second_count > 0) {
      proposals.push_back({.key = entry->second, .level = static_cast<std::uint8_t>(8 + entry->second_count)});
    }
    entry = Find(entry->first);
  }
}

}  // namespace attune::cache

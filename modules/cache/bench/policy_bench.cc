// What a policy costs beside the table and the lock: hits, and replacements, at full caches of several sizes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "attune/cache/policies.h"

namespace attune::cache {
namespace {

constexpr std::size_t kScript = std::size_t{1} << 16U;  // accesses prepared beforehand; a power of two

std::uint64_t NextRandom(std::uint64_t& state) {
  state ^= state << 13U;
  state ^= state >> 7U;
  state ^= state << 17U;
  return state * 0x2545F4914F6CDD1DULL;
}

std::unique_ptr<Policy> FullPolicy(PolicyKind kind, std::size_t entries, std::uint64_t& random) {
  auto policy = MakePolicy(kind, {.entries_max = entries});
  for (Slot slot = 0; slot < entries; ++slot) policy->OnInsert(slot, NextRandom(random));
  // Through a few generations, so that ghosts and queues are as in the long run.
  for (std::size_t i = 0; i < 4 * entries; ++i) {
    const KeyHash key = NextRandom(random);
    policy->OnInsert(policy->Evict(key), key);
  }
  return policy;
}

// Hits spread evenly over all entries.
void BM_PolicyHit(benchmark::State& state, PolicyKind kind) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  std::uint64_t random = 1;
  const auto policy = FullPolicy(kind, entries, random);
  std::vector<Slot> slots(kScript);
  for (Slot& slot : slots) slot = static_cast<Slot>(NextRandom(random) % entries);
  std::size_t at = 0;
  for (auto _ : state) policy->OnHit(slots[at++ % kScript]);
  state.counters["bytes/entry"] = static_cast<double>(policy->bytes().count()) / static_cast<double>(entries);
}

// Every access misses: a victim is named and a newcomer enters. Some newcomers return as ghosts.
void BM_PolicyReplace(benchmark::State& state, PolicyKind kind) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  std::uint64_t random = 1;
  const auto policy = FullPolicy(kind, entries, random);
  std::vector<KeyHash> keys(kScript);  // a fifth of them came before, at most `entries` ago
  for (KeyHash& key : keys) key = NextRandom(random);
  for (std::size_t i = entries; i < kScript; i += 5) keys[i] = keys[i - NextRandom(random) % entries];
  std::uint64_t round = 0;
  std::size_t at = 0;
  for (auto _ : state) {
    const KeyHash key = keys[at] ^ round;  // other keys in each round
    policy->OnInsert(policy->Evict(key), key);
    if (++at == kScript) {
      at = 0;
      round += 0x9E3779B97F4A7C15ULL;
    }
  }
}

[[maybe_unused]] const int kRegistered = [] {
  for (const PolicyKind kind : kPolicyKinds) {
    const std::string name(ToString(kind));
    benchmark::RegisterBenchmark(("BM_PolicyHit/" + name).c_str(), BM_PolicyHit, kind)->Arg(10'000)->Arg(1'000'000);
    benchmark::RegisterBenchmark(("BM_PolicyReplace/" + name).c_str(), BM_PolicyReplace, kind)->Arg(10'000);
  }
  return 0;
}();

}  // namespace
}  // namespace attune::cache

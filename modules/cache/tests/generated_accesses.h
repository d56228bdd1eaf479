#pragma once
// Accesses of known nature, for tests and benchmarks: nothing here comes from a recorded trace.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache::generated {

using Accesses = std::vector<std::uint64_t>;

// `streams` sequences with strides of 1 to 64, interleaved at random; each jumps away now and then.
inline Accesses InterleavedStreams(std::size_t count, std::size_t streams, sys::Random& random) {
  constexpr std::uint64_t kSpace = std::uint64_t{1} << 40U;
  Accesses next(streams);
  Accesses strides(streams);
  for (auto& key : next) key = random.Below(kSpace);
  for (auto& stride : strides) stride = 1 + random.Below(64);
  Accesses accesses(count);
  for (auto& key : accesses) {
    const std::size_t stream = random.Below(streams);
    key = next[stream];
    next[stream] = random.Chance(0.001) ? random.Below(kSpace) : key + strides[stream];
  }
  return accesses;
}

inline Accesses UniformKeys(std::size_t count, std::uint64_t keys, sys::Random& random) {
  Accesses accesses(count);
  for (auto& key : accesses) key = random.Below(keys);
  return accesses;
}

// Chains of 5 to 40 unrelated keys, each read from its start to its end, in random order.
inline Accesses RepeatedChains(std::size_t count, std::size_t chains, sys::Random& random) {
  std::vector<Accesses> all(chains);
  for (auto& chain : all) {
    chain.resize(5 + random.Below(36));
    for (auto& key : chain) key = random.Next();
  }
  Accesses accesses;
  while (accesses.size() < count) {
    const Accesses& chain = all[random.Below(chains)];
    accesses.insert(accesses.end(), chain.begin(), chain.end());
  }
  accesses.resize(count);
  return accesses;
}

// Few keys are asked for often, in no order: key k with a probability of about 1 / k.
inline Accesses SkewedKeys(std::size_t count, std::uint64_t keys, sys::Random& random) {
  Accesses accesses(count);
  for (auto& key : accesses) key = static_cast<std::uint64_t>(std::pow(static_cast<double>(keys), random.Unit()));
  return accesses;
}

// Sequences of at most `length_max` keys: they end as soon as one begins to trust them.
inline Accesses ShortRuns(std::size_t count, std::uint64_t length_max, sys::Random& random) {
  Accesses accesses;
  while (accesses.size() < count) {
    const std::uint64_t start = random.Below(std::uint64_t{1} << 40U);
    const std::uint64_t length = 1 + random.Below(length_max);
    for (std::uint64_t i = 0; i < length; ++i) accesses.push_back(start + i);
  }
  accesses.resize(count);
  return accesses;
}

}  // namespace attune::cache::generated

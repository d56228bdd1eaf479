#pragma once
// Generated workloads on which the selector is judged: each with a policy that suits it, and none recorded.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache {

using Keys = std::vector<std::uint64_t>;

// Key k is requested in proportion to 1 / (k + 1)^skew.
class Zipf {
 public:
  Zipf(std::size_t keys, double skew) {
    double sum = 0;
    for (std::size_t k = 0; k < keys; ++k) {
      sum += std::pow(static_cast<double>(k + 1), -skew);
      sums_.push_back(sum);
    }
  }
  std::uint64_t operator()(sys::Random& random) const {
    const auto at = std::upper_bound(sums_.begin(), sums_.end(), random.Unit() * sums_.back());
    return static_cast<std::uint64_t>(std::min(at, sums_.end() - 1) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

constexpr std::uint64_t kOnce = 1ULL << 40U;  // keys from here on are requested a single time
constexpr std::uint64_t kLoop = 1ULL << 41U;  // keys of a loop

inline Keys ZipfKeys(std::uint64_t seed, std::size_t count, std::size_t keys, double skew) {
  sys::Random random(seed);
  const Zipf zipf(keys, skew);
  Keys trace(count);
  for (std::uint64_t& key : trace) key = zipf(random);
  return trace;
}

// The hot set moves on by `step` keys every `every` requests.
inline Keys ShiftingKeys(std::uint64_t seed, std::size_t count, std::size_t every, std::size_t step) {
  Keys trace = ZipfKeys(seed, count, 5'000, 0.9);
  for (std::size_t i = 0; i < count; ++i) trace[i] += i / every * step;
  return trace;
}

// One request in four is for a key that never comes again.
inline Keys ScannedKeys(std::uint64_t seed, std::size_t count) {
  sys::Random random(seed);
  Keys trace = ZipfKeys(seed, count, 5'000, 0.9);
  for (std::size_t i = 0; i < count; ++i) {
    if (random.Chance(0.25)) trace[i] = kOnce + i;
  }
  return trace;
}

// Loops of random lengths, each a few rounds long.
inline Keys LoopingKeys(std::uint64_t seed, std::size_t count, std::size_t length_max) {
  sys::Random random(seed);
  Keys trace;
  while (trace.size() < count) {
    const std::size_t length = length_max / 8 + random.Below(length_max);
    const std::size_t rounds = 3 + random.Below(6);
    for (std::size_t i = 0; i < length * rounds && trace.size() < count; ++i) trace.push_back(kLoop + i % length);
  }
  return trace;
}

// A request comes back after a geometric number of others, or never: recency is all there is.
inline Keys RecentKeys(std::uint64_t seed, std::size_t count, double distance) {
  sys::Random random(seed);
  Keys trace;
  for (std::size_t i = 0; i < count; ++i) {
    const auto back = static_cast<std::size_t>(random.Exponential(distance));
    trace.push_back(back < i && random.Chance(0.7) ? trace[i - 1 - back] : kOnce + i);
  }
  return trace;
}

// A loop and a skewed set, request by request.
inline Keys LoopAndZipfKeys(std::uint64_t seed, std::size_t count, std::size_t length) {
  sys::Random random(seed);
  Keys trace = ZipfKeys(seed, count, 5'000, 0.9);
  for (std::size_t i = 0; i < count; ++i) {
    if (random.Chance(0.5)) trace[i] = kLoop + i / 2 % length;
  }
  return trace;
}

inline Keys Joined(std::initializer_list<Keys> parts) {
  Keys trace;
  for (const Keys& part : parts) trace.insert(trace.end(), part.begin(), part.end());
  return trace;
}

}  // namespace attune::cache

#pragma once
// Random: seeded randomness; the same seed gives the same run on every machine.
// SecureToken: unpredictable bytes from the kernel.
//
//   Random random(seed);
//   const std::uint64_t die = random.Below(6) + 1;
//
// Algorithm  xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom
//            number generators", 2018), seeded through SplitMix64. Never use it
//            for secrets.
// Threads    one thread at a time; give each thread its own Fork().
// Cost       about 1 ns a number.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "attune/base/result.h"

namespace attune::sys {

class Random {
 public:
  using result_type = std::uint64_t;  // a UniformRandomBitGenerator, for std::shuffle and friends

  explicit Random(std::uint64_t seed) noexcept;

  std::uint64_t Next() noexcept;
  // Uniform in [0, bound), without bias. REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound) noexcept;
  // Uniform in [low, high], both included. REQUIRES: low <= high.
  std::int64_t Between(std::int64_t low, std::int64_t high) noexcept;
  // Uniform in [0, 1), 53 bits.
  double Unit() noexcept;
  // True with this probability; 0 and below never, 1 and above always.
  bool Chance(double probability) noexcept;
  // Exponentially distributed with this mean: the gap between random arrivals.
  double Exponential(double mean) noexcept;
  // An independent generator; moves this one by one step.
  Random Fork() noexcept;

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }
  result_type operator()() noexcept { return Next(); }

 private:
  std::array<std::uint64_t, 4> state_;
};

inline constexpr std::size_t kSecureTokenBytesMax = 256;  // what getrandom gives without being interrupted

// `bytes` random bytes as twice as many lower-case hexadecimal digits.
// kUnavailable if the kernel has none to give. REQUIRES: 16 <= bytes <= 256.
Result<std::string> SecureToken(std::size_t bytes = 32);

// A seed for Random that differs on every start.
Result<std::uint64_t> RandomSeed();

}  // namespace attune::sys

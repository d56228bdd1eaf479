#pragma once
// Mix64: spreads the bits of a number over all 64 of them (the finaliser of SplitMix64:
// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
// A bijection; 1 ns; no protection against chosen inputs.

#include <cstdint>

namespace attune::cache {

constexpr std::uint64_t Mix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

}  // namespace attune::cache

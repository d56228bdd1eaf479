#pragma once
// Bytes: an amount of memory. A type of its own, so that a byte count can
// meet neither an item count nor a page count by accident.
//
//   PoolConfig{.budget = 64_MiB}

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune {

class Bytes {
 public:
  constexpr Bytes() = default;
  explicit constexpr Bytes(std::uint64_t count) : count_(count) {}

  constexpr std::uint64_t count() const noexcept { return count_; }

  friend constexpr auto operator<=>(Bytes, Bytes) = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes(a.count_ + b.count_); }
  friend constexpr Bytes operator-(Bytes a, Bytes b) {  // REQUIRES: a >= b
    ATTUNE_CHECK(a >= b, "byte amounts are never negative");
    return Bytes(a.count_ - b.count_);
  }
  friend constexpr Bytes operator*(Bytes a, std::uint64_t n) { return Bytes(a.count_ * n); }
  friend constexpr std::uint64_t operator/(Bytes a, Bytes b) {  // how many b fit in a
    ATTUNE_CHECK(b.count_ != 0, "division by zero bytes");
    return a.count_ / b.count_;
  }

 private:
  std::uint64_t count_ = 0;
};

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return Bytes(n); }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes(n << 10U); }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes(n << 20U); }
constexpr Bytes operator""_GiB(unsigned long long n) { return Bytes(n << 30U); }
}  // namespace literals

// "512", "64KiB", "1GiB", "2G" (binary like the rest). Fails with kInvalidArgument on anything else and on
// overflow. O(text). Never allocates unless it fails.
Result<Bytes> ParseBytes(std::string_view text);

// Exact when a unit divides evenly ("64MiB"), else the plain count ("1000").
std::string ToString(Bytes amount);

}  // namespace attune

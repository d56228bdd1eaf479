#pragma once
// Varint: little-endian base-128 numbers (LEB128), seven bits a byte, the high bit says that more follow.

#include <cstddef>
#include <cstdint>

namespace attune::index {

inline constexpr std::size_t kVarintBytesMax = 5;  // of a 32-bit number

// Writes up to kVarintBytesMax bytes at `at` and returns the end.
inline char* PutVarint(char* at, std::uint32_t value) noexcept {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  *at++ = static_cast<char>(value);
  return at;
}

// Reads within [at, end); past the end it yields zeros and stays there, so a cut input cannot be overrun. Bits beyond
// the 32nd are dropped.
class VarintReader {
 public:
  VarintReader(const char* at, const char* end) noexcept : at_(at), end_(end) {}

  std::uint32_t Next() noexcept {
    std::uint32_t value = 0;
    for (unsigned shift = 0; at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift < 32) {
        value |= static_cast<std::uint32_t>(byte & 0x7FU) << shift;
      }
      if (byte < 0x80) {
        break;
      }
    }
    return value;
  }

  // Skips `count` numbers.
  void Skip(std::uint64_t count) noexcept {
    while (count != 0 && at_ != end_) {
      count -= static_cast<unsigned char>(*at_++) < 0x80 ? 1U : 0U;
    }
  }

  bool at_end() const noexcept { return at_ == end_; }
  const char* position() const noexcept { return at_; }

 private:
  const char* at_;
  const char* end_;
};

}  // namespace attune::index

#pragma once
// ByteMasks: 64 bytes of text as bit masks, bit i for byte i, and the same bytes in lower case. SSE2 where the compiler
// has it (every x86-64), a plain loop elsewhere; both give the same bits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::index {

struct ByteMasks {
  std::uint64_t alpha = 0;  // [A-Za-z]
  std::uint64_t upper = 0;
  std::uint64_t digit = 0;
  std::uint64_t underscore = 0;
  std::uint64_t high = 0;  // bytes >= 0x80
  // ASCII in lower case. What follows the 64 bytes is readable and has no meaning.
  alignas(16) std::array<char, 64 + 64> lower;

  // Reads min(left, 64) bytes; the rest counts as blanks.
  ByteMasks(const char* data, std::size_t left) noexcept {
    alignas(16) std::array<char, 64> tail;
    if (left < 64) {
      tail.fill(' ');
      std::memcpy(tail.data(), data, left);
      data = tail.data();
    }
    Classify(data);
  }

  std::uint64_t word() const noexcept { return alpha | digit | underscore | high; }

  // Where a part begins within an ASCII word: lower|Upper, UPPER|Upper+lower, letter|digit, digit|letter.
  std::uint64_t Boundaries() const noexcept {
    const std::uint64_t small = alpha & ~upper;
    return (upper & (small << 1U)) | (digit & (alpha << 1U)) | (alpha & (digit << 1U)) | LastOfCapitals();
  }
  // The capital that begins the part after an acronym: the S of HTTPServer.
  std::uint64_t LastOfCapitals() const noexcept { return upper & (upper << 1U) & ((alpha & ~upper) >> 1U); }

 private:
#if defined(__SSE2__)
  static std::uint64_t Bits(__m128i lanes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(lanes)); }
  static __m128i InRange(__m128i v, char first, char count) noexcept {
    const __m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(count - 1))), offset);
  }
  void Classify(const char* data) noexcept {
    const __m128i case_bit = _mm_set1_epi8(0x20);
    for (unsigned i = 0; i < 64; i += 16) {
      __m128i v;
      std::memcpy(&v, data + i, sizeof v);
      const __m128i capital = InRange(v, 'A', 26);
      const __m128i folded = _mm_or_si128(v, _mm_and_si128(capital, case_bit));
      std::memcpy(lower.data() + i, &folded, sizeof folded);
      alpha |= Bits(InRange(folded, 'a', 26)) << i;
      upper |= Bits(capital) << i;
      digit |= Bits(InRange(v, '0', 10)) << i;
      underscore |= Bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('_'))) << i;
      high |= Bits(v) << i;
    }
  }
#else
  void Classify(const char* data) noexcept {
    for (unsigned i = 0; i < 64; ++i) {
      const auto byte = static_cast<unsigned char>(data[i]);
      const bool capital = static_cast<unsigned>(byte - 'A') < 26U;
      const std::uint64_t bit = std::uint64_t{1} << i;
      lower[i] = static_cast<char>(capital ? byte | 0x20U : byte);
      alpha |= capital || static_cast<unsigned>(byte - 'a') < 26U ? bit : 0;
      upper |= capital ? bit : 0;
      digit |= static_cast<unsigned>(byte - '0') < 10U ? bit : 0;
      underscore |= byte == '_' ? bit : 0;
      high |= byte >= 0x80 ? bit : 0;
    }
  }
#endif
};

}  // namespace attune::index

#pragma once
// ByteMasks: 64 bytes of text as bit masks, bit i for byte i. SSE2 where the compiler has it (every x86-64), a
// table-free loop elsewhere; both give the same bits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::index {

struct ByteMasks {
  std::uint64_t word = 0;     // [A-Za-z0-9_] and bytes >= 0x80
  std::uint64_t careful = 0;  // the word around this byte has to be split or folded: see TokenizeRun

  // Reads min(left, 64) bytes. Blocks follow each other: boundaries look back into the block before.
  void Next(const char* data, std::size_t left) noexcept {
    std::array<char, 64> tail;
    if (left < 64) {
      tail.fill(' ');
      std::memcpy(tail.data(), data, left);
      data = tail.data();
    }
    Classes c;
    Classify(data, c);
    const std::uint64_t lower = c.alpha & ~c.upper;
    const std::uint64_t upper_1 = (c.upper << 1U) | (upper_carry_ >> 1U);
    const std::uint64_t upper_2 = (c.upper << 2U) | upper_carry_;
    const std::uint64_t digit_1 = (c.digit << 1U) | digit_carry_;
    const std::uint64_t lower_1 = (lower << 1U) | lower_carry_;
    const std::uint64_t alpha_1 = upper_1 | lower_1;
    word = c.alpha | c.digit | c.underscore | c.high;
    careful = c.underscore | c.high | (c.upper & lower_1) | (c.digit & alpha_1) | (c.alpha & digit_1) |
              (lower & upper_1 & upper_2);
    upper_carry_ = c.upper >> 62U;
    digit_carry_ = c.digit >> 63U;
    lower_carry_ = lower >> 63U;
  }

 private:
  struct Classes {
    std::uint64_t alpha = 0;
    std::uint64_t upper = 0;
    std::uint64_t digit = 0;
    std::uint64_t underscore = 0;
    std::uint64_t high = 0;
  };

#if defined(__SSE2__)
  static std::uint64_t Bits(__m128i lanes) noexcept { return static_cast<unsigned>(_mm_movemask_epi8(lanes)); }
  static __m128i InRange(__m128i v, char first, char count) noexcept {
    const __m128i offset = _mm_sub_epi8(v, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(static_cast<char>(count - 1))), offset);
  }
  static void Classify(const char* data, Classes& c) noexcept {
    for (unsigned i = 0; i < 64; i += 16) {
      __m128i v;
      std::memcpy(&v, data + i, sizeof v);
      c.alpha |= Bits(InRange(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 26)) << i;
      c.upper |= Bits(InRange(v, 'A', 26)) << i;
      c.digit |= Bits(InRange(v, '0', 10)) << i;
      c.underscore |= Bits(_mm_cmpeq_epi8(v, _mm_set1_epi8('_'))) << i;
      c.high |= Bits(v) << i;
    }
  }
#else
  static void Classify(const char* data, Classes& c) noexcept {
    for (unsigned i = 0; i < 64; ++i) {
      const auto byte = static_cast<unsigned char>(data[i]);
      const std::uint64_t bit = std::uint64_t{1} << i;
      c.alpha |= static_cast<unsigned>((byte | 0x20U) - 'a') < 26U ? bit : 0;
      c.upper |= static_cast<unsigned>(byte - 'A') < 26U ? bit : 0;
      c.digit |= static_cast<unsigned>(byte - '0') < 10U ? bit : 0;
      c.underscore |= byte == '_' ? bit : 0;
      c.high |= byte >= 0x80 ? bit : 0;
    }
  }
#endif

  // What the previous block ended with, in the low bits. The first block follows a separator.
  std::uint64_t upper_carry_ = 0;  // bit 1: the byte before, bit 0: the one before that
  std::uint64_t digit_carry_ = 0;
  std::uint64_t lower_carry_ = 0;
};

}  // namespace attune::index

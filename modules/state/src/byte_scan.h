#pragma once
// Looking at eight bytes of text at once.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace attune::state {

constexpr std::uint64_t RepeatByte(std::uint64_t byte) { return byte * 0x0101010101010101ULL; }

// The high bit of each byte that is zero. A borrow can only invent a hit above a real
// one, so the answer is exact as to whether and, from below, where the first is.
constexpr std::uint64_t ZeroBytes(std::uint64_t word) { return (word - RepeatByte(0x01)) & ~word & RepeatByte(0x80); }

// The first byte from `at` on for which `is_special`; text.size() when there is none.
// `has_special(word)` is non-zero when one of eight bytes may be.
template <typename HasSpecial, typename IsSpecial>
std::size_t FindByte(std::string_view text, std::size_t at, HasSpecial has_special, IsSpecial is_special) {
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    if (has_special(word) != 0) {
      break;
    }
  }
  while (at < text.size() && !is_special(text[at])) {
    ++at;
  }
  return at;
}

}  // namespace attune::state

#pragma once
// UTF-8 out of code points, and where a sequence of it ends.
//
//   std::string text;
//   AppendUtf8(0x20AC, text);           // "€"
//   DecodeUtf8Step(text);               // {3, true}
//   DecodeUtf8Step("\xE2\x82 of it");   // {2, false}: U+FFFD stands for both, as the Unicode standard recommends
//
// Threads    pure functions.
// Cost       one call of `put` for each octet, at most four.
// Errors     none: a surrogate, or what is no code point, is encoded as if it were one; callers exclude them.
//            Reading is strict: no overlong forms, no surrogates, nothing above U+10FFFF.

#include <cstddef>
#include <string>
#include <string_view>

namespace attune {

// Hands the octets of `code` to `put`, in order. REQUIRES: code < 0x200000.
template <typename Put>
constexpr void EncodeUtf8(char32_t code, Put put) {
  const auto octet = [&](char32_t bits) { put(static_cast<char>(static_cast<unsigned char>(bits))); };
  const auto continuation = [&](unsigned shift) { octet(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    octet(code);
  } else if (code < 0x800) {
    octet(0xC0U | (code >> 6U));
    continuation(0);
  } else if (code < 0x10000) {
    octet(0xE0U | (code >> 12U));
    continuation(6);
    continuation(0);
  } else {
    octet(0xF0U | (code >> 18U));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

inline void AppendUtf8(char32_t code, std::string& text) {
  EncodeUtf8(code, [&](char octet) { text += octet; });
}

struct Utf8Step {
  std::size_t size = 0;  // bytes to go on: the sequence, or the maximal part of a broken one (at least 1)
  bool valid = false;
};

// REQUIRES: !text.empty().
inline Utf8Step DecodeUtf8Step(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) {
    return {1, true};
  }
  if (lead < 0xC2 || lead > 0xF4) {
    return {1, false};
  }
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte alone decides about overlong forms, surrogates and the upper end.
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t i = 1; i < size; ++i) {
    const bool fits = i < text.size() && byte(i) >= (i == 1 ? low : 0x80) && byte(i) <= (i == 1 ? high : 0xBF);
    if (!fits) {
      return {i, false};
    }
  }
  return {size, true};
}

}  // namespace attune

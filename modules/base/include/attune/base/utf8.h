#pragma once
// UTF-8 out of code points. Reading it, and what is well-formed, is the matter of who reads (console::, index::).
//
//   std::string text;
//   AppendUtf8(0x20AC, text);  // "€"
//
// Threads    pure functions.
// Cost       one call of `put` for each octet, at most four.
// Errors     none: a surrogate, or what is no code point, is encoded as if it were one; callers exclude them.

#include <string>

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

}  // namespace attune

#pragma once
// Tokenizer: text to terms, the same for passages, queries and snippets.
//
//   parseHttpRequest   parse(0) parsehttprequest(0, whole) http(1) request(2)
//   parse_http_request parse(0) parsehttprequest(0, whole) http(1) request(2)
//   HTTPServer2        http(0) httpserver2(0, whole) server(1) 2(2)
//   naïve 3rd os       naive(0) 3rd(1) os(2)
//   日本語             日(0) 日本(0, pair) 本(1) 本語(1, pair) 語(2)
//
// - A word is a run of ASCII letters, digits and '_' and of non-ASCII letters, digits and marks; everything else
//   separates. Terms are folded (ASCII lower case; other characters as in char_fold.h).
// - An ASCII word is split at '_', at lower|Upper, at UPPER|Upper+lower ("URLs" stays whole) and between letters and
//   digits. The parts take one position each; the whole word without '_' stands at the position of its first part. A
//   word that begins with a digit is not split at letters. A word with non-ASCII letters is split at '_' only.
// - At most kPartsMax parts of a word are terms. A word longer than kTermBytesMax without '_' is not split.
// - A term longer than kTermBytesMax becomes its first kLongTermKept bytes and 16 hexadecimal digits of its hash.
//
// Threads    pure functions (the fold table initialises itself).
// Cost       about 1 ns per byte for ASCII; nothing is allocated for terms up to kTermBytesMax.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "byte_masks.h"

namespace attune::index {

inline constexpr std::size_t kTermBytesMax = 64;
inline constexpr std::size_t kLongTermKept = 48;
inline constexpr std::size_t kPartsMax = 32;

// `text` is readable and zero up to the next multiple of 8 bytes, so that terms can be compared word by word.
struct Token {
  const char* text = nullptr;
  std::uint32_t length = 0;
  bool advances = true;     // false: stands at the position of the token before
  std::uint32_t begin = 0;  // bytes of the source text
  std::uint32_t end = 0;

  std::string_view term() const noexcept { return {text, length}; }
};

// Receives the tokens of a word that needs more than lower-casing.
class TokenSink {
 public:
  TokenSink() = default;
  TokenSink(const TokenSink&) = delete;
  TokenSink& operator=(const TokenSink&) = delete;
  virtual void OnToken(const Token& token) = 0;

 protected:
  ~TokenSink() = default;
};

// The careful path: text[begin, end) is a maximal run of word bytes (ASCII word characters and bytes >= 0x80).
void TokenizeRun(std::string_view text, std::uint32_t begin, std::uint32_t end, TokenSink& sink);

// REQUIRES: text.size() < 2^32. Calls sink.OnToken(token) for every token in reading order. `Sink` is final, so that
// the call is inlined for plain words.
template <typename Sink>
void Tokenize(std::string_view text, Sink& sink) {
  struct alignas(8) Buffer {
    std::array<char, kTermBytesMax + 8> bytes;
  } buffer;
  const char* const data = text.data();
  const std::size_t size = text.size();
  // A word of at most kTermBytesMax ASCII letters and digits without a boundary inside.
  const auto plain = [&](std::size_t begin, std::size_t end) {
    const std::size_t length = end - begin;
    for (std::size_t i = 0; i < length; i += 8) {
      std::uint64_t word = 0;
      if (begin + i + 8 <= size) {
        std::memcpy(&word, data + begin + i, 8);
      } else {
        std::memcpy(&word, data + begin + i, size - begin - i);
      }
      const std::size_t left = length - i;
      if (left < 8) {
        word &= (std::uint64_t{1} << (8 * left)) - 1;
      }
      word |= (word >> 1U) & 0x2020202020202020U;  // letters have bit 6; digits have not
      std::memcpy(buffer.bytes.data() + i, &word, 8);
    }
    sink.OnToken(Token{buffer.bytes.data(), static_cast<std::uint32_t>(length), true, static_cast<std::uint32_t>(begin),
                       static_cast<std::uint32_t>(end)});
  };
  const auto finish = [&](std::size_t begin, std::size_t end, bool careful) {
    if (careful || end - begin > kTermBytesMax) {
      TokenizeRun(text, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), sink);
    } else {
      plain(begin, end);
    }
  };

  ByteMasks masks;
  bool inside = false;   // a word reaches into this block
  bool careful = false;  // and has shown a boundary already
  std::size_t start = 0;
  for (std::size_t base = 0; base < size; base += 64) {
    masks.Next(data + base, size - base);
    std::uint64_t edges = masks.word ^ ((masks.word << 1U) | static_cast<std::uint64_t>(inside));
    std::uint64_t pending = ~std::uint64_t{0};  // bits of the block from `start` on
    while (edges != 0) {
      const auto at = static_cast<unsigned>(std::countr_zero(edges));
      edges &= edges - 1;
      const std::uint64_t from = ~std::uint64_t{0} << at;
      if (inside) {
        finish(start, base + at, careful || (masks.careful & pending & ~from) != 0);
        careful = false;
      } else {
        start = base + at;
        pending = from;
      }
      inside = !inside;
    }
    if (inside) {
      careful = careful || (masks.careful & pending) != 0;
    }
  }
  if (inside) {
    finish(start, size, careful);
  }
}

}  // namespace attune::index

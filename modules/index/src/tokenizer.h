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
// Cost       below 1 ns per byte of ASCII text; allocates only for words with non-ASCII letters.

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

// The careful path, for what Tokenize does not do itself: text[begin, end) is a maximal run of word bytes (ASCII word
// characters and bytes >= 0x80).
void TokenizeRun(std::string_view text, std::uint32_t begin, std::uint32_t end, TokenSink& sink);

// The end of the run of word bytes that begins at `begin`.
std::uint32_t RunEnd(std::string_view text, std::uint32_t begin) noexcept;

namespace internal {

// The ASCII words of one block of 64 bytes, split by bit masks.
template <typename Sink>
class BlockWords {
 public:
  BlockWords(const ByteMasks& masks, std::uint32_t base, Sink& sink)
      : masks_(masks), boundaries_(masks.Boundaries()), base_(base), sink_(sink) {}

  // REQUIRES: [begin, end) is an ASCII word of the block, end <= 63.
  void Word(unsigned begin, unsigned end) {
    const std::uint64_t range = ((std::uint64_t{1} << end) - 1) & (~std::uint64_t{0} << begin);
    if (((boundaries_ | masks_.underscore) & range) == 0) {
      Emit(masks_.lower.data() + begin, end - begin, {.begin = base_ + begin, .end = base_ + end});
      return;
    }
    Compound(begin, end, range);
  }

 private:
  struct alignas(8) Padded {
    std::array<char, 64 + 64> bytes;
  };

  void Compound(unsigned begin, unsigned end, std::uint64_t range) {
    const std::uint64_t underscore = masks_.underscore & range;
    if (underscore == range) {
      return;
    }
    std::uint64_t starts = (underscore << 1U | std::uint64_t{1} << begin) & range & ~underscore;
    if ((masks_.digit >> begin & 1U) == 0) {
      starts |= boundaries_ & range & ~(std::uint64_t{1} << begin);
    }
    if (const std::uint64_t plural = std::uint64_t{1} << (end - 2);  // "URLs"; a compound has two bytes at least
        masks_.lower[end - 1] == 's' && (masks_.LastOfCapitals() & plural & starts) != 0) {
      starts &= ~plural;
    }
    const std::uint64_t stops = starts | underscore | std::uint64_t{1} << end;
    if ((starts & (starts - 1)) == 0) {
      Single(begin, end, starts, stops);
      return;
    }
    // The whole is put together while the parts are found; it is emitted after the first part.
    Padded whole;
    std::array<std::uint8_t, 65> part_begin;
    std::array<std::uint8_t, 65> part_end;
    std::size_t parts = 0;
    unsigned length = 0;
    for (std::uint64_t left = starts; left != 0; left &= left - 1) {
      const auto at = static_cast<unsigned>(std::countr_zero(left));
      const auto stop = static_cast<unsigned>(std::countr_zero(stops & (~std::uint64_t{1} << at)));
      part_begin[parts] = static_cast<std::uint8_t>(at);
      part_end[parts++] = static_cast<std::uint8_t>(stop);
      for (unsigned i = 0; i < stop - at; i += 8) {
        std::memcpy(whole.bytes.data() + length + i, masks_.lower.data() + at + i, 8);
      }
      length += stop - at;
    }
    for (std::size_t i = 0; i < parts && i < kPartsMax; ++i) {
      Emit(masks_.lower.data() + part_begin[i], part_end[i] - unsigned{part_begin[i]},
           {.begin = base_ + part_begin[i], .end = base_ + part_end[i]});
      if (i == 0) {
        Emit(whole.bytes.data(), length, {.advances = false, .begin = base_ + begin, .end = base_ + end});
      }
    }
  }

  // One part and underscores around it, or underscores only.
  void Single(unsigned begin, unsigned end, std::uint64_t starts, std::uint64_t stops) {
    if (starts != 0) {
      const auto at = static_cast<unsigned>(std::countr_zero(starts));
      const auto stop = static_cast<unsigned>(std::countr_zero(stops & (~std::uint64_t{1} << at)));
      Emit(masks_.lower.data() + at, stop - at, {.begin = base_ + begin, .end = base_ + end});
    }
  }

  // REQUIRES: 8 readable bytes behind text[length).
  void Emit(const char* text, unsigned length, Token token) {
    Padded term;
    for (unsigned i = 0; i < length; i += 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, text + i, 8);
      const unsigned left = length - i;
      bytes &= left < 8 ? (std::uint64_t{1} << (8 * left)) - 1 : ~std::uint64_t{0};
      std::memcpy(term.bytes.data() + i, &bytes, 8);
    }
    token.text = term.bytes.data();
    token.length = length;
    sink_.OnToken(token);
  }

  const ByteMasks& masks_;
  std::uint64_t boundaries_;
  std::uint32_t base_;
  Sink& sink_;
};

}  // namespace internal

// REQUIRES: text.size() < 2^32. Calls sink.OnToken(token) for every token in reading order. `Sink` is final, so that
// the call is inlined for ASCII words.
template <typename Sink>
void Tokenize(std::string_view text, Sink& sink) {
  const auto size = static_cast<std::uint32_t>(text.size());
  // A block begins at a word or a separator, never inside a word: a word that reaches the end of a block is left for
  // the next one.
  for (std::uint32_t base = 0; base < size;) {
    const ByteMasks masks(text.data() + base, size - base);
    const std::uint64_t word = masks.word();
    std::uint64_t starts = word & ~(word << 1U);
    std::uint64_t ends = ~word & (word << 1U);
    internal::BlockWords<Sink> words(masks, base, sink);
    for (; ends != 0; ends &= ends - 1, starts &= starts - 1) {
      const auto begin = static_cast<unsigned>(std::countr_zero(starts));
      const auto end = static_cast<unsigned>(std::countr_zero(ends));
      if ((masks.high & (~std::uint64_t{0} << begin) & ((std::uint64_t{1} << end) - 1)) == 0) {
        words.Word(begin, end);
      } else {
        TokenizeRun(text, base + begin, base + end, sink);
      }
    }
    if (starts == 0) {
      base += 64;
    } else if (starts != 1) {
      base += static_cast<std::uint32_t>(std::countr_zero(starts));
    } else {  // a word of at least 64 bytes
      const std::uint32_t end = RunEnd(text, base);
      TokenizeRun(text, base, end, sink);
      base = end;
    }
  }
}

}  // namespace attune::index

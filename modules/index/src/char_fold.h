#pragma once
// CharFold: what the tokenizer does with one non-ASCII character.
//
// Folding is NFKC case folding of single characters; in Latin, Greek and Cyrillic the combining marks are dropped as
// well, so that "naïve", "NAÏVE" and "nai\u0308ve" are one term. Working character by character makes composed and
// decomposed spellings equal without normalising the text first (conjoining Hangul jamo excepted: they stay apart).
//
// Threads    thread-safe; pages of 256 characters are computed on first use and kept for the life of the process.
// Cost       one table look-up; about 50 us for the first character of a page. At most 4352 pages of 2 KiB.

#include <array>
#include <cstdint>
#include <string_view>

namespace attune::index {

enum class CharClass : std::uint8_t {
  kSeparator,  // ends a word
  kLetter,     // letters, digits and the marks that belong to a script's words
  kIgnored,    // dropped without ending the word: accents, soft hyphen, joiners
  kIdeograph,  // a script without spaces: every character is a term, every pair of neighbours too
};

struct CharFold {
  CharClass char_class = CharClass::kSeparator;
  std::uint8_t length = 0;
  std::array<char, 6> bytes{};  // a longer expansion (rare ligatures) keeps the characters that fit

  std::string_view text() const noexcept { return {bytes.data(), length}; }
};

const CharFold& FoldOf(char32_t character) noexcept;

// Decodes the UTF-8 character at text[0]. REQUIRES: !text.empty(). Returns its length in bytes; an invalid byte is a
// separator of length 1 (character 0xFFFD).
std::uint32_t DecodeUtf8(std::string_view text, char32_t& character) noexcept;

}  // namespace attune::index

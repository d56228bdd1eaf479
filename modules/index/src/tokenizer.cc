#include "tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "attune/base/hash.h"
#include "char_fold.h"

namespace attune::index {
namespace {

// A word with no '_' may be this long and still be split; longer ones are encoded data rather than names.
constexpr std::size_t kSplitBytesMax = kTermBytesMax;
// Even with '_' nothing longer is split.
constexpr std::size_t kNameBytesLongest = 512;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c | 0x20) : c; }

// Emits `folded` as a term, cut and hashed when it is too long.
void Emit(std::string_view folded, Token token, TokenSink& sink) {
  alignas(8) std::array<char, kTermBytesMax + 8> bytes{};
  if (folded.size() <= kTermBytesMax) {
    std::memcpy(bytes.data(), folded.data(), folded.size());
    token.length = static_cast<std::uint32_t>(folded.size());
  } else {
    std::memcpy(bytes.data(), folded.data(), kLongTermKept);
    std::snprintf(bytes.data() + kLongTermKept, 17, "%016llx", static_cast<unsigned long long>(Hash64(folded)));
    token.length = kLongTermKept + 16;
  }
  token.text = bytes.data();
  sink.OnToken(token);
}

struct Part {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// True if a new part of `word` begins at i (i > 0, neither side is '_').
bool IsBoundary(std::string_view word, std::size_t i) {
  const char before = word[i - 1];
  const char here = word[i];
  if (IsDigit(here) != IsDigit(before)) {
    return true;
  }
  if (!IsUpper(here)) {
    return false;
  }
  if (IsLower(before)) {
    return true;
  }
  const bool lower_next = i + 1 < word.size() && IsLower(word[i + 1]);
  const bool plural = i + 2 == word.size() && lower_next && word[i + 1] == 's';  // "URLs"
  return IsUpper(before) && lower_next && !plural;
}

class AsciiWord {
 public:
  // REQUIRES: word consists of [A-Za-z0-9_].
  AsciiWord(std::string_view word, std::uint32_t begin, TokenSink& sink) : word_(word), begin_(begin), sink_(sink) {}

  void Tokenize() {
    const bool has_underscore = word_.find('_') != std::string_view::npos;
    const bool split = word_.size() <= (has_underscore ? kNameBytesLongest : kSplitBytesMax);
    if (split) {
      FindParts(!IsDigit(word_[0]));
    }
    std::array<char, kNameBytesLongest> small;
    std::string large;
    char* whole = small.data();
    if (word_.size() > small.size()) {
      large.resize(word_.size());
      whole = large.data();
    }
    std::size_t length = 0;
    for (const char c : word_) {
      whole[length] = ToLower(c);
      length += c == '_' ? 0U : 1U;
    }
    if (length == 0) {
      return;  // underscores only
    }
    EmitAll({whole, length});
  }

 private:
  void FindParts(bool inside_too) {
    std::size_t i = 0;
    while (i < word_.size()) {
      if (word_[i] == '_') {
        ++i;
        continue;
      }
      const std::size_t begin = i++;
      while (i < word_.size() && word_[i] != '_' && !(inside_too && IsBoundary(word_, i))) {
        ++i;
      }
      if (parts_ == kPartsMax) {
        return;
      }
      part_[parts_++] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i)};
    }
  }

  void EmitAll(std::string_view whole) {
    const auto size = static_cast<std::uint32_t>(word_.size());
    if (parts_ <= 1) {
      Emit(whole, {.begin = begin_, .end = begin_ + size}, sink_);
      return;
    }
    std::uint32_t at = 0;  // of the next part in `whole`
    for (std::size_t i = 0; i < parts_; ++i) {
      const std::uint32_t length = part_[i].end - part_[i].begin;
      Emit(whole.substr(at, length), {.begin = begin_ + part_[i].begin, .end = begin_ + part_[i].end}, sink_);
      at += length;
      if (i == 0) {
        Emit(whole, {.advances = false, .begin = begin_, .end = begin_ + size}, sink_);
      }
    }
  }

  std::string_view word_;
  std::uint32_t begin_;
  TokenSink& sink_;
  std::array<Part, kPartsMax> part_{};
  std::size_t parts_ = 0;
};

// Splits a run that contains non-ASCII bytes into ASCII words, folded words and ideographs.
class UnicodeRun {
 public:
  UnicodeRun(std::string_view text, std::uint32_t begin, std::uint32_t end, TokenSink& sink)
      : text_(text.substr(0, end)), at_(begin), word_begin_(begin), sink_(sink) {}

  void Tokenize() {
    while (at_ < text_.size()) {
      char32_t character = 0;
      const std::uint32_t length = DecodeUtf8(text_.substr(at_), character);
      if (character < 0x80) {
        Letter(text_.substr(at_, 1), length, true);
        continue;
      }
      const CharFold& fold = FoldOf(character);
      switch (fold.char_class) {
        case CharClass::kLetter:
          Letter(fold.text(), length, false);
          break;
        case CharClass::kIgnored:
          ascii_ = false;
          at_ += length;
          break;
        case CharClass::kIdeograph:
          Ideograph(fold, length);
          break;
        case CharClass::kSeparator:
          EndWord();
          EndIdeographs();
          at_ += length;
          word_begin_ = at_;
          break;
      }
    }
    EndWord();
    EndIdeographs();
  }

 private:
  void Letter(std::string_view folded, std::uint32_t length, bool ascii) {
    EndIdeographs();
    if (word_.empty()) {
      word_begin_ = at_;
      ascii_ = true;
    }
    word_ += folded;
    ascii_ = ascii_ && ascii;
    at_ += length;
  }

  void EndWord() {
    if (word_.empty()) {
      return;
    }
    if (ascii_) {
      AsciiWord(word_, word_begin_, sink_).Tokenize();
    } else {
      FoldedWord();
    }
    word_.clear();
  }

  // Parts between '_' and the whole; offsets are those of the whole word, which is what gets highlighted.
  void FoldedWord() {
    std::string whole;
    std::vector<Part> parts;
    for (const char c : word_) {
      if (c == '_') {
        continue;
      }
      whole += ToLower(c);
    }
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < word_.size();) {
      const std::size_t next = std::min(word_.find('_', i), word_.size());
      if (next > i && parts.size() < kPartsMax) {
        parts.push_back({at, at + static_cast<std::uint32_t>(next - i)});
        at = parts.back().end;
      }
      i = next + 1;
    }
    const Token token{.begin = word_begin_, .end = at_};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      Emit(std::string_view(whole).substr(parts[i].begin, parts[i].end - parts[i].begin), token, sink_);
      if (i == 0 && parts.size() > 1) {
        Emit(whole, {.advances = false, .begin = token.begin, .end = token.end}, sink_);
      }
    }
  }

  // The pair of a character with the one before is emitted after the earlier one, at its position.
  void Ideograph(const CharFold& fold, std::uint32_t length) {
    EndWord();
    if (!previous_.empty()) {
      Emit(previous_ + std::string(fold.text()), {.advances = false, .begin = previous_begin_, .end = at_ + length},
           sink_);
    }
    Emit(fold.text(), {.begin = at_, .end = at_ + length}, sink_);
    previous_ = fold.text();
    previous_begin_ = at_;
    at_ += length;
    word_begin_ = at_;
  }

  void EndIdeographs() { previous_.clear(); }

  std::string_view text_;
  std::uint32_t at_;
  std::uint32_t word_begin_;
  TokenSink& sink_;
  std::string word_;
  bool ascii_ = true;
  std::string previous_;
  std::uint32_t previous_begin_ = 0;
};

}  // namespace

std::uint32_t RunEnd(std::string_view text, std::uint32_t begin) noexcept {
  const auto rest = text.substr(begin);
  const auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
    const bool letter = IsLower(ToLower(c));
    return !letter && !IsDigit(c) && c != '_' && static_cast<unsigned char>(c) < 0x80;
  });
  return begin + static_cast<std::uint32_t>(end - rest.begin());
}

void TokenizeRun(std::string_view text, std::uint32_t begin, std::uint32_t end, TokenSink& sink) {
  const std::string_view run = text.substr(begin, end - begin);
  const bool ascii = std::all_of(run.begin(), run.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    AsciiWord(run, begin, sink).Tokenize();
  } else {
    UnicodeRun(text, begin, end, sink).Tokenize();
  }
}

}  // namespace attune::index

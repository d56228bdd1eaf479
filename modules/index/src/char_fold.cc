#include "char_fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

#include "attune/base/utf8.h"

namespace attune::index {
namespace {

constexpr int32_t kUnitsMax = 32;  // no character folds to more UTF-16 units than 18
constexpr std::size_t kPageSize = 256;
constexpr std::size_t kPages = 0x110000 / kPageSize;
using Page = std::array<CharFold, kPageSize>;

bool DropsMarks(UScriptCode script) {
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC;
}

bool HasNoSpaces(UScriptCode script) {
  switch (script) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_HANGUL:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return true;
    default:
      return false;
  }
}

bool IsMark(UChar32 c) { return (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

void Append(CharFold& fold, char32_t c) {
  std::array<char, 4> utf8{};
  std::size_t n = 0;
  EncodeUtf8(c, [&](char octet) { utf8[n++] = octet; });
  if (fold.length + n > fold.bytes.size()) {
    return;
  }
  std::copy_n(utf8.begin(), n, fold.bytes.begin() + fold.length);
  fold.length = static_cast<std::uint8_t>(fold.length + n);
}

// The character at units[i]; i moves behind it. What ICU returns is well-formed.
char32_t NextUtf16(const UChar* units, int32_t& i) {
  const char32_t first = units[i++];
  if (first < 0xD800 || first > 0xDBFF) {
    return first;
  }
  return 0x10000 + ((first - 0xD800) << 10U) + (units[i++] - 0xDC00U);
}

// NFKC case folding of one character, as UTF-16. Zero units: the character is ignorable.
int32_t CaseFold(UChar32 c, std::array<UChar, kUnitsMax>& out) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* fold = unorm2_getNFKCCasefoldInstance(&status);
  std::array<UChar, 2> in{static_cast<UChar>(c), 0};
  if (c >= 0x10000) {
    in = {static_cast<UChar>(0xD7C0 + (c >> 10)), static_cast<UChar>(0xDC00 | (c & 0x3FF))};
  }
  const int32_t length = unorm2_normalize(fold, in.data(), c < 0x10000 ? 1 : 2, out.data(), kUnitsMax, &status);
  return U_SUCCESS(status) ? length : 0;
}

// The base character of a canonical decomposition ("é" -> 'e').
UChar32 WithoutMarks(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* nfd = unorm2_getNFDInstance(&status);
  std::array<UChar, kUnitsMax> out{};
  const int32_t length = unorm2_getDecomposition(nfd, c, out.data(), kUnitsMax, &status);
  if (length <= 0 || U_FAILURE(status)) {
    return c;
  }
  int32_t i = 0;
  return static_cast<UChar32>(NextUtf16(out.data(), i));
}

CharFold Compute(UChar32 c) {
  CharFold fold;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &status);
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 ||
      (IsMark(c) && (script == USCRIPT_INHERITED || script == USCRIPT_COMMON))) {
    fold.char_class = CharClass::kIgnored;
    return fold;
  }
  if (u_isalnum(c) == 0 && !IsMark(c)) {
    return fold;
  }
  fold.char_class = HasNoSpaces(script) ? CharClass::kIdeograph : CharClass::kLetter;
  std::array<UChar, kUnitsMax> folded{};
  const int32_t length = CaseFold(c, folded);
  for (int32_t i = 0; i < length;) {
    auto part = static_cast<UChar32>(NextUtf16(folded.data(), i));
    if (DropsMarks(script)) {
      part = WithoutMarks(part);
      if (IsMark(part)) {
        continue;
      }
    }
    Append(fold, static_cast<char32_t>(part));
  }
  if (fold.length == 0) {
    fold.char_class = CharClass::kIgnored;
  }
  return fold;
}

class FoldTable {
 public:
  const CharFold& At(char32_t character) noexcept {
    const std::size_t index = character / kPageSize;
    // Acquire pairs with the release below: the page's content is seen with its address.
    const Page* page = pages_[index].load(std::memory_order_acquire);
    return (*(page != nullptr ? page : Fill(index)))[character % kPageSize];
  }

 private:
  const Page* Fill(std::size_t index) {
    const std::lock_guard lock(mutex_);
    if (owned_[index] == nullptr) {
      auto page = std::make_unique<Page>();
      for (std::size_t i = 0; i < kPageSize; ++i) {
        (*page)[i] = Compute(static_cast<UChar32>(index * kPageSize + i));
      }
      owned_[index] = std::move(page);
      pages_[index].store(owned_[index].get(), std::memory_order_release);
    }
    return owned_[index].get();
  }

  std::array<std::atomic<const Page*>, kPages> pages_{};
  std::mutex mutex_;  // guards owned_
  std::array<std::unique_ptr<Page>, kPages> owned_;
};

}  // namespace

const CharFold& FoldOf(char32_t character) noexcept {
  static FoldTable table;
  return table.At(character < 0x110000 ? character : 0xFFFD);
}

std::uint32_t DecodeUtf8(std::string_view text, char32_t& character) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  character = first;
  if (first < 0x80) {
    return 1;
  }
  const std::uint32_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  character = 0xFFFD;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) {
    return 1;
  }
  char32_t value = first & (0x7FU >> length);
  for (std::uint32_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) {
      return 1;
    }
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return 1;  // overlong, out of range or a surrogate
  }
  character = value;
  return length;
}

}  // namespace attune::index

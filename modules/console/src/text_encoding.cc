#include "attune/console/text_encoding.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "attune/base/utf8.h"

namespace attune::console {
namespace {

constexpr std::size_t kHeadBytes = 8192;  // what decides whether a file is binary
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16LittleMark = "\xFF\xFE";
constexpr std::string_view kUtf16BigMark = "\xFE\xFF";

unsigned Octet(char c) { return static_cast<unsigned char>(c); }

bool IsContinuation(char c) { return (Octet(c) & 0xC0U) == 0x80U; }

// Length of the well-formed sequence at the start of `bytes`, 0 if there is none.
std::size_t SequenceLength(std::string_view bytes) {
  const unsigned lead = Octet(bytes[0]);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return 0;
  const unsigned second = Octet(bytes[1]);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F)) {
    return 0;  // overlong, surrogate or beyond U+10FFFF
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (!IsContinuation(bytes[i])) return 0;
  }
  return length;
}

DecodedText DecodeUtf16(std::string_view bytes, bool big) {
  DecodedText decoded;
  decoded.encoding = big ? TextEncoding::kUtf16BigEndian : TextEncoding::kUtf16LittleEndian;
  decoded.text.reserve(bytes.size());
  const auto unit = [&](std::size_t i) {
    const unsigned first = Octet(bytes[i]);
    const unsigned second = Octet(bytes[i + 1]);
    return big ? (first << 8U | second) : (second << 8U | first);
  };
  const auto replace = [&](std::uint64_t count) {
    decoded.text += kReplacement;
    decoded.bytes_replaced += count;
  };
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    const unsigned code = unit(i);
    if (code < 0xD800 || code > 0xDFFF) {
      AppendUtf8(code, decoded.text);
      continue;
    }
    const bool paired = code < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) <= 0xDFFF;
    if (!paired) {
      replace(2);
      continue;
    }
    AppendUtf8(0x10000U + ((code - 0xD800U) << 10U) + (unit(i + 2) - 0xDC00U), decoded.text);
    i += 2;
  }
  if (i < bytes.size()) replace(1);
  return decoded;
}

// No C1 control characters, which Latin-1 text never holds, and mostly ASCII.
bool LooksLatin1(std::string_view bytes) {
  std::size_t high = 0;
  for (const char c : bytes) {
    if (Octet(c) < 0x80) continue;
    if (Octet(c) < 0xA0) return false;
    ++high;
  }
  return high * 4 <= bytes.size();
}

DecodedText DecodeLatin1(std::string_view bytes) {
  DecodedText decoded;
  decoded.encoding = TextEncoding::kLatin1;
  decoded.text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) AppendUtf8(Octet(c), decoded.text);
  return decoded;
}

// One U+FFFD for each run of bytes that cannot be decoded; every byte is counted.
DecodedText Repair(std::string_view bytes) {
  DecodedText decoded;
  decoded.text.reserve(bytes.size() + bytes.size() / 8);
  bool in_bad_run = false;
  while (!bytes.empty()) {
    const std::size_t valid = ValidUtf8Prefix(bytes);
    if (valid > 0) in_bad_run = false;
    decoded.text += bytes.substr(0, valid);
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    if (!in_bad_run) decoded.text += kReplacement;
    in_bad_run = true;
    ++decoded.bytes_replaced;
    bytes.remove_prefix(1);
  }
  return decoded;
}

}  // namespace

std::string_view ToString(TextEncoding encoding) noexcept {
  switch (encoding) {
    case TextEncoding::kUtf8:
      return "utf-8";
    case TextEncoding::kUtf16LittleEndian:
      return "utf-16le";
    case TextEncoding::kUtf16BigEndian:
      return "utf-16be";
    case TextEncoding::kLatin1:
      return "latin-1";
  }
  return "unknown";
}

bool LooksBinary(std::string_view bytes) noexcept {
  if (bytes.starts_with(kUtf16LittleMark) || bytes.starts_with(kUtf16BigMark)) return false;
  const std::string_view head = bytes.substr(0, kHeadBytes);
  if (head.find('\0') != std::string_view::npos) return true;
  const auto is_odd = [](char c) {  // control characters that text does not use; ESC colours logs
    return Octet(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != '\b' && c != '\x1B';
  };
  const auto odd = static_cast<std::size_t>(std::count_if(head.begin(), head.end(), is_odd));
  return odd * 20 > head.size();
}

std::size_t ValidUtf8Prefix(std::string_view bytes) noexcept {
  std::size_t i = 0;
  while (i < bytes.size()) {
    while (i + 8 <= bytes.size()) {  // eight ASCII bytes at a time
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, sizeof word);
      if ((word & 0x8080808080808080ULL) != 0) break;
      i += 8;
    }
    if (i == bytes.size()) break;
    const std::size_t length = SequenceLength(bytes.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return i;
}

DecodedText DecodeText(std::string bytes) {
  if (bytes.starts_with(kUtf16LittleMark)) return DecodeUtf16(std::string_view(bytes).substr(2), false);
  if (bytes.starts_with(kUtf16BigMark)) return DecodeUtf16(std::string_view(bytes).substr(2), true);
  if (bytes.starts_with(kUtf8Mark)) bytes.erase(0, kUtf8Mark.size());
  if (ValidUtf8Prefix(bytes) == bytes.size()) return {.text = std::move(bytes)};
  return LooksLatin1(bytes) ? DecodeLatin1(bytes) : Repair(bytes);
}

std::size_t LongestLine(std::string_view text) noexcept {
  std::size_t longest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    longest = std::max(longest, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return longest;
}

}  // namespace attune::console

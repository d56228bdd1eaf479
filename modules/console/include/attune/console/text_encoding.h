#pragma once
// From the bytes of a file to UTF-8, losing nothing silently.
//
//   if (LooksBinary(bytes)) return Skip{SkipReason::kBinary};
//   DecodedText decoded = DecodeText(std::move(bytes));
//   decoded.text               // valid UTF-8, no byte order mark
//   decoded.bytes_replaced     // how many bytes were no UTF-8 and became U+FFFD
//
// UTF-8 is passed through. UTF-16 is recognised by its byte order mark. Text that is
// not valid UTF-8 but has no byte in 0x80..0x9F and only few above is taken for
// Latin-1 and converted; anything else is repaired.
//
// Threads    pure functions.
// Cost       valid UTF-8: one pass, no copy. Otherwise at most 3 bytes out per byte in.
// Errors     none.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attune::console {

enum class TextEncoding : std::uint8_t { kUtf8, kUtf16LittleEndian, kUtf16BigEndian, kLatin1 };
std::string_view ToString(TextEncoding encoding) noexcept;

struct DecodedText {
  std::string text;
  TextEncoding encoding = TextEncoding::kUtf8;  // of the input
  std::uint64_t bytes_replaced = 0;
};

// A NUL byte or a share of control characters that no text has, in the first 8 KiB. UTF-16 with a mark is not binary.
bool LooksBinary(std::string_view bytes) noexcept;

DecodedText DecodeText(std::string bytes);

// The number of bytes at the beginning that are valid UTF-8 (no surrogates, no overlong forms).
std::size_t ValidUtf8Prefix(std::string_view bytes) noexcept;

// Length of the longest line without its line end. O(text).
std::size_t LongestLine(std::string_view text) noexcept;

}  // namespace attune::console

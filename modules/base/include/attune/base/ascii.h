#pragma once
// Letters, blanks and words of machine text (header names, keywords of languages, /proc), whatever locale the process
// runs in. Text that people write is folded by index::, which knows Unicode.
//
//   EqualsIgnoringCase("Content-Type", "content-type");  // true
//   Trim("  x \r\n");                                    // "x", a view of the argument
//
// Threads    pure functions.
// Cost       O(length); nothing allocates.

#include <algorithm>
#include <string_view>

namespace attune {

inline constexpr std::string_view kBlanks = " \t\r\n\f\v";

constexpr char ToLower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool IsLetter(char c) noexcept { return ToLower(c) >= 'a' && ToLower(c) <= 'z'; }
constexpr bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return ToLower(x) == ToLower(y); });
}
constexpr bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) noexcept {
  return EqualsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

constexpr bool IsBlank(std::string_view text) noexcept {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}
constexpr std::string_view TrimLeft(std::string_view text, std::string_view blanks = kBlanks) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}
constexpr std::string_view TrimRight(std::string_view text, std::string_view blanks = kBlanks) noexcept {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}
constexpr std::string_view Trim(std::string_view text, std::string_view blanks = kBlanks) noexcept {
  return TrimRight(TrimLeft(text, blanks), blanks);
}

}  // namespace attune

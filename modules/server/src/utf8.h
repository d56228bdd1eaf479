#pragma once
// Checks and cuts of UTF-8 text.

#include <cstddef>
#include <string_view>

namespace attune::server {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text) noexcept;

// The longest prefix of at most `bytes_max` bytes that does not cut a character.
// REQUIRES: `text` is valid UTF-8.
std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max) noexcept;

}  // namespace attune::server

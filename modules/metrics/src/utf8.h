#pragma once
// How long the valid UTF-8 sequence at the front of `text` is; 0 if there is none.
// Overlong forms, surrogates and code points above U+10FFFF are not valid.

#include <cstddef>
#include <string_view>

namespace attune::metrics {

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

std::size_t ValidSequence(std::string_view text) noexcept;

}  // namespace attune::metrics

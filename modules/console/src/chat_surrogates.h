#pragma once
// Exports cut texts between the two halves of an emoji now and then; what is left is
// "\ud83d" alone, which is not JSON that a strict parser takes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attune::console {

// The text with each half of a surrogate pair replaced by "\ufffd", and their number
// added to `replaced`; nothing when there is none.
std::optional<std::string> ReplaceHalfSurrogates(std::string_view json, std::uint64_t& replaced);

}  // namespace attune::console

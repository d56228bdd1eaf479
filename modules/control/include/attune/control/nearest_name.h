#pragma once
// NearestName: what somebody probably meant. For messages about unknown knobs,
// configuration keys and commands.
//
//   NearestName("ingest.thread", names)  ->  "ingest.threads"
//
// Threads    pure functions.
// Cost       O(names * length^2); names above 128 bytes are never suggested for.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace attune::control {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into
// `b` (optimal string alignment). Bytes, letter case ignored.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The nearest of `names` if it is near enough to be meant (a third of the length,
// at least 2 edits), else nullopt. The first of equals.
std::optional<std::string> NearestName(std::string_view name, std::span<const std::string> names);

}  // namespace attune::control

#pragma once
// Points in time as chat exports write them: ISO 8601 text, or a number of seconds,
// milliseconds or microseconds since 1970, told apart by their size.

#include <optional>
#include <string>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/state/value.h"

namespace attune::console {

// Nothing for null, for other kinds and for times outside of 1970 to 9999. Text without
// a zone is taken as UTC.
std::optional<WallTime> ReadTimestamp(const state::Value* value);
std::optional<WallTime> ParseTimestamp(std::string_view text);

// "2024-05-01T12:34:56.789Z"; ParseTimestamp reads it back exactly.
std::string FormatTimestamp(WallTime time);

}  // namespace attune::console

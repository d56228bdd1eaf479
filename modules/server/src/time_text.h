#pragma once
// Moments as people and JSON write them (RFC 3339).
//
//   FormatTime(t)                        // "2026-11-21T02:30:00.123Z"
//   ParseTime("2026-11-21T03:30:00+01:00")
//   ParseTime("2026-11-21")              // its first moment, UTC
//
// Threads    pure functions.
// Errors     kInvalidArgument names the text and shows a valid one.

#include <string>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::server {

std::string FormatTime(WallTime time);
Result<WallTime> ParseTime(std::string_view text);

}  // namespace attune::server

#pragma once
// ParseHttpDate: the three date formats that RFC 9110 section 5.6.7 asks a recipient to read.
//
//   ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT");   // IMF-fixdate
//   ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT");  // RFC 850; `now` decides the century
//   ParseHttpDate("Sun Nov  6 08:49:37 1994");        // asctime
//
// Threads    pure functions.
// Errors     none for anything else, for days that do not exist, and for years outside 1970 to 9999. The
//            day of the week is not compared with the date.

#include <optional>
#include <string>
#include <string_view>

#include "attune/base/clock.h"

namespace attune::cache {

std::optional<WallTime> ParseHttpDate(std::string_view text, WallTime now);

// IMF-fixdate; ParseHttpDate reads it back to the second. REQUIRES: a year from 1970 to 9999.
std::string FormatHttpDate(WallTime time);

}  // namespace attune::cache

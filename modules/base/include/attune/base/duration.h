#pragma once
// Durations as people write them: "50ms", "2s", "1.5s", "250us", "10m", "1h".
//
//   ATTUNE_ASSIGN_OR_RETURN(const Duration limit, ParseDuration("50ms"));
//
// Threads    pure functions.
// Errors     kInvalidArgument names the text and shows a valid one.

#include <string>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune {

// A non-negative decimal number and one of ns, us, ms, s, m, h, d. At most 100 years.
Result<Duration> ParseDuration(std::string_view text);

// Three significant digits in the largest fitting unit: "1.25s", "50ms", "870us".
std::string ToString(Duration duration);

}  // namespace attune

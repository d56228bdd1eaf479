#include "attune/base/duration.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace attune {
namespace {

struct TimeUnit {
  std::string_view suffix;
  double nanoseconds;
};
constexpr std::array kTimeUnits = {TimeUnit{"d", 86'400e9}, TimeUnit{"h", 3'600e9}, TimeUnit{"m", 60e9},
                                   TimeUnit{"s", 1e9},      TimeUnit{"ms", 1e6},    TimeUnit{"us", 1e3},
                                   TimeUnit{"ns", 1.0}};
constexpr double kLongest = 100.0 * 365.0 * 86'400e9;  // fits 63 bits of nanoseconds with room to add

Error BadDuration(std::string_view text) {
  return {ErrorCode::kInvalidArgument,
          "'" + std::string(text) + "' is not a duration; write a number and a unit: 50ms, 2s, 10m, 1h"};
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !(number >= 0)) return BadDuration(text);

  const std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  for (const TimeUnit& unit : kTimeUnits) {
    if (suffix != unit.suffix) continue;
    const double nanoseconds = number * unit.nanoseconds;
    if (nanoseconds > kLongest) return BadDuration(text);
    return Duration(std::llround(nanoseconds));
  }
  return BadDuration(text);
}

std::string ToString(Duration duration) {
  const auto nanoseconds = static_cast<double>(duration.count());
  for (const TimeUnit& unit : kTimeUnits) {
    if (std::abs(nanoseconds) < unit.nanoseconds) continue;
    std::array<char, 48> out{};
    std::snprintf(out.data(), out.size(), "%.3g%.*s", nanoseconds / unit.nanoseconds,
                  static_cast<int>(unit.suffix.size()), unit.suffix.data());
    return out.data();
  }
  return "0s";
}

}  // namespace attune

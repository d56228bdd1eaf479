#include "chat_timestamp.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace attune::console {
namespace {

using std::chrono::milliseconds;

constexpr double kSecondsMax = 253402300799.0;  // the end of the year 9999

std::optional<WallTime> FromNumber(double number) {
  // Seconds until 5138, above that milliseconds until 5138, above that microseconds.
  constexpr double kSecondsBelow = 1e11;
  constexpr double kMillisecondsBelow = 1e14;
  double seconds = number;
  if (number >= kMillisecondsBelow) {
    seconds = number / 1e6;
  } else if (number >= kSecondsBelow) {
    seconds = number / 1e3;
  }
  if (!(seconds >= 0) || seconds > kSecondsMax) return std::nullopt;  // false for NaN as well
  return WallTime(milliseconds(static_cast<milliseconds::rep>(std::llround(seconds * 1e3))));
}

// Takes the digits of a text one field after the other.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The part of a second behind the point, rounded down.
  int Milliseconds() {
    int value = 0;
    int scale = 100;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    return value;
  }

  bool done() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> ReadDate(Fields& fields) {
  const auto year = fields.Digits(4);
  if (!year || !fields.Take("-")) return std::nullopt;
  const auto month = fields.Digits(2);
  if (!month || !fields.Take("-")) return std::nullopt;
  const auto day = fields.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// Hours, minutes, and seconds if they follow.
std::optional<milliseconds> ReadTimeOfDay(Fields& fields) {
  const auto hour = fields.Digits(2);
  if (!hour || *hour > 23 || !fields.Take(":")) return std::nullopt;
  const auto minute = fields.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  milliseconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!fields.Take(":")) return time;
  const auto second = fields.Digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  time += std::chrono::seconds(*second);
  if (fields.Take(".,")) time += milliseconds(fields.Milliseconds());
  return time;
}

// "Z", "+02:00", "-0330", or nothing.
std::optional<milliseconds> ReadZone(Fields& fields) {
  if (fields.done() || fields.Take("Zz")) return milliseconds(0);
  const int sign = fields.front() == '-' ? -1 : 1;
  if (!fields.Take("+-")) return std::nullopt;
  const auto hours = fields.Digits(2);
  if (!hours) return std::nullopt;
  fields.Take(":");
  const auto minutes = fields.done() ? std::optional<int>(0) : fields.Digits(2);
  if (!minutes) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

std::optional<WallTime> ParseTimestamp(std::string_view text) {
  Fields fields(text);
  const auto date = ReadDate(fields);
  if (!date) return std::nullopt;
  WallTime time = *date;
  if (fields.Take("Tt ")) {
    const auto of_day = ReadTimeOfDay(fields);
    if (!of_day) return std::nullopt;
    const auto zone = ReadZone(fields);
    if (!zone) return std::nullopt;
    time += *of_day - *zone;
  }
  const bool usable = fields.done() && time.time_since_epoch() >= milliseconds(0);
  return usable ? std::optional(time) : std::nullopt;
}

std::optional<WallTime> ReadTimestamp(const state::Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto number = value->AsDouble()) return FromNumber(*number);
  if (const auto text = value->AsString()) return ParseTimestamp(*text);
  return std::nullopt;
}

std::string FormatTimestamp(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(of_day.hours().count()), static_cast<int>(of_day.minutes().count()),
                static_cast<int>(of_day.seconds().count()), static_cast<int>(of_day.subseconds().count()));
  return text.data();
}

}  // namespace attune::console

#include "time_text.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>

namespace attune::server {
namespace {

// Reads fixed-width numbers and separators from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<int> Digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  bool Skip(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    last_ = text_.front();
    text_.remove_prefix(1);
    return true;
  }
  char last() const { return last_; }
  bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
  char last_ = 0;
};

std::optional<std::chrono::sys_days> ReadDate(Reader& in) {
  const auto year = in.Digits(4);
  if (!year || !in.Skip("-")) return std::nullopt;
  const auto month = in.Digits(2);
  if (!month || !in.Skip("-")) return std::nullopt;
  const auto day = in.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// Seconds may be left out, so may their fraction; digits beyond milliseconds are dropped.
std::optional<std::chrono::milliseconds> ReadTimeOfDay(Reader& in) {
  const auto hour = in.Digits(2);
  if (!hour || *hour > 23 || !in.Skip(":")) return std::nullopt;
  const auto minute = in.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::chrono::milliseconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!in.Skip(":")) return time;
  const auto second = in.Digits(2);
  if (!second || *second > 60) return std::nullopt;  // 60: a leap second
  time += std::chrono::seconds(*second);
  if (!in.Skip(".")) return time;
  int scale = 100;
  auto digit = in.Digits(1);
  if (!digit) return std::nullopt;
  for (; digit; digit = in.Digits(1), scale /= 10) time += std::chrono::milliseconds(*digit * scale);
  return time;
}

std::optional<std::chrono::minutes> ReadOffset(Reader& in) {
  if (in.Skip("Zz")) return std::chrono::minutes(0);
  if (!in.Skip("+-")) return std::nullopt;
  const int sign = in.last() == '-' ? -1 : 1;
  const auto hours = in.Digits(2);
  if (!hours || *hours > 23 || !in.Skip(":")) return std::nullopt;
  const auto minutes = in.Digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return std::chrono::minutes(sign * (*hours * 60 + *minutes));
}

std::optional<WallTime> Read(std::string_view text) {
  Reader in(text);
  const auto date = ReadDate(in);
  if (!date) return std::nullopt;
  if (in.done()) return WallTime(*date);
  if (!in.Skip("Tt ")) return std::nullopt;
  const auto time = ReadTimeOfDay(in);
  if (!time) return std::nullopt;
  const auto offset = ReadOffset(in);
  if (!offset || !in.done()) return std::nullopt;
  return WallTime(*date) + *time - *offset;
}

}  // namespace

std::string FormatTime(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                    static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

Result<WallTime> ParseTime(std::string_view text) {
  if (const auto time = Read(text)) return *time;
  return Error(ErrorCode::kInvalidArgument, "'" + std::string(text.substr(0, 64)) +
                                                "' is not a time; write it like 2026-11-21 or 2026-11-21T02:30:00Z");
}

}  // namespace attune::server

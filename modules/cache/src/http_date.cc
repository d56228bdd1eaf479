#include "attune/cache/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

namespace chrono = std::chrono;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// Reads a text from left to right; once something does not fit, it stays failed.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void Literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return Fail();
    rest_.remove_prefix(expected.size());
  }
  // Exactly `digits` of them; a blank may stand for the first of two where asctime pads.
  int Number(std::size_t digits, bool padded = false) {
    if (rest_.size() < digits) return Fail(), 0;
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = rest_[i];
      if (padded && i == 0 && c == ' ') continue;
      if (c < '0' || c > '9') return Fail(), 0;
      number = 10 * number + (c - '0');
    }
    rest_.remove_prefix(digits);
    return number;
  }
  // Its index.
  unsigned Word(const auto& words) {
    const auto found = std::ranges::find_if(words, [this](std::string_view word) { return rest_.starts_with(word); });
    if (found == words.end()) return Fail(), 0U;
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - words.begin());
  }
  chrono::seconds TimeOfDay() {
    const int hour = Number(2);
    Literal(":");
    const int minute = Number(2);
    Literal(":");
    const int second = Number(2);
    if (hour > 23 || minute > 59 || second > 60) Fail();  // 60: a leap second, the first of the next minute to us
    return chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
  }
  bool ended() const { return !failed_ && rest_.empty(); }

 private:
  void Fail() {
    failed_ = true;
    rest_ = {};
  }
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<WallTime> Moment(const DateReader& reader, int year, unsigned month, int day, chrono::seconds time) {
  if (!reader.ended() || year < 1970) return std::nullopt;
  const chrono::year_month_day date(chrono::year(year), chrono::month(month + 1),
                                    chrono::day(static_cast<unsigned>(day)));
  constexpr WallTime kEnd(chrono::sys_days(chrono::year(10'000) / 1 / 1));  // which the last leap second would reach
  if (!date.ok()) return std::nullopt;
  const WallTime moment = WallTime(chrono::sys_days(date)) + time;
  return moment < kEnd ? std::optional(moment) : std::nullopt;
}

std::optional<WallTime> ParseFixed(std::string_view text) {
  DateReader reader(text);
  reader.Word(kDays);
  reader.Literal(", ");
  const int day = reader.Number(2);
  reader.Literal(" ");
  const unsigned month = reader.Word(kMonths);
  reader.Literal(" ");
  const int year = reader.Number(4);
  reader.Literal(" ");
  const chrono::seconds time = reader.TimeOfDay();
  reader.Literal(" GMT");
  return Moment(reader, year, month, day, time);
}

std::optional<WallTime> ParseRfc850(std::string_view text, WallTime now) {
  DateReader reader(text);
  reader.Word(kLongDays);
  reader.Literal(", ");
  const int day = reader.Number(2);
  reader.Literal("-");
  const unsigned month = reader.Word(kMonths);
  reader.Literal("-");
  const int year_of_century = reader.Number(2);
  reader.Literal(" ");
  const chrono::seconds time = reader.TimeOfDay();
  reader.Literal(" GMT");
  // More than 50 years ahead means the century before.
  const int year_now = static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(now)).year());
  int year = year_now / 100 * 100 + year_of_century;
  if (year > year_now + 50) year -= 100;
  return Moment(reader, year, month, day, time);
}

std::optional<WallTime> ParseAsctime(std::string_view text) {
  DateReader reader(text);
  reader.Word(kDays);
  reader.Literal(" ");
  const unsigned month = reader.Word(kMonths);
  reader.Literal(" ");
  const int day = reader.Number(2, true);
  reader.Literal(" ");
  const chrono::seconds time = reader.TimeOfDay();
  reader.Literal(" ");
  const int year = reader.Number(4);
  return Moment(reader, year, month, day, time);
}

}  // namespace

std::optional<WallTime> ParseHttpDate(std::string_view text, WallTime now) {
  if (const auto time = ParseFixed(text)) return time;
  if (const auto time = ParseRfc850(text, now)) return time;
  return ParseAsctime(text);
}

std::string FormatHttpDate(WallTime time) {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(day);
  ATTUNE_CHECK(date.year() >= chrono::year(1970) && date.year() <= chrono::year(9999), "a year of four digits");
  const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[chrono::weekday(day).c_encoding()].data(),
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1].data(),
      static_cast<int>(date.year()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace attune::cache

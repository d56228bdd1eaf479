#include "attune/control/knob.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "attune/base/duration.h"

namespace attune::control {
namespace {

constexpr double kWholeMax = 9'007'199'254'740'992.0;  // 2^53: beyond it doubles skip whole numbers

struct Range {
  double low = 0;
  double high = 0;
};

// Of a choice, its indexes.
Range RangeOf(const KnobDomain& domain) {
  if (const auto* linear = std::get_if<LinearRange>(&domain)) return {linear->low, linear->high};
  if (const auto* log = std::get_if<LogRange>(&domain)) return {log->low, log->high};
  return {0, static_cast<double>(std::get<Choices>(domain).names.size()) - 1};
}

bool IsWhole(const KnobSpec& spec) {
  return spec.whole || spec.unit == KnobUnit::kBytes || spec.unit == KnobUnit::kDuration ||
         spec.unit == KnobUnit::kChoice;
}

bool IsName(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.back() == '.') return false;
  return name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
         });
}

// The shortest text that reads back the same; plain digits where people expect them.
std::string FormatNumber(double value) {
  std::array<char, 48> text{};
  const double magnitude = std::abs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::general;
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value, format);
  return {text.data(), failure == std::errc{} ? end : text.data()};
}

// Exact, in the largest unit that needs at most three decimals: "1.5s", "250us", "90m".
std::string FormatDuration(double nanoseconds) {
  struct Unit {
    std::string_view suffix;
    std::int64_t size;
    std::int64_t finest;  // the fraction that may be shown
  };
  static constexpr std::array kUnits = {Unit{"h", 3'600'000'000'000, 3'600'000'000'000},
                                        Unit{"m", 60'000'000'000, 60'000'000'000}, Unit{"s", 1'000'000'000, 1'000'000},
                                        Unit{"ms", 1'000'000, 1'000}, Unit{"us", 1'000, 1}};
  const auto count = static_cast<std::int64_t>(nanoseconds);
  for (const Unit& unit : kUnits) {
    if (count < unit.size || count % unit.finest != 0) continue;
    return FormatNumber(static_cast<double>(count) / static_cast<double>(unit.size)) + std::string(unit.suffix);
  }
  return count == 0 ? "0s" : std::to_string(count) + "ns";
}

Result<double> ParseNumber(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || rest != end || !std::isfinite(number)) {
    return Error(ErrorCode::kInvalidArgument, "not a number");
  }
  return number;
}

Result<double> ParseRatio(std::string_view text) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  ATTUNE_ASSIGN_OR_RETURN(const double number, ParseNumber(text));
  return percent ? number / 100 : number;
}

Result<double> ParseChoice(const Choices& choices, std::string_view text) {
  const auto found = std::find(choices.names.begin(), choices.names.end(), text);
  if (found == choices.names.end()) return Error(ErrorCode::kInvalidArgument, "not a choice");
  return static_cast<double>(found - choices.names.begin());
}

Result<double> ParseInUnit(const KnobSpec& spec, std::string_view text) {
  switch (spec.unit) {
    case KnobUnit::kNumber:
      return ParseNumber(text);
    case KnobUnit::kRatio:
      return ParseRatio(text);
    case KnobUnit::kBytes: {
      ATTUNE_ASSIGN_OR_RETURN(const Bytes bytes, ParseBytes(text));
      return static_cast<double>(bytes.count());
    }
    case KnobUnit::kDuration: {
      ATTUNE_ASSIGN_OR_RETURN(const Duration duration, ParseDuration(text));
      return static_cast<double>(duration.count());
    }
    case KnobUnit::kChoice:
      break;
  }
  return ParseChoice(std::get<Choices>(spec.domain), text);
}

Error BadSpec(const KnobSpec& spec, std::string_view what) {
  return {ErrorCode::kInvalidArgument, "knob '" + spec.name + "': " + std::string(what)};
}

Status ValidateDomain(const KnobSpec& spec) {
  const bool is_choice = std::holds_alternative<Choices>(spec.domain);
  if (is_choice != (spec.unit == KnobUnit::kChoice))
    return BadSpec(spec, "unit kChoice and a domain of choices go together");
  if (is_choice) {
    const auto& names = std::get<Choices>(spec.domain).names;
    if (names.empty()) return BadSpec(spec, "domain: no choices");
    if (std::any_of(names.begin(), names.end(), [](const auto& name) { return name.empty(); })) {
      return BadSpec(spec, "domain: a choice without a name");
    }
    return OkStatus();
  }
  const Range range = RangeOf(spec.domain);
  if (!std::isfinite(range.low) || !std::isfinite(range.high) || range.low > range.high) {
    return BadSpec(spec, "domain: low is above high");
  }
  if (std::holds_alternative<LogRange>(spec.domain) && range.low <= 0)
    return BadSpec(spec, "domain: a log range is above 0");
  if (!IsWhole(spec)) return OkStatus();
  if (range.low != std::floor(range.low) || range.high != std::floor(range.high)) {
    return BadSpec(spec, "domain: the ends are not whole");
  }
  const bool negative = range.low < 0 && spec.unit != KnobUnit::kNumber;
  const double highest = spec.unit == KnobUnit::kDuration ? 3.1536e18 : kWholeMax;  // 100 years
  if (negative || range.low < -kWholeMax || range.high > highest)
    return BadSpec(spec, "domain: beyond what the unit holds");
  return OkStatus();
}

}  // namespace

std::string_view ToString(KnobApplies applies) noexcept {
  switch (applies) {
    case KnobApplies::kAtOnce:
      return "at once";
    case KnobApplies::kAfterDraining:
      return "after draining";
    case KnobApplies::kAtRestart:
      break;
  }
  return "at restart";
}

Status Validate(const KnobSpec& spec) {
  if (!IsName(spec.name)) return BadSpec(spec, "name: write [a-z0-9_]+ separated by dots");
  ATTUNE_RETURN_IF_ERROR(ValidateDomain(spec));
  const double value = spec.default_value;
  if (std::isnan(value) || ClampToDomain(spec, value) != value)
    return BadSpec(spec, "default_value: not in the domain");
  if (spec.help.empty()) return BadSpec(spec, "help: missing");
  if (!(spec.envelope.step_max > 1)) return BadSpec(spec, "envelope.step_max: above 1");
  if (spec.envelope.cooldown < Duration::zero()) return BadSpec(spec, "envelope.cooldown: not negative");
  return OkStatus();
}

Result<double> ParseKnobValue(const KnobSpec& spec, std::string_view text) {
  const auto refuse = [&] {
    constexpr std::size_t kShown = 64;  // of a text that somebody typed
    return Error(ErrorCode::kInvalidArgument, "'" + std::string(text.substr(0, kShown)) + "' is not a value of " +
                                                  spec.name + ": " + DomainText(spec));
  };
  const Result<double> value = ParseInUnit(spec, text);
  if (!value.ok()) return refuse();
  const bool inside = ClampToDomain(spec, *value) == *value;  // whole numbers are checked by the same
  if (!inside) return refuse();
  return *value;
}

std::string FormatKnobValue(const KnobSpec& spec, double value) {
  switch (spec.unit) {
    case KnobUnit::kNumber:
    case KnobUnit::kRatio:
      return FormatNumber(value);
    case KnobUnit::kBytes:
      return ToString(Bytes(static_cast<std::uint64_t>(ClampToDomain(spec, value))));
    case KnobUnit::kDuration:
      return FormatDuration(ClampToDomain(spec, value));
    case KnobUnit::kChoice:
      break;
  }
  return std::get<Choices>(spec.domain).names[static_cast<std::size_t>(ClampToDomain(spec, value))];
}

std::string DomainText(const KnobSpec& spec) {
  if (const auto* choices = std::get_if<Choices>(&spec.domain)) {
    std::string text = "one of ";
    for (const std::string& name : choices->names) text += (&name == choices->names.data() ? "" : ", ") + name;
    return text;
  }
  const Range range = RangeOf(spec.domain);
  std::string text = FormatKnobValue(spec, range.low) + " to " + FormatKnobValue(spec, range.high);
  if (spec.unit == KnobUnit::kNumber && spec.whole) text += ", whole numbers";
  return text;
}

double ClampToDomain(const KnobSpec& spec, double value) {
  if (std::isnan(value)) return spec.default_value;
  const Range range = RangeOf(spec.domain);
  const double inside = std::clamp(value, range.low, range.high);
  return IsWhole(spec) ? std::round(inside) : inside;
}

Knob::Knob(KnobSpec spec) : spec_(std::move(spec)), value_(spec_.default_value) {
  const Status valid = Validate(spec_);
  ATTUNE_CHECK(valid.ok(), valid.ok() ? "" : valid.error().message().c_str());
}

}  // namespace attune::control

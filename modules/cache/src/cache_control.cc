#include "attune/cache/cache_control.h"

#include <algorithm>
#include <array>
#include <utility>

#include "attune/base/ascii.h"
#include "attune/cache/http_message.h"

namespace attune::cache {
namespace {

using Seconds = std::chrono::seconds;

struct Flag {
  std::string_view name;
  bool CacheControl::* field;
};
constexpr std::array kFlags = {
    Flag{"no-store", &CacheControl::no_store},
    Flag{"no-cache", &CacheControl::no_cache},
    Flag{"only-if-cached", &CacheControl::only_if_cached},
    Flag{"private", &CacheControl::is_private},
    Flag{"public", &CacheControl::is_public},
    Flag{"must-revalidate", &CacheControl::must_revalidate},
    Flag{"proxy-revalidate", &CacheControl::proxy_revalidate},
};

// What a value that is missing or no number stands for.
enum class Doubt : std::uint8_t { kZero, kIgnored, kAnyStaleness };
struct Delta {
  std::string_view name;
  std::optional<Seconds> CacheControl::* field;
  Doubt doubt;
};
constexpr std::array kDeltas = {
    Delta{"max-age", &CacheControl::max_age, Doubt::kZero},
    Delta{"s-maxage", &CacheControl::s_maxage, Doubt::kZero},
    Delta{"max-stale", &CacheControl::max_stale, Doubt::kAnyStaleness},
    Delta{"min-fresh", &CacheControl::min_fresh, Doubt::kIgnored},
    Delta{"stale-while-revalidate", &CacheControl::stale_while_revalidate, Doubt::kIgnored},
    Delta{"stale-if-error", &CacheControl::stale_if_error, Doubt::kIgnored},
};

constexpr std::string_view kSpace = " \t";

// Where the quote at `open` is closed; npos: never.
std::size_t ClosingQuote(std::string_view text, std::size_t open) {
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

// The next directive, and the rest behind its comma. A comma within quotes separates nothing; from a quote on that is
// never closed, no more quotes are looked for, so that they hide nothing and the whole takes one pass.
std::string_view TakeDirective(std::string_view& rest, bool& quotes) {
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ',') {
    const std::size_t close = quotes && rest[end] == '"' ? ClosingQuote(rest, end) : end;
    quotes = quotes && close != std::string_view::npos;
    end = (quotes ? close : end) + 1;
  }
  const std::string_view directive = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return directive;
}

// Absent: the directive has no value.
std::optional<std::string_view> ValueOf(std::string_view directive, std::size_t equals) {
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view value = Trim(directive.substr(equals + 1), kSpace);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return value;
}

void ApplyDelta(CacheControl& control, const Delta& delta, std::optional<std::string_view> value) {
  std::optional<Seconds> seconds = value.has_value() ? ParseDeltaSeconds(*value) : std::nullopt;
  if (!seconds.has_value()) {
    if (delta.doubt == Doubt::kZero) seconds = Seconds(0);
    if (delta.doubt == Doubt::kAnyStaleness && !value.has_value()) seconds = kDeltaSecondsMax;
  }
  if (!seconds.has_value()) return;
  std::optional<Seconds>& field = control.*delta.field;
  // Of two, the one that asks for more freshness.
  const bool larger_is_stricter = delta.field == &CacheControl::min_fresh;
  if (!field.has_value() || (larger_is_stricter ? *seconds > *field : *seconds < *field)) field = seconds;
}

void Apply(CacheControl& control, std::string_view directive) {
  const std::size_t equals = directive.find('=');
  const std::string_view name = Trim(directive.substr(0, equals), kSpace);
  for (const Flag& flag : kFlags) {
    if (SameFieldName(name, flag.name)) control.*flag.field = true;
  }
  for (const Delta& delta : kDeltas) {
    if (SameFieldName(name, delta.name)) ApplyDelta(control, delta, ValueOf(directive, equals));
  }
}

}  // namespace

std::optional<Seconds> ParseDeltaSeconds(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  Seconds::rep seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min(seconds * 10 + (c - '0'), kDeltaSecondsMax.count());
  }
  return Seconds(seconds);
}

CacheControl ParseCacheControl(std::string_view text) {
  CacheControl control;
  bool quotes = true;
  while (!text.empty()) Apply(control, TakeDirective(text, quotes));
  return control;
}

std::string ToString(const CacheControl& control) {
  std::string text;
  const auto add = [&text](std::string_view directive) { text.append(text.empty() ? "" : ", ").append(directive); };
  for (const Delta& delta : kDeltas) {
    const std::optional<Seconds> seconds = control.*delta.field;
    if (seconds.has_value()) add(std::string(delta.name) + "=" + std::to_string(seconds->count()));
  }
  for (const Flag& flag : kFlags) {
    if (control.*flag.field) add(flag.name);
  }
  return text;
}

}  // namespace attune::cache

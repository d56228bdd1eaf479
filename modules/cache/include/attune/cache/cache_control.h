#pragma once
// CacheControl: the directives of the Cache-Control field, of requests and responses alike.
//
//   const CacheControl control = ParseCacheControl("max-age=60, stale-if-error=\"600\"");
//   control.max_age;  // 60 s
//
// Follows    RFC 9111 section 5.2, RFC 5861 (stale-while-revalidate, stale-if-error).
// Doubt      is resolved towards caching less: a max-age or s-maxage that is no number counts as 0, of two different
//            ones the smaller holds, no-cache or private with field names mean the whole response, and a quote
//            that is never closed hides no directive behind it.
//            What is unknown or otherwise malformed is left out.
// Threads    pure functions.
// Cost       O(text), without allocating.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace attune::cache {

inline constexpr std::chrono::seconds kDeltaSecondsMax{2'147'483'648};  // RFC 9111 1.2.2: larger ones count as 2^31

struct CacheControl {
  using Seconds = std::chrono::seconds;

  std::optional<Seconds> max_age;
  std::optional<Seconds> s_maxage;                // responses: shared caches
  std::optional<Seconds> max_stale;               // requests; without a number any staleness will do: kDeltaSecondsMax
  std::optional<Seconds> min_fresh;               // requests
  std::optional<Seconds> stale_while_revalidate;  // responses
  std::optional<Seconds> stale_if_error;
  bool no_store = false;
  bool no_cache = false;
  bool only_if_cached = false;  // requests
  bool is_private = false;      // from here on responses
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;

  friend bool operator==(const CacheControl&, const CacheControl&) = default;
};

CacheControl ParseCacheControl(std::string_view text);
// Directives that are set, in the order above; ParseCacheControl reads it back to the same value.
std::string ToString(const CacheControl& control);

// Delta-seconds: digits alone; large ones are kDeltaSecondsMax. None for anything else.
std::optional<std::chrono::seconds> ParseDeltaSeconds(std::string_view text) noexcept;

}  // namespace attune::cache

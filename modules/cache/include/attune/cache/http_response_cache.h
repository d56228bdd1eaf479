#pragma once
// HttpResponseCache: keeps API responses as RFC 9111 allows, and says what to ask the origin when they are old.
//
//   HttpResponseCache cache(clock);
//   HttpCacheAnswer answer = cache.Find(request);
//   const bool replied = answer.response.has_value();
//   if (replied) Reply(*answer.response);              // fresh, or stale where that is allowed
//   for (int tries = 0; answer.to_origin && tries < 2; ++tries) {   // forward, validate, or refresh behind the reply
//     const TimePoint asked_at = clock.Now();
//     const HttpResponse response = Fetch(*answer.to_origin);
//     answer = cache.OnResponse(request, response, asked_at);
//   }
//   if (!replied) Reply(answer.response.value_or(BadGateway()));    // none: the origin says 304 to whoever asks
//
// Freshness  s-maxage (shared caches), max-age, Expires, else a tenth of the time since Last-Modified, at most
//            heuristic_max; against an age that counts Age, Date, the time on the way and the time in here.
// Validation stale responses with an ETag or Last-Modified are asked for with If-None-Match and If-Modified-Since; a
//            304 refreshes what is kept, if it does not name another ETag or Last-Modified.
//            stale-while-revalidate and stale-if-error as in RFC 5861, unless must-revalidate (or, when shared,
//            proxy-revalidate or s-maxage) forbids it. In place of an error a stale response is given whatever
//            max-age or min-fresh the request names; its no-cache forbids that.
// Late       a response whose Date is before that of the one that came while it was under way does not replace it.
// Key        the URI: scheme and host in any case, the scheme's own port or none, needless dots and percent signs, and
//            the fragment make no difference.
// Variants   Vary selects among the responses to one URI; `*` is never kept.
// Shared     a shared cache keeps nothing that is private, and answers to requests with Authorization only when
//            the response says public, must-revalidate or s-maxage. What one of these, or a request that says
//            no-store, gets and may not be kept leaves what others are given as it is.
// Unsafe     POST, PUT, DELETE and every unknown method go through, and when they succeed what is kept for the URI
//            (and for Location and Content-Location on the same origin, relative or not) is gone. Responses to what
//            was asked for before, and that come after it, are passed on and not kept.
// Not kept   partial content, and requests with Range or with conditions of their own: they are forwarded.
//            HEAD is answered from a kept GET.
// Ownership  owns what it keeps; answers are copies.
// Threads    every member is thread-safe: one mutex, held while messages are copied.
// Cost       an answer copies the response; OnResponse parses its fields.
// Bounds     256 changes are remembered; when there are more, the oldest counts for every URI.
//            entries_max URIs with kHttpVariantsMax responses each, bytes_max over all; the longest unused URI leaves.
// Errors     none of its own; only-if-cached without an answer is a response with status 504.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/budgeted_cache.h"
#include "attune/cache/http_message.h"

namespace attune::cache {

inline constexpr std::size_t kHttpVariantsMax = 8;  // of one URI; the oldest leaves. Each is compared on every access

struct HttpResponseCacheConfig {
  std::string name = "api responses";
  std::size_t entries_max = 500;
  Bytes bytes_max = 64_MiB;
  bool shared = true;                               // used by more than one user; false keeps private responses as well
  double heuristic_share = 0.1;                     // of the time since Last-Modified; RFC 9111 4.2.2 suggests it
  Duration heuristic_max = std::chrono::hours(24);  // more of it trusts silence longer
  Duration stale_if_error = Duration(0);            // for responses that say nothing; more of it hides outages longer
  Duration refresh_timeout = std::chrono::seconds(30);   // after it, another caller refreshes what is stale
  Duration origin_cost = std::chrono::milliseconds(50);  // of asking the origin; more of it claims more memory
};
Status Validate(const HttpResponseCacheConfig& config);

enum class HttpCacheOutcome : std::uint8_t {
  kFresh,         // reply with it
  kStale,         // reply with it; the request or the response allows it
  kStaleRefresh,  // reply with it, then send to_origin
  kValidate,      // send to_origin; a 304 will do
  kForward,       // send to_origin, the request as it is
  kUnsatisfied,   // only-if-cached and nothing kept: reply with the 504
};

struct HttpCacheAnswer {
  HttpCacheOutcome outcome = HttpCacheOutcome::kForward;
  std::optional<HttpResponse> response;  // what to reply now
  std::optional<HttpRequest> to_origin;  // what to send
};

struct HttpCacheStats {
  std::uint64_t fresh = 0;
  std::uint64_t stale = 0;        // the two stale outcomes
  std::uint64_t validations = 0;  // asked for
  std::uint64_t revalidated = 0;  // 304 that refreshed what was kept
  std::uint64_t forwarded = 0;
  std::uint64_t stored = 0;
  std::uint64_t rescued = 0;      // errors of the origin that were answered with a stale response
  std::uint64_t invalidated = 0;  // URIs that an unsafe method removed
};

class HttpResponseCache {
 public:
  // `clock` outlives this. REQUIRES: Validate(config).ok().
  explicit HttpResponseCache(const Clock& clock, HttpResponseCacheConfig config = {}, ReadyCacheHooks hooks = {});
  HttpResponseCache(const HttpResponseCache&) = delete;
  HttpResponseCache& operator=(const HttpResponseCache&) = delete;
  ~HttpResponseCache();

  HttpCacheAnswer Find(const HttpRequest& request);

  // The origin answered `response` to the to_origin made from `request`, which was sent at `asked_at`. Answers what to
  // reply: the response itself or a kept one that a 304 refreshed (kFresh), or a stale one in place of an error
  // (kStale). kForward: the origin says that what was kept is still good, but it has left meanwhile, is not what the
  // origin means, or was asked for before a change; the client set no condition and cannot be given a 304, so the
  // request goes out once more as it is.
  HttpCacheAnswer OnResponse(const HttpRequest& request, const HttpResponse& response, TimePoint asked_at);
  // The origin could not be reached, or a circuit breaker is open: a stale response where allowed.
  std::optional<HttpResponse> OnNoResponse(const HttpRequest& request);

  // What comes in afterwards, but was asked for before, is not kept either.
  void Forget(const std::string& uri);
  void Clear();

  std::size_t size() const noexcept;  // URIs
  Bytes bytes() const noexcept;
  HttpCacheStats Stats() const;
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept;
  void Maintain();

 private:
  class Store;
  std::unique_ptr<Store> store_;
};

}  // namespace attune::cache

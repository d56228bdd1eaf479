#pragma once
// KeptResponse: a response with what a cache has to know about it; and the rules of RFC 9111 about whether it
// may be kept, whom it suits and how fresh it is. Arithmetic without state, clock or lock.

#include <optional>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/cache/cache_control.h"
#include "attune/cache/http_message.h"
#include "attune/cache/http_response_cache.h"

namespace attune::cache {

struct KeptResponse {
  HttpResponse response;
  CacheControl control;
  std::vector<HttpField> varies_by;  // the request's fields that Vary names, as they were; an empty value: absent
  WallTime date{};
  TimePoint received_at;
  Duration age_initial{};
  Duration lifetime{};

  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const KeptResponse& kept) {
    visit(kept.response, kept.varies_by);
  }
};

// When a message came, on both clocks.
struct HttpExchange {
  TimePoint asked_at;
  TimePoint received_at;
  WallTime received_wall;
};

CacheControl ControlOf(const HttpFields& fields);  // Pragma: no-cache counts where Cache-Control is absent
bool UnsafeMethod(const std::string& method);
// Carries a condition or a range of its own, which only the origin understands.
bool NeedsOrigin(const HttpRequest& request);

// What is answered to it may be meant for nobody else: if it may not be kept, that says nothing about what others get.
bool ForItselfAlone(const HttpResponseCacheConfig& config, const HttpRequest& request);

// Section 3.5: a shared cache may answer with it to requests with Authorization.
bool AnswersAuthorized(const CacheControl& control);
// RFC 9111 section 3.
bool Storable(const HttpResponseCacheConfig& config, const HttpRequest& request, const HttpResponse& response);
// RFC 9111 section 4.2. REQUIRES: Storable.
KeptResponse MakeKept(const HttpResponseCacheConfig& config, const HttpRequest& request, HttpResponse response,
                      const HttpExchange& exchange);
// RFC 9111 section 3.2: the fields of a 304 replace those that are kept, with the exceptions named there.
HttpResponse WithFieldsOf(HttpResponse kept, const HttpResponse& not_modified);

// `late` was asked for before `kept` came, and is older (section 4: of two, the most recent is used). By Date alone one
// with a date in the future could never be replaced.
bool IsOvertaken(const KeptResponse& late, TimePoint asked_at, const KeptResponse& kept);
bool Suits(const KeptResponse& kept, const HttpRequest& request);  // section 4.1
Duration AgeOf(const KeptResponse& kept, TimePoint now);           // section 4.2.3
bool ForbidsStale(const HttpResponseCacheConfig& config, const CacheControl& control);

}  // namespace attune::cache

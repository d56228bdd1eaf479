// Whatever comes as Cache-Control reads back from what it is written as; and a cache that is fed with
// it answers without failing, and never answers with what says no-store.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/cache/cache_control.h"
#include "attune/cache/http_response_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::cache;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const CacheControl control = ParseCacheControl(text);
  ATTUNE_CHECK(ParseCacheControl(ToString(control)) == control, "round trip of directives");

  const attune::ManualClock clock;
  HttpResponseCache cache(clock, {.entries_max = 4, .bytes_max = attune::Bytes(1U << 20U)});
  const std::size_t half = size / 2;
  const HttpRequest request{.method = "GET", .uri = "https://a/b", .fields = {{"Cache-Control", std::string(text)}}};
  const HttpResponse response{.status = 200,
                              .fields = {{"Cache-Control", std::string(text.substr(0, half))},
                                         {"Expires", std::string(text.substr(half))},
                                         {"Vary", std::string(text.substr(half))},
                                         {"Age", std::string(text)}},
                              .body = "body"};
  cache.OnResponse(request, response, clock.Now());
  const HttpCacheAnswer answer = cache.Find({.method = "GET", .uri = "https://a/b", .fields = {}});
  if (ParseCacheControl(text.substr(0, half)).no_store) ATTUNE_CHECK(cache.size() == 0, "no-store is not kept");
  ATTUNE_CHECK(answer.response.has_value() || answer.to_origin.has_value(), "there is always something to do");
  return 0;
}

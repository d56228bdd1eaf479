// A key is its own key, and what a reference names is found again under the key of what it names; a cache that is told
// that it changed does not answer with it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../src/http_uri_key.h"
#include "attune/base/check.h"
#include "attune/cache/http_response_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::cache;  // NOLINT(google-build-using-namespace)
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string key = HttpUriKey(text);
  ATTUNE_CHECK(HttpUriKey(key) == key, "a key is its own key");

  const std::string base = "https://a/b/c?d";
  const auto named = SameOriginKey(base, text);
  if (!named.has_value()) return 0;
  ATTUNE_CHECK(named->starts_with("https://a/") && named->find('#') == std::string::npos, "it is on the same origin");
  ATTUNE_CHECK(SameOriginKey(base, *named) == named && HttpUriKey(*named) == named, "it is a key");

  const attune::ManualClock clock;
  HttpResponseCache cache(clock, {.entries_max = 4, .bytes_max = attune::Bytes(1U << 20U)});
  const HttpRequest get{.method = "GET", .uri = *named, .fields = {}};
  cache.OnResponse(get, {.status = 200, .fields = {{"Cache-Control", "max-age=60"}}, .body = "body"}, clock.Now());
  cache.OnResponse({.method = "POST", .uri = base, .fields = {}},
                   {.status = 201, .fields = {{"Location", text}}, .body = {}}, clock.Now());
  ATTUNE_CHECK(!cache.Find(get).response.has_value(), "what changed is gone");
  return 0;
}

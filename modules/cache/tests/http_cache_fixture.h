#pragma once
// An HttpResponseCache on a manual clock, and short ways to write messages.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "attune/cache/http_date.h"
#include "attune/cache/http_response_cache.h"

namespace attune::cache {

class HttpResponseCacheTest : public testing::Test {
 protected:
  static HttpRequest Get(HttpFields fields = {}, std::string uri = "https://api.example/things") {
    return {.method = "GET", .uri = std::move(uri), .fields = std::move(fields)};
  }
  static HttpResponse Ok(HttpFields fields, std::string body = "body") {
    return {.status = 200, .fields = std::move(fields), .body = std::move(body)};
  }
  std::string Date(Duration from_now) const {
    return FormatHttpDate(std::chrono::time_point_cast<std::chrono::milliseconds>(clock_.WallNow() + from_now));
  }
  HttpResponse Answered(const HttpRequest& request, const HttpResponse& response) {
    const HttpCacheAnswer answer = cache_.OnResponse(request, response, clock_.Now());
    EXPECT_TRUE(answer.response.has_value());
    return answer.response.value_or(HttpResponse{});
  }
  HttpCacheOutcome Outcome(const HttpRequest& request) { return cache_.Find(request).outcome; }

  ManualClock clock_;
  HttpResponseCache cache_{clock_};
};

}  // namespace attune::cache

#include "attune/cache/http_response_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http_cache_fixture.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using enum HttpCacheOutcome;

TEST_F(HttpResponseCacheTest, IsFreshUntilItsMaxAgeAndSaysItsAge) {
  EXPECT_EQ(Outcome(Get()), kForward);
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}));
  clock_.Advance(60s - 1ns);
  const HttpCacheAnswer answer = cache_.Find(Get());
  EXPECT_EQ(answer.outcome, kFresh);
  EXPECT_EQ(answer.response->body, "body");
  EXPECT_EQ(answer.response->fields.Combined("age"), "59");
  clock_.Advance(1ns);
  EXPECT_EQ(Outcome(Get()), kValidate);
}

TEST_F(HttpResponseCacheTest, SharedLifetimesWinOnlyInSharedCaches) {
  const HttpResponse response = Ok({{"Cache-Control", "max-age=10, s-maxage=100"}});
  HttpResponseCache own(clock_, {.shared = false});
  Answered(Get(), response);
  own.OnResponse(Get(), response, clock_.Now());
  clock_.Advance(50s);
  EXPECT_EQ(Outcome(Get()), kFresh);
  EXPECT_EQ(own.Find(Get()).outcome, kValidate);
}

TEST_F(HttpResponseCacheTest, ExpiresCountsFromItsDateAndMaxAgeOverridesIt) {
  Answered(Get(), Ok({{"Date", Date(0s)}, {"Expires", Date(30s)}}));
  Answered(Get({}, "b"), Ok({{"Expires", Date(30s)}, {"Cache-Control", "max-age=5"}}));
  Answered(Get({}, "c"), Ok({{"Expires", "0"}, {"ETag", "\"1\""}}));
  clock_.Advance(29s);
  EXPECT_EQ(Outcome(Get()), kFresh);
  EXPECT_EQ(Outcome(Get({}, "b")), kValidate);
  EXPECT_EQ(Outcome(Get({}, "c")), kValidate);
  clock_.Advance(1s);
  EXPECT_EQ(Outcome(Get()), kValidate);
}

TEST_F(HttpResponseCacheTest, DatesThatAreCenturiesAwayCountAsFarAway) {
  const std::string never = "Fri, 31 Dec 9999 23:59:59 GMT";
  Answered(Get(), Ok({{"Expires", never}}));
  Answered(Get({}, "c"), Ok({{"Expires", "Fri, 31 Dec 2399 23:59:59 GMT"}}));
  Answered(Get({}, "d"), Ok({{"Date", never}, {"Cache-Control", "max-age=60"}}));
  Answered(Get({}, "e"), Ok({{"Date", never}, {"Expires", "Thu, 01 Jan 1970 00:00:00 GMT"}}));
  Answered(Get({}, "f"), Ok({{"Date", never}, {"Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT"}}));
  EXPECT_EQ(cache_.Find(Get()).response->fields.Combined("Age"), "0");
  EXPECT_EQ(Outcome(Get({}, "d")), kFresh);
  EXPECT_EQ(Outcome(Get({}, "e")), kValidate);
  EXPECT_EQ(Outcome(Get({}, "f")), kFresh) << "for heuristic_max";
  clock_.Advance(24h * 365 * 60);
  EXPECT_EQ(Outcome(Get()), kFresh);
  EXPECT_EQ(Outcome(Get({}, "c")), kFresh);
  EXPECT_EQ(Outcome(Get({}, "d")), kValidate);
  EXPECT_EQ(Outcome(Get({}, "f")), kValidate);
}

TEST_F(HttpResponseCacheTest, WithoutALifetimeATenthOfItsAgeIsTrusted) {
  Answered(Get(), Ok({{"Last-Modified", Date(-1000s)}}));
  Answered(Get({}, "old"), Ok({{"Last-Modified", Date(-10'000h)}}));
  Answered(Get({}, "silent"), Ok({}));
  EXPECT_EQ(Outcome(Get({}, "silent")), kValidate);
  clock_.Advance(99s);
  EXPECT_EQ(Outcome(Get()), kFresh);
  clock_.Advance(1s);
  EXPECT_EQ(Outcome(Get()), kValidate);
  clock_.Advance(23h);
  EXPECT_EQ(Outcome(Get({}, "old")), kFresh);
  clock_.Advance(1h);
  EXPECT_EQ(Outcome(Get({}, "old")), kValidate) << "a day at most";
}

TEST_F(HttpResponseCacheTest, TheAgeCountsProxiesAndTheTimeOnTheWay) {
  const TimePoint asked_at = clock_.Now();
  clock_.Advance(5s);
  cache_.OnResponse(Get(), Ok({{"Cache-Control", "max-age=60"}, {"Age", "20"}}), asked_at);
  EXPECT_EQ(cache_.Find(Get()).response->fields.Combined("Age"), "25");
  cache_.OnResponse(Get({}, "b"), Ok({{"Cache-Control", "max-age=60"}, {"Date", Date(-40s)}}), clock_.Now());
  EXPECT_EQ(cache_.Find(Get({}, "b")).response->fields.Combined("Age"), "40");
  cache_.OnResponse(Get({}, "c"), Ok({{"Cache-Control", "max-age=60"}, {"Date", " " + Date(-30s) + "\t"}}),
                    clock_.Now());
  EXPECT_EQ(cache_.Find(Get({}, "c")).response->fields.Combined("Age"), "30");
}

TEST_F(HttpResponseCacheTest, OfSeveralAgesTheFirstCounts) {
  const auto age = [&](const HttpFields& ages) {
    std::vector<HttpField> fields = ages.all();
    fields.push_back({"Cache-Control", "max-age=60"});
    Answered(Get(), Ok(HttpFields(std::move(fields))));
    return cache_.Find(Get()).response->fields.Combined("Age");
  };
  EXPECT_EQ(age({{"Age", "50, 10"}}), "50");
  EXPECT_EQ(age({{"Age", " 20"}, {"Age", "30"}}), "20");
  EXPECT_EQ(age({{"Age", "soon"}}), "0");
}

TEST_F(HttpResponseCacheTest, WhatOneMayNotShareLeavesWhatOthersAreGiven) {
  const HttpResponse plain = Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"1\""}}, "for all");
  const HttpRequest no_store = Get({{"Cache-Control", "no-store"}});
  const HttpRequest authorised = Get({{"Authorization", "Bearer x"}});
  Answered(Get(), plain);
  Answered(no_store, Ok({{"Cache-Control", "max-age=60"}}, "for one"));
  EXPECT_EQ(cache_.Find(Get()).response->body, "for all");
  Answered(authorised, Ok({{"Cache-Control", "no-store"}}, "for one"));
  EXPECT_EQ(cache_.Find(Get()).response->body, "for all");
  clock_.Advance(20s);
  ASSERT_EQ(Outcome(no_store), kValidate);
  Answered(no_store, {.status = 304, .fields = {}, .body = {}});
  EXPECT_EQ(Outcome(Get()), kValidate) << "it is still there";

  HttpResponseCache own(clock_, {.shared = false});
  own.OnResponse(Get(), plain, clock_.Now());
  own.OnResponse(authorised, Ok({{"Cache-Control", "no-store"}}), clock_.Now());
  EXPECT_EQ(own.size(), 0U) << "there are no others";
}

TEST_F(HttpResponseCacheTest, KeepsNothingThatItMustNot) {
  const std::vector<std::pair<HttpRequest, HttpResponse>> forbidden = {
      {Get(), Ok({{"Cache-Control", "no-store, max-age=60"}})},
      {Get(), Ok({{"Cache-Control", "private, max-age=60"}})},
      {Get({{"Cache-Control", "no-store"}}), Ok({{"Cache-Control", "max-age=60"}})},
      {Get({{"Authorization", "Bearer x"}}), Ok({{"Cache-Control", "max-age=60"}})},
      {Get({{"Range", "bytes=0-1"}}), Ok({{"Cache-Control", "max-age=60"}})},
      {Get(), Ok({{"Cache-Control", "max-age=60"}, {"Vary", "Accept, *"}})},
      {Get(), {.status = 206, .fields = {{"Cache-Control", "max-age=60"}}, .body = "part"}},
      {Get(), {.status = 302, .fields = {}, .body = {}}},
      {Get(), {.status = 500, .fields = {{"Last-Modified", Date(-100s)}}, .body = {}}},
      {{.method = "POST", .uri = Get().uri, .fields = {}}, Ok({{"Cache-Control", "max-age=60"}})},
  };
  for (const auto& [request, response] : forbidden) {
    EXPECT_EQ(Answered(request, response), response) << "it is passed on as it is";
    EXPECT_EQ(cache_.size(), 0U);
  }
}

TEST_F(HttpResponseCacheTest, AuthorizationNeedsAPermissionToStoreAndToAnswer) {
  const HttpFields secret = {{"Authorization", "Bearer x"}};
  for (const std::string permission : {"public", "must-revalidate", "s-maxage=60"}) {
    Answered(Get(secret, permission), Ok({{"Cache-Control", "max-age=60, " + permission}}));
    EXPECT_EQ(Outcome(Get(secret, permission)), kFresh) << permission;
  }
  Answered(Get({}, "plain"), Ok({{"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(Outcome(Get({}, "plain")), kFresh);
  EXPECT_EQ(Outcome(Get(secret, "plain")), kForward);
}

TEST_F(HttpResponseCacheTest, VaryKeepsOneResponseForEachKindOfRequest) {
  Answered(Get({{"Accept", "text"}}), Ok({{"Cache-Control", "max-age=60"}, {"Vary", "Accept"}}, "text"));
  Answered(Get({{"Accept", "json"}}), Ok({{"Cache-Control", "max-age=60"}, {"Vary", "accept"}}, "json"));
  EXPECT_EQ(cache_.Find(Get({{"ACCEPT", "text"}})).response->body, "text");
  EXPECT_EQ(cache_.Find(Get({{"accept", "json"}})).response->body, "json");
  EXPECT_EQ(Outcome(Get()), kForward);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(HttpResponseCacheTest, OfTooManyVariantsTheOldestLeaves) {
  for (std::size_t i = 0; i <= kHttpVariantsMax; ++i) {
    Answered(Get({{"Accept", std::to_string(i)}}), Ok({{"Cache-Control", "max-age=60"}, {"Vary", "Accept"}}));
  }
  EXPECT_EQ(Outcome(Get({{"Accept", "0"}})), kForward);
  EXPECT_EQ(Outcome(Get({{"Accept", "1"}})), kFresh);
}

TEST_F(HttpResponseCacheTest, ANewResponseReplacesTheOldOneAndOneThatMayNotBeKeptRemovesIt) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}, "old"));
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}, "new"));
  EXPECT_EQ(cache_.Find(Get()).response->body, "new");
  Answered(Get(), Ok({{"Cache-Control", "no-store"}}, "newest"));
  EXPECT_EQ(Outcome(Get()), kForward);
}

TEST_F(HttpResponseCacheTest, NoCacheIsKeptButAlwaysValidated) {
  Answered(Get(), Ok({{"Cache-Control", "no-cache, max-age=60"}, {"ETag", "\"1\""}}));
  EXPECT_EQ(Outcome(Get()), kValidate);
}

TEST_F(HttpResponseCacheTest, TheRequestMayAskForMoreFreshnessOrLess) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}));
  clock_.Advance(30s);
  const auto asking = [&](const char* control) { return Outcome(Get({{"Cache-Control", control}})); };
  EXPECT_EQ(asking("no-cache"), kValidate);
  EXPECT_EQ(Outcome(Get({{"Pragma", "no-cache"}})), kValidate);
  EXPECT_EQ(asking("max-age=29"), kValidate);
  EXPECT_EQ(asking("max-age=30"), kFresh);
  EXPECT_EQ(asking("min-fresh=29"), kFresh);
  EXPECT_EQ(asking("min-fresh=30"), kValidate);
  clock_.Advance(60s);
  EXPECT_EQ(asking("max-stale=29"), kValidate);
  EXPECT_EQ(asking("max-stale=30"), kStale);
  EXPECT_EQ(asking("max-stale"), kStale);
}

TEST_F(HttpResponseCacheTest, OnlyIfCachedNeverGoesToTheOrigin) {
  const HttpCacheAnswer nothing = cache_.Find(Get({{"Cache-Control", "only-if-cached"}}));
  EXPECT_EQ(nothing.outcome, kUnsatisfied);
  EXPECT_EQ(nothing.response->status, 504);
  EXPECT_FALSE(nothing.to_origin.has_value());
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(Outcome(Get({{"Cache-Control", "only-if-cached"}})), kFresh);
  clock_.Advance(60s);
  EXPECT_EQ(Outcome(Get({{"Cache-Control", "only-if-cached"}})), kUnsatisfied);
  EXPECT_EQ(cache_.Stats().validations, 0U);
}

TEST_F(HttpResponseCacheTest, StaleWhileRevalidateAnswersEverybodyAndSendsOne) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=10, stale-while-revalidate=20"}, {"ETag", "\"1\""}}));
  clock_.Advance(15s);
  const HttpCacheAnswer first = cache_.Find(Get());
  EXPECT_EQ(first.outcome, kStaleRefresh);
  EXPECT_TRUE(first.response.has_value() && first.to_origin.has_value());
  EXPECT_EQ(Outcome(Get()), kStale);
  Answered(Get(), {.status = 304, .fields = {}, .body = {}});
  EXPECT_EQ(Outcome(Get()), kFresh);
  clock_.Advance(31s);
  EXPECT_EQ(Outcome(Get()), kValidate) << "too stale";
}

TEST_F(HttpResponseCacheTest, ARefreshThatNeverCameBackIsGivenToAnother) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=1, stale-while-revalidate=1000"}}));
  clock_.Advance(2s);
  EXPECT_EQ(Outcome(Get()), kStaleRefresh);
  clock_.Advance(30s - 1ns);
  EXPECT_EQ(Outcome(Get()), kStale);
  clock_.Advance(1ns);
  EXPECT_EQ(Outcome(Get()), kStaleRefresh);
}

TEST_F(HttpResponseCacheTest, AnErrorOfTheOriginIsAnsweredWithWhatIsKeptWhereAllowed) {
  const HttpResponse broken{.status = 503, .fields = {}, .body = "down"};
  Answered(Get(), Ok({{"Cache-Control", "max-age=10, stale-if-error=60"}}));
  Answered(Get({}, "strict"), Ok({{"Cache-Control", "max-age=10, stale-if-error=60, must-revalidate"}}));
  Answered(Get({}, "silent"), Ok({{"Cache-Control", "max-age=10"}}));
  clock_.Advance(70s);
  EXPECT_EQ(Answered(Get(), broken).status, 200);
  EXPECT_TRUE(cache_.OnNoResponse(Get()).has_value());
  EXPECT_EQ(Answered(Get({}, "strict"), broken), broken);
  EXPECT_EQ(Answered(Get({}, "silent"), broken), broken);
  EXPECT_EQ(Answered(Get({{"Cache-Control", "stale-if-error=60"}}, "silent"), broken).status, 200);
  clock_.Advance(1s);
  EXPECT_EQ(Answered(Get(), broken), broken) << "too stale";
  EXPECT_FALSE(cache_.OnNoResponse(Get()).has_value());
  EXPECT_EQ(cache_.Stats().rescued, 3U);
}

TEST_F(HttpResponseCacheTest, AnUnsafeMethodRemovesWhatItChangedOnItsOwnHost) {
  for (const char* uri : {"https://a/x", "https://a/y", "https://a/z", "https://b/x"}) {
    Answered(Get({}, uri), Ok({{"Cache-Control", "max-age=60"}}));
  }
  const HttpRequest put{.method = "PUT", .uri = "https://a/x", .fields = {}};
  Answered(put, {.status = 500, .fields = {}, .body = {}});
  EXPECT_EQ(cache_.size(), 4U) << "nothing changed";
  Answered(put, {.status = 201, .fields = {{"Location", "/y"}, {"Content-Location", "https://b/x"}}, .body = {}});
  EXPECT_EQ(Outcome(Get({}, "https://a/x")), kForward);
  EXPECT_EQ(Outcome(Get({}, "https://a/y")), kForward);
  EXPECT_EQ(Outcome(Get({}, "https://a/z")), kFresh);
  EXPECT_EQ(Outcome(Get({}, "https://b/x")), kFresh);
}

TEST_F(HttpResponseCacheTest, AnUnsafeMethodRemovesWhatItNamesHoweverThatIsWritten) {
  const std::vector<std::pair<std::string, std::string>> references = {{"y", "https://a/d/y"},
                                                                       {"./y", "https://a/d/y"},
                                                                       {"../y", "https://a/y"},
                                                                       {"?q", "https://a/d/x?q"},
                                                                       {"/y#frag", "https://a/y"},
                                                                       {"https://A/y", "https://a/y"},
                                                                       {"https://a:443/y", "https://a/y"},
                                                                       {"HTTPS://a/z/../y", "https://a/y"},
                                                                       {"//a/y", "https://a/y"},
                                                                       {"/%79", "https://a/y"},
                                                                       {"/y", "https://A:443/./y"}};
  for (const auto& [reference, uri] : references) {
    for (const char* name : {"Location", "Content-Location"}) {
      Answered(Get({}, uri), Ok({{"Cache-Control", "max-age=60"}}));
      ASSERT_EQ(Outcome(Get({}, uri)), kFresh);
      Answered({.method = "POST", .uri = "https://a/d/x", .fields = {}},
               {.status = 201, .fields = {{name, reference}}, .body = {}});
      EXPECT_EQ(Outcome(Get({}, uri)), kForward) << reference;
    }
  }
}

TEST_F(HttpResponseCacheTest, WhatWasAskedForBeforeAChangeIsNotKeptAfterIt) {
  const HttpResponse old = Ok({{"Cache-Control", "max-age=60"}, {"ETag", "\"old\""}}, "old");
  const TimePoint before = clock_.Now();
  clock_.Advance(1s);
  Answered({.method = "PUT", .uri = Get().uri, .fields = {}}, {.status = 204, .fields = {}, .body = {}});
  clock_.Advance(1s);
  EXPECT_EQ(cache_.OnResponse(Get(), old, before).response, old) << "it is passed on";
  EXPECT_EQ(Outcome(Get()), kForward);

  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}, {"ETag", "\"new\""}}, "new"));
  cache_.OnResponse(Get(), Ok({{"Cache-Control", "no-store"}}), before);
  const HttpResponse not_modified{.status = 304, .fields = {}, .body = {}};
  EXPECT_EQ(cache_.OnResponse(Get(), not_modified, before).outcome, kForward) << "it speaks of the old one";
  EXPECT_EQ(cache_.Find(Get()).response->body, "new");
}

TEST_F(HttpResponseCacheTest, ForgetAndClearAreChangesToo) {
  const HttpResponse response = Ok({{"Cache-Control", "max-age=60"}});
  const TimePoint before = clock_.Now();
  clock_.Advance(1s);
  cache_.Forget("HTTPS://api.example/things");
  cache_.OnResponse(Get(), response, before);
  cache_.OnResponse(Get({}, "https://a/other"), response, before);
  EXPECT_EQ(Outcome(Get()), kForward);
  EXPECT_EQ(Outcome(Get({}, "https://a/other")), kFresh);
  cache_.Clear();
  cache_.OnResponse(Get({}, "https://a/other"), response, before);
  EXPECT_EQ(cache_.size(), 0U);
  Answered(Get(), response);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(HttpResponseCacheTest, OfTooManyChangesTheOldestCountsForAll) {
  std::vector<TimePoint> changed_at;
  for (int i = 0; i < 300; ++i) {
    changed_at.push_back(clock_.Now());
    Answered({.method = "PUT", .uri = "https://a/" + std::to_string(i), .fields = {}}, Ok({}));
    clock_.Advance(1s);
  }
  const HttpResponse response = Ok({{"Cache-Control", "max-age=600"}});
  for (const int i : {0, 43, 44, 299}) {
    const std::string uri = "https://a/" + std::to_string(i);
    cache_.OnResponse(Get({}, uri), response, changed_at[static_cast<std::size_t>(i)] - 1ns);
    EXPECT_EQ(Outcome(Get({}, uri)), kForward) << i;
  }
  cache_.OnResponse(Get({}, "https://a/else"), response, changed_at[43] - 1ns);
  EXPECT_EQ(Outcome(Get({}, "https://a/else")), kForward);
  cache_.OnResponse(Get({}, "https://a/else"), response, changed_at[43]);
  EXPECT_EQ(Outcome(Get({}, "https://a/else")), kFresh);
}

TEST_F(HttpResponseCacheTest, TheBodyOfAGetIsNotReplacedByTheMissingOneOfAHead) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"1\""}}));
  clock_.Advance(20s);
  HttpRequest head = Get();
  head.method = "HEAD";
  ASSERT_EQ(cache_.Find(head).to_origin->method, "GET");
  Answered(head, Ok({{"Cache-Control", "max-age=60"}, {"ETag", "\"2\""}}, ""));
  EXPECT_EQ(Outcome(Get()), kValidate);
  Answered(Get(), {.status = 304, .fields = {{"ETag", "\"1\""}}, .body = {}});
  EXPECT_EQ(cache_.Find(Get()).response->body, "body");
}

TEST_F(HttpResponseCacheTest, HeadIsAnsweredFromAGetWithoutItsBody) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}));
  HttpRequest head = Get();
  head.method = "HEAD";
  const HttpCacheAnswer answer = cache_.Find(head);
  EXPECT_EQ(answer.outcome, kFresh);
  EXPECT_EQ(answer.response->body, "");
}

TEST_F(HttpResponseCacheTest, RequestsWithConditionsOfTheirOwnAreForwarded) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}}));
  EXPECT_EQ(Outcome(Get({{"If-None-Match", "\"1\""}})), kForward);
  EXPECT_EQ(Outcome(Get({{"Range", "bytes=0-"}})), kForward);
}

TEST_F(HttpResponseCacheTest, FieldsOfOneConnectionAreNotKept) {
  Answered(Get(),
           Ok({{"Cache-Control", "max-age=60"}, {"Connection", "close, X-Hop"}, {"X-Hop", "1"}, {"X-End", "2"}}));
  const HttpResponse kept = *cache_.Find(Get()).response;
  EXPECT_FALSE(kept.fields.Has("Connection"));
  EXPECT_FALSE(kept.fields.Has("X-Hop"));
  EXPECT_TRUE(kept.fields.Has("X-End"));
}

TEST_F(HttpResponseCacheTest, HoldsItsLimits) {
  HttpResponseCache small(clock_, {.entries_max = 10, .bytes_max = 1_MiB});
  for (int i = 0; i < 100; ++i) {
    const std::string uri = "https://a/" + std::to_string(i);
    small.OnResponse(Get({}, uri), Ok({{"Cache-Control", "max-age=60"}}, std::string(50'000, 'x')), clock_.Now());
    EXPECT_LE(small.size(), 10U);
    EXPECT_LE(small.bytes(), 1_MiB);
  }
  EXPECT_GT(small.bytes(), 400_KiB);
}

TEST_F(HttpResponseCacheTest, ManyThreadsMayUseIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 500; ++i) {
        const HttpRequest request = Get({}, "https://a/" + std::to_string((i + t) % 20));
        const HttpCacheAnswer answer = cache_.Find(request);
        if (!answer.response.has_value()) Answered(request, Ok({{"Cache-Control", "max-age=60"}}));
        if (i % 50 == 0) Answered({.method = "POST", .uri = request.uri, .fields = {}}, Ok({}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const HttpCacheStats stats = cache_.Stats();
  EXPECT_EQ(stats.fresh + stats.forwarded, 2000U);
}

TEST_F(HttpResponseCacheTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(HttpResponseCacheConfig{.heuristic_share = 2}).error().message(),
              testing::HasSubstr("heuristic_share is 2"));
  EXPECT_FALSE(Validate(HttpResponseCacheConfig{.refresh_timeout = Duration(0)}).ok());
  EXPECT_TRUE(Validate(HttpResponseCacheConfig{}).ok());
}

}  // namespace
}  // namespace attune::cache

// What a 304 does to what is kept, and which of two responses stays.
#include <gtest/gtest.h>

#include <string>

#include "http_cache_fixture.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using enum HttpCacheOutcome;

class HttpValidationTest : public HttpResponseCacheTest {
 protected:
  HttpFields Fields(std::string modified) const {
    return {{"Cache-Control", "max-age=1"}, {"Date", Date(0s)}, {"Last-Modified", std::move(modified)}};
  }
};

TEST_F(HttpValidationTest, ANotModifiedRefreshesWhatIsKept) {
  const std::string modified = Date(-100h);
  Answered(Get(), Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"v1\""}, {"Last-Modified", modified}, {"X", "old"}}));
  clock_.Advance(20s);
  const HttpCacheAnswer answer = cache_.Find(Get({{"Accept", "a"}}));
  ASSERT_EQ(answer.outcome, kValidate);
  EXPECT_FALSE(answer.response.has_value());
  EXPECT_EQ(answer.to_origin->fields.Combined("If-None-Match"), "\"v1\"");
  EXPECT_EQ(answer.to_origin->fields.Combined("If-Modified-Since"), modified);
  EXPECT_EQ(answer.to_origin->fields.Combined("Accept"), "a");

  const HttpResponse reply = Answered(
      Get(), {.status = 304, .fields = {{"ETag", "\"v1\""}, {"X", "new"}, {"Content-Length", "0"}}, .body = {}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "body");
  EXPECT_EQ(reply.fields.Combined("X"), "new");
  EXPECT_EQ(reply.fields.Combined("Age"), "0");
  EXPECT_FALSE(reply.fields.Has("Content-Length"));
  clock_.Advance(9s);
  EXPECT_EQ(Outcome(Get()), kFresh);
  EXPECT_EQ(cache_.Stats().revalidated, 1U);
}

TEST_F(HttpValidationTest, ANotModifiedWithoutADateIsAsOldAsItsReceipt) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=60"}, {"Date", Date(0s)}, {"ETag", "\"v1\""}}));
  clock_.Advance(100s);
  ASSERT_EQ(Outcome(Get()), kValidate);
  const HttpResponse not_modified{.status = 304, .fields = {{"ETag", "\"v1\""}}, .body = {}};
  EXPECT_EQ(Answered(Get(), not_modified).fields.Combined("Age"), "0");
  clock_.Advance(59s);
  EXPECT_EQ(Outcome(Get()), kFresh);
}

TEST_F(HttpValidationTest, ANotModifiedThatFitsNothingKeptIsNeverGivenToWhoSetNoCondition) {
  const HttpResponse not_modified{.status = 304, .fields = {{"ETag", "\"v2\""}}, .body = {}};
  const HttpRequest request = Get({{"Accept", "a"}});
  const auto expect_forward = [&] {
    const HttpCacheAnswer answer = cache_.OnResponse(request, not_modified, clock_.Now());
    EXPECT_EQ(answer.outcome, kForward);
    EXPECT_FALSE(answer.response.has_value());
    ASSERT_TRUE(answer.to_origin.has_value());
    EXPECT_FALSE(answer.to_origin->fields.Has("If-None-Match"));
    EXPECT_EQ(answer.to_origin->fields.Combined("Accept"), "a");
  };
  expect_forward();  // nothing is kept
  Answered(Get(), Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"v1\""}}));
  expect_forward();  // the origin means another one
  EXPECT_EQ(Outcome(request), kForward) << "asking about the old tag again would lead nowhere";
}

TEST_F(HttpValidationTest, AnEntryThatLeavesWhileItIsValidatedIsForwardedAgain) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"v1\""}}));
  clock_.Advance(20s);
  ASSERT_EQ(Outcome(Get()), kValidate);
  cache_.consumer().Shrink(1_GiB);
  ASSERT_EQ(cache_.size(), 0U);
  const HttpResponse not_modified{.status = 304, .fields = {{"ETag", "\"v1\""}}, .body = {}};
  EXPECT_EQ(cache_.OnResponse(Get(), not_modified, clock_.Now()).outcome, kForward);
  EXPECT_EQ(Answered(Get(), Ok({{"Cache-Control", "max-age=10"}, {"ETag", "\"v1\""}})).status, 200);
}

TEST_F(HttpValidationTest, WhoSetsAConditionGetsTheNotModifiedThatItAskedFor) {
  const HttpResponse not_modified{.status = 304, .fields = {{"ETag", "\"v1\""}}, .body = {}};
  EXPECT_EQ(Answered(Get({{"If-None-Match", "\"v1\""}}), not_modified), not_modified);
}

TEST_F(HttpValidationTest, ALateOlderResponseDoesNotReplaceTheNewerOne) {
  const std::string modified_old = Date(-1000s);
  const std::string modified_new = Date(1s);
  const TimePoint asked_at = clock_.Now();
  const HttpResponse old = Ok(Fields(modified_old), "old");
  clock_.Advance(2s);
  Answered(Get(), Ok(Fields(modified_new), "new"));
  clock_.Advance(3s);
  EXPECT_EQ(cache_.Find(Get()).to_origin->fields.Combined("If-Modified-Since"), modified_new);
  EXPECT_EQ(cache_.OnResponse(Get(), old, asked_at).response->body, "old") << "who asked for it gets it";
  const HttpResponse not_modified{.status = 304, .fields = Fields(modified_new), .body = {}};
  EXPECT_EQ(Answered(Get(), not_modified).body, "new");
}

TEST_F(HttpValidationTest, AnOlderDateInAnAnswerThatWasAskedForLaterReplaces) {
  Answered(Get(), Ok({{"Cache-Control", "max-age=1"}, {"Date", Date(10h)}}, "from a clock that is fast"));
  clock_.Advance(3s);
  Answered(Get(), Ok({{"Cache-Control", "max-age=100"}, {"Date", Date(0s)}}, "right"));
  EXPECT_EQ(cache_.Find(Get()).response->body, "right");
}

TEST_F(HttpValidationTest, ANotModifiedOfAnotherModificationIsNotAboutWhatIsKept) {
  const std::string modified = Date(-1000s);
  Answered(Get(), Ok(Fields(modified)));
  EXPECT_EQ(Answered(Get(), {.status = 304, .fields = Fields(" " + modified), .body = {}}).body, "body");
  const HttpResponse other{.status = 304, .fields = Fields(Date(-10s)), .body = {}};
  EXPECT_EQ(cache_.OnResponse(Get(), other, clock_.Now()).outcome, kForward);
  EXPECT_EQ(Outcome(Get()), kForward);
}

TEST_F(HttpValidationTest, ANotModifiedWithATagThatNothingKeptHasIsNotAboutIt) {
  const HttpResponse tagged{.status = 304, .fields = {{"ETag", "\"v1\""}}, .body = {}};
  const HttpResponse bare{.status = 304, .fields = {{"Cache-Control", "max-age=5"}}, .body = {}};
  Answered(Get(), Ok(Fields(Date(-1000s))));
  EXPECT_EQ(Answered(Get(), bare).body, "body") << "it names nothing";
  EXPECT_EQ(cache_.OnResponse(Get(), tagged, clock_.Now()).outcome, kForward);
}

}  // namespace
}  // namespace attune::cache

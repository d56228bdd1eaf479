// Every route over a real socket.

#include <gmock/gmock.h>

#include <algorithm>

#include "attune/server/operations.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Routes : public ServerTest {
 protected:
  void SetUp() override { StartServer(); }
};

TEST_F(Routes, SearchByUrlPassesEveryFilter) {
  const auto response =
      Get("/v1/search?q=group%20commit&limit=1&source=a&source=b&lang=cpp&path=src/**&role=user&kind=code&kind=note"
          "&after=2026-01-02&before=2026-01-03T00:00:00%2B01:00");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(*response.Find("Content-Type"), "application/json");
  const engine::SearchRequest asked = engine_.last_search();
  EXPECT_EQ(asked.query, "group commit");
  EXPECT_EQ(asked.limit, 1U);
  EXPECT_EQ(asked.sources, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(asked.languages, std::vector<std::string>{"cpp"});
  EXPECT_EQ(asked.paths, std::vector<std::string>{"src/**"});
  EXPECT_EQ(asked.roles, std::vector<std::string>{"user"});
  EXPECT_EQ(asked.kinds, (std::vector<std::string>{"code", "note"}));
  ASSERT_TRUE(asked.after && asked.before);
  EXPECT_EQ(asked.after->time_since_epoch().count(), 1'767'312'000'000);
  EXPECT_EQ((*asked.before - *asked.after), std::chrono::hours(23));

  const state::Value body = Json(response);
  ASSERT_EQ(body.Find("hits")->AsArray()->size(), 1U);
  const state::Value& hit = *body.Find("hits")->At(0);
  EXPECT_EQ(TextOf(hit, "id"), "p1");
  EXPECT_EQ(TextOf(hit, "time"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(body.Find("took_ms")->AsDouble(), 1.25);
  const state::Value& parts = *hit.Find("snippet_parts");
  ASSERT_EQ(parts.AsArray()->size(), 3U);
  EXPECT_EQ(TextOf(*parts.At(1), "text"), "file");
  EXPECT_EQ(parts.At(1)->Find("match")->AsBool(), true);
}

TEST_F(Routes, SearchByBodyIsTheSameSearch) {
  const auto response = Post("/v1/search", R"({"query":"x","limit":2,"sources":["a"],"kinds":["page"]})");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(engine_.last_search().query, "x");
  EXPECT_EQ(engine_.last_search().sources, std::vector<std::string>{"a"});
  EXPECT_EQ(Json(response).Find("hits")->AsArray()->size(), 2U);
}

TEST_F(Routes, WrongParametersNameTheFieldAndWhatIsAllowed) {
  const struct {
    const char* path;
    const char* field;
    const char* detail;
  } cases[] = {
      {"/v1/search", "q", "is missing"},
      {"/v1/search?q=", "q", "must not be empty"},
      {"/v1/search?q=x&limit=0", "limit", "1 to 100, found 0"},
      {"/v1/search?q=x&limit=abc", "limit", "a whole number, found a string"},
      {"/v1/search?q=x&limit=99999999999999999999", "limit", "a whole number"},
      {"/v1/search?q=x&limti=5", "limti", "did you mean 'limit'?"},
      {"/v1/search?q=x&q=y", "q", "only once"},
      {"/v1/search?q=x&kind=novel", "kind", "code, prose, page, note, message"},
      {"/v1/search?q=x&after=yesterday", "after", "is not a time"},
      {"/v1/search?q=x&after=2026-02-30", "after", "is not a time"},
      {"/v1/notes?before=x7", "before", "an id such as \"n7\""},
      {"/v1/chats/import", "id", "an id such as \"c7\""},
      {"/v1/status?verbose=1", "verbose", "nothing is expected"},
  };
  for (const auto& one : cases) {
    const auto response = Get(one.path);
    EXPECT_EQ(response.status, 400) << one.path;
    EXPECT_EQ(*response.Find("Content-Type"), "application/problem+json");
    EXPECT_EQ(TextOf(Json(response), "field"), one.field) << one.path;
    EXPECT_THAT(TextOf(Json(response), "detail"), HasSubstr(one.detail)) << one.path;
  }
}

TEST_F(Routes, BodiesThatAreNoObjectOfTheRightShapeAreExplained) {
  const struct {
    std::string body;
    const char* detail;
  } cases[] = {
      {"", "it is empty"},
      {"{", "1:2"},
      {"[1]", "a JSON object, found an array"},
      {"\"x\"", "a JSON object"},
      {R"({"query":7})", "'query' must be a string, found an integer (7)"},
      {R"({"query":"x","sources":"a"})", "'sources' must be an array of strings"},
      {R"({"query":"x","sources":[1]})", "'sources' must be an array of strings"},
      {R"({"query":"x","limits":1})", "did you mean 'limit'?"},
      {"{\"query\":\"\xff\"}", "UTF-8"},
      {std::string(100'000, '['), "deep"},
      {std::string(100'000, '[') + std::string(100'000, ']'), "deep"},
  };
  for (const auto& one : cases) {
    const auto response = Post("/v1/search", one.body);
    EXPECT_EQ(response.status, 400) << one.body.substr(0, 40);
    EXPECT_THAT(TextOf(Json(response), "detail"), HasSubstr(one.detail)) << one.body.substr(0, 40);
  }
}

TEST_F(Routes, PassagesOpenById) {
  const auto response = Get("/v1/passages/p1");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(TextOf(Json(response), "text"), "first line\nsecond line\n");
  EXPECT_EQ(Json(response).Find("words")->At(0)->Find("box")->At(2)->AsInt(), 3);
  const auto absent = Get("/v1/passages/p99");
  EXPECT_EQ(absent.status, 404);
  EXPECT_THAT(TextOf(Json(absent), "detail"), HasSubstr("'p99'"));
  EXPECT_EQ(Get("/v1/passages/broken").status, 500);
}

TEST_F(Routes, NotesAreRememberedListedAndForgotten) {
  const auto created = Post("/v1/notes", R"({"text":"the disk is slow","title":"disk","tags":["ops","slow"]})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(TextOf(Json(created), "id"), "n1");
  ASSERT_EQ(Post("/v1/notes", R"({"text":"second"})").status, 201);
  const state::Value list = Json(Get("/v1/notes?limit=10"));
  ASSERT_EQ(list.Find("notes")->AsArray()->size(), 2U);
  EXPECT_EQ(TextOf(*list.Find("notes")->At(0), "id"), "n2");
  EXPECT_EQ(Json(Get("/v1/notes?before=n2")).Find("notes")->AsArray()->size(), 1U);
  const auto forgotten = Ask({.method = "DELETE", .url = "/v1/notes/n1"});
  EXPECT_EQ(forgotten.status, 204);
  EXPECT_EQ(forgotten.Find("Content-Length"), nullptr);
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/notes/n1"}).status, 404);
}

TEST_F(Routes, ChatsAreMadeExtendedReadExportedAndDeleted) {
  const auto chat = Post("/v1/chats", R"({"title":"plans","model":"m"})");
  ASSERT_EQ(chat.status, 201) << chat.body;
  EXPECT_EQ(TextOf(Json(chat), "id"), "c1");
  const auto first = Post("/v1/chats/c1/messages", R"({"role":"user","content":"hello","metadata":{"k":[1,null]}})");
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_TRUE(Json(first).Find("parent")->is_null());
  EXPECT_EQ(state::PrintJson(*Json(first).Find("metadata")), R"({"k":[1,null]})");
  const auto second = Post("/v1/chats/1/messages", R"({"role":"assistant","content":"hi"})");
  EXPECT_EQ(TextOf(Json(second), "parent"), "m1");
  const auto page = Json(Get("/v1/chats/c1?limit=1"));
  EXPECT_EQ(page.Find("messages")->AsArray()->size(), 1U);
  EXPECT_EQ(TextOf(page, "next_before"), "m2");
  EXPECT_TRUE(Json(Get("/v1/chats/c1")).Find("next_before")->is_null());
  EXPECT_EQ(Json(Get("/v1/chats")).Find("chats")->AsArray()->size(), 1U);

  const auto exported = Get("/v1/chats/c1/export?format=markdown");
  EXPECT_EQ(exported.body, "chat 1 as markdown\n");
  EXPECT_EQ(*exported.Find("Content-Disposition"), "attachment; filename=\"c1.md\"");
  EXPECT_EQ(Get("/v1/chats/c1/export?format=word").status, 400);

  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/chats/c1"}).status, 204);
  EXPECT_EQ(Get("/v1/chats/c1").status, 404);
  EXPECT_EQ(Post("/v1/chats/c1/messages", R"({"content":"late"})").status, 404);
}

TEST_F(Routes, AnImportReachesTheEngineAsAFileAndTheFileIsRemoved) {
  std::string body;
  for (int i = 0; i < 200'000; ++i) body += "{\"role\":\"user\"}\n";
  const auto response = Post("/v1/chats/import", body);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(engine_.last_import(), body);
  EXPECT_EQ(Json(response).Find("messages_added")->AsInt(), static_cast<std::int64_t>(body.size()));
  EXPECT_FALSE(std::filesystem::exists(engine_.last_import_path()));
  EXPECT_EQ(Post("/v1/chats/import", "").status, 400);
}

TEST_F(Routes, SourcesAreAddedListedAndRemoved) {
  const auto added = Post("/v1/sources", R"({"root":"/home/me/my project","name":"my project"})");
  ASSERT_EQ(added.status, 201) << added.body;
  const state::Value list = Json(Get("/v1/sources"));
  EXPECT_EQ(TextOf(*list.Find("sources")->At(0)->Find("skipped")->At(0), "reason"), "binary");
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/sources/my%20project"}).status, 204);
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/sources/my%20project"}).status, 404);
}

TEST_F(Routes, KnobsArePinnedWithTextsAndNumbers) {
  EXPECT_EQ(TextOf(*Json(Get("/v1/knobs")).Find("knobs")->At(0), "default"), "2");
  const auto pinned = Ask({.method = "PUT", .url = "/v1/knobs/ingest.threads", .body = R"({"value":4})"});
  ASSERT_EQ(pinned.status, 200) << pinned.body;
  EXPECT_EQ(TextOf(Json(pinned), "value"), "4");
  EXPECT_EQ(Json(pinned).Find("pinned")->AsBool(), true);
  EXPECT_EQ(
      TextOf(Json(Ask({.method = "PUT", .url = "/v1/knobs/ingest.threads", .body = R"({"value":"8"})"})), "value"),
      "8");
  EXPECT_EQ(Ask({.method = "PUT", .url = "/v1/knobs/ingest.threads", .body = R"({"value":[1]})"}).status, 400);
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/knobs/ingest.threads"}).status, 200);
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/v1/knobs/no.such"}).status, 404);
}

TEST_F(Routes, TheJournalIsReadPageByPageNewestFirst) {
  const auto ids = [&](const std::string& url) {
    std::vector<std::string> all;
    const state::Value journal = Json(Get(url));
    for (const state::Value& decision : *journal.Find("decisions")->AsArray()) all.push_back(TextOf(decision, "id"));
    return all;
  };
  EXPECT_EQ(ids("/v1/journal").size(), 50U);
  EXPECT_THAT(ids("/v1/journal?limit=2"), ElementsAre("d60", "d59"));
  EXPECT_THAT(ids("/v1/journal?limit=2&before=d59"), ElementsAre("d58", "d57"));
  EXPECT_THAT(ids("/v1/journal?limit=2&about=cache.&before=d60"), ElementsAre("d57", "d54"));
  EXPECT_TRUE(ids("/v1/journal?before=d1").empty());
  const state::Value first = *Json(Get("/v1/journal?limit=1")).Find("decisions")->At(0);
  EXPECT_EQ(TextOf(first, "what"), "cache.answers.policy");
  EXPECT_EQ(TextOf(first, "time"), "2023-11-14T22:13:20.060Z");
  EXPECT_EQ(first.Find("inputs")->Find("p99_ms")->AsDouble(), 71.5);
  EXPECT_EQ(Get("/v1/journal?limit=0").status, 400);
  EXPECT_EQ(Get("/v1/journal?limit=201").status, 400);
  EXPECT_EQ(Get("/v1/journal?before=n7").status, 400);
}

TEST_F(Routes, StatusSaysWhatCachesLoadAndMayHold) {
  const state::Value status = Json(Get("/v1/status"));
  const state::Value& cache = *status.Find("caches")->At(0);
  EXPECT_EQ(cache.Find("loads")->AsInt(), 7);
  EXPECT_EQ(cache.Find("load_mean_ms")->AsDouble(), 1.5);
  EXPECT_EQ(cache.Find("target_bytes")->AsInt(), std::int64_t{3} << 20U);
  const state::Value& consumers = *status.Find("memory")->Find("consumers");
  EXPECT_TRUE(consumers.At(0)->Find("target_bytes")->is_null());
  EXPECT_EQ(consumers.At(1)->Find("target_bytes")->AsInt(), std::int64_t{3} << 20U);
}

TEST_F(Routes, RecallWeavesTextsUnderABudget) {
  const auto response = Post("/v1/recall", R"({"query":"x","budget_tokens":300})");
  ASSERT_EQ(response.status, 200) << response.body;
  const state::Value context = Json(response);
  EXPECT_LE(TextOf(context, "text").size(), 900U);
  EXPECT_THAT(TextOf(context, "text"), HasSubstr("[1] src/store.cc:100-101 (project)\nfirst line"));
  EXPECT_EQ(context.Find("sources")->At(1)->Find("cut")->AsBool(), true);
}

TEST_F(Routes, HealthReadinessAndMetricsAnswer) {
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  engine_.set_ready(false);
  const auto unready = Get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_NE(unready.Find("Retry-After"), nullptr);
  engine_.set_ready(true);
  Get("/v1/status");
  const auto metrics = Get("/metrics");
  EXPECT_THAT(*metrics.Find("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(metrics.body, HasSubstr("attune_http_requests_total{route=\"status\",status=\"200\"} 1"));
  EXPECT_THAT(metrics.body, HasSubstr("attune_http_requests_total{route=\"readiness\",status=\"503\"} 1"));
  EXPECT_THAT(metrics.body, HasSubstr("attune_http_request_seconds_count{route=\"status\"} 1"));
  EXPECT_THAT(metrics.body, HasSubstr("attune_http_connections 1"));
}

TEST_F(Routes, AnEngineThatCannotKeepItsPromiseIsA503WithRetryAfter) {
  for (const ErrorCode code : {ErrorCode::kExhausted, ErrorCode::kDeadline, ErrorCode::kUnavailable}) {
    engine_.FailSearchesWith(Error(code, "too busy to answer within 50ms"));
    const auto response = Get("/v1/search?q=x");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(*response.Find("Retry-After"), "2");
    EXPECT_EQ(Json(response).Find("retry_after_ms")->AsInt(), 1500);
    EXPECT_THAT(TextOf(Json(response), "detail"), HasSubstr("too busy"));
  }
}

TEST_F(Routes, UnknownPathsAre404AndUnknownMethods405WithAllow) {
  for (const char* path :
       {"/v1", "/v1/", "/v1/nothing", "/v2/search", "/v1/search/", "/v1/passages/", "/favicon.php", "//"}) {
    const auto response = Get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(*response.Find("Content-Type"), "application/problem+json");
  }
  const auto wrong = Ask({.method = "PUT", .url = "/v1/search", .body = "{}"});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_THAT(*wrong.Find("Allow"), HasSubstr("POST"));
  EXPECT_THAT(*wrong.Find("Allow"), HasSubstr("GET, HEAD"));
  EXPECT_EQ(Ask({.method = "BREW", .url = "/v1/search"}).status, 405);
  EXPECT_EQ(Ask({.method = "POST", .url = "/"}).status, 405);
  EXPECT_EQ(Get("/mcp").status, 405);
}

TEST_F(Routes, HeadHasTheHeadersOfGetAndNoBody) {
  const auto get = Get("/v1/knobs");
  const auto head = Ask({.method = "HEAD", .url = "/v1/knobs"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(*head.Find("Content-Length"), *get.Find("Content-Length"));
  EXPECT_EQ(head.body, "");
}

TEST_F(Routes, OptionsNamesTheMethodsAndGrantsNothing) {
  const auto options = Ask({.method = "OPTIONS", .url = "/v1/notes"});
  EXPECT_EQ(options.status, 204);
  EXPECT_THAT(*options.Find("Allow"), HasSubstr("POST"));
  EXPECT_EQ(options.Find("Access-Control-Allow-Origin"), nullptr);
}

TEST_F(Routes, ThePageIsServedWithPolicyAndEtag) {
  const auto page = Get("/");
  ASSERT_EQ(page.status, 200);
  EXPECT_THAT(*page.Find("Content-Type"), HasSubstr("text/html"));
  EXPECT_THAT(page.body, HasSubstr("<html"));
  EXPECT_THAT(*page.Find("Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(*page.Find("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(*page.Find("Cache-Control"), "no-cache");
  const auto again = Ask({.url = "/", .headers = {{"If-None-Match", *page.Find("ETag")}}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  for (const char* path :
       {"/../serve.cc", "/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fetc/passwd"}) {
    EXPECT_GE(Get(path).status, 400) << path;
    EXPECT_LE(Get(path).status, 404) << path;
  }
}

TEST_F(Routes, LargeAnswersArePackedWhenTheClientTakesIt) {
  server_.reset();
  ServerConfig config;
  config.gzip_on_loopback = true;
  config.gzip_min = Bytes(100);
  FakeEngine engine;
  config.upload_dir = folder_.path();
  auto server = Server::Start(engine, log_, config);
  ASSERT_TRUE(server.ok());
  const std::string url = (*server)->address() + "/v1/openapi.json";
  const auto plain = Ask({.url = url});
  const auto packed = Ask({.url = url, .headers = {{"Accept-Encoding", "br;q=1.0, gzip"}}});
  EXPECT_EQ(*packed.Find("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size() * 4, plain.body.size());
  EXPECT_EQ(Ask({.url = url, .headers = {{"Accept-Encoding", "gzip;q=0"}}}).Find("Content-Encoding"), nullptr);
}

TEST_F(Routes, TheLogHasNoQueriesAndNoTexts) {
  Get("/v1/search?q=topsecret");
  Post("/v1/notes", R"({"text":"topsecret"})");
  for (const std::string& line : sink_.lines()) EXPECT_THAT(line, Not(HasSubstr("topsecret")));
  EXPECT_FALSE(sink_.lines().empty());
}

TEST_F(Routes, TheEngineKnowsTheAddress) {
  EXPECT_EQ(engine_.address(), "http://127.0.0.1:" + std::to_string(server_->port()));
  server_->Stop();
  EXPECT_EQ(engine_.address(), "");
}

}  // namespace
}  // namespace attune::server

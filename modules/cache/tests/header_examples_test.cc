// The examples at the top of the headers, as they stand there: who copies one has something that compiles and works.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attune/cache/embedding_cache.h"
#include "attune/cache/file_cache.h"
#include "attune/cache/health_cache.h"
#include "attune/cache/hit_ratio_chart.h"
#include "attune/cache/http_response_cache.h"
#include "attune/cache/markov_prefetcher.h"
#include "attune/cache/policies.h"
#include "attune/cache/prefetch_gate.h"
#include "attune/cache/prefetch_replay.h"
#include "attune/cache/query_result_cache.h"
#include "attune/cache/replay.h"
#include "attune/cache/resolver_cache.h"
#include "attune/cache/stride_prefetcher.h"
#include "attune/cache/temporal_prefetcher.h"
#include "attune/cache/trace.h"
#include "attune/cache/worth.h"
#include "attune/memory/broker.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<std::string>;

class HeaderExamplesTest : public testing::Test {
 protected:
  static std::string Render(const std::string& path) { return "page " + path; }
  static bool Submit(std::function<void()> task) {
    task();
    return true;
  }
  ManualClock clock;
};

TEST_F(HeaderExamplesTest, CacheAndConsumer) {
  Cache<std::string, std::string> pages(clock, {.entries_max = 10'000, .bytes_max = 64_MiB, .time_to_live = 5min});
  pages.Put("/", Render("/"));
  EXPECT_EQ(pages.Get("/"), "page /");
  const Result<std::string> page = pages.GetOrLoad("/", [] { return Render("/"); });
  EXPECT_EQ(*page, "page /");

  memory::Broker broker({.limit = 100_MiB, .overhead = 1_MiB}, {}, {});
  CacheConsumer consumer(pages, {.bytes_useful_max = 64_MiB});
  EXPECT_TRUE(broker.Register(consumer).ok());
}

TEST_F(HeaderExamplesTest, ShapesOfLoaders) {
  Cache<int, std::string> cache(clock);
  EXPECT_EQ(*cache.GetOrLoad(1, [] { return Render("1"); }), "page 1");
  EXPECT_EQ(*cache.GetOrLoad(2, [] { return Result<std::string>("two"); }), "two");
  EXPECT_FALSE(cache.GetOrLoad(3, []() -> std::optional<std::string> { return std::nullopt; }).ok());
  EXPECT_EQ(*cache.GetOrLoad(4, [] { return Loaded<std::string>{"four", 30s}; }), "four");
}

TEST_F(HeaderExamplesTest, QueryResultCache) {
  const std::string sql = "SELECT 1";
  const std::string user = "ada";
  const std::vector<std::string> params = {"7"};
  int runs = 0;
  QueryResultCache<Rows> results(clock);
  const QueryKey key{.database = "shop", .statement = SqlFingerprint(sql), .parameters = params, .role = user};
  for (int i = 0; i < 2; ++i) {
    const Result<std::shared_ptr<const Rows>> rows =
        results.GetOrRun(key, {.tables = {"orders", "items"}}, [&] { return Rows(static_cast<std::size_t>(++runs)); });
    EXPECT_EQ((*rows)->size(), static_cast<std::size_t>(i + 1));
    results.TablesWritten("shop", {"orders"});
  }
}

TEST_F(HeaderExamplesTest, EmbeddingAndResolverCache) {
  EmbeddingCache embeddings(clock);
  const EmbeddingModel model{.name = "e5-small", .version = "2", .normalisation = "l2"};
  const Result<EmbeddingPtr> vector = embeddings.GetOrCompute(model, "text", [] { return Embedding{1.0F}; });
  EXPECT_EQ((*vector)->size(), 1U);

  ResolverCache<int> resolvers(clock);
  const Result<int> id = resolvers.GetOrFind(1, "summarise a page", [] { return 3; });
  EXPECT_EQ(*id, 3);
}

TEST_F(HeaderExamplesTest, HealthCache) {
  HealthCache health(clock, DefaultHealthCacheConfig(), {.background = Submit});
  const HealthReport report = health.Check("store", [] { return HealthReport{true, "fine"}; });
  EXPECT_TRUE(report.healthy);
}

TEST_F(HeaderExamplesTest, FileCache) {
  sys::InMemoryFileSystem system(clock);
  ASSERT_TRUE(system.WriteAtomically("/index.html", "page").ok());
  FileCache files(clock, system, nullptr);
  const Result<FileContentsPtr> page = files.Read("/index.html");
  EXPECT_EQ((*page)->bytes(), "page");
}

TEST_F(HeaderExamplesTest, HttpResponseCache) {
  const HttpRequest request{.method = "GET", .uri = "https://a/b", .fields = {}};
  const auto Fetch = [](const HttpRequest&) {
    return HttpResponse{.status = 200, .fields = {{"ETag", "\"a1\""}}, .body = "..."};
  };
  HttpResponseCache cache(clock);
  HttpCacheAnswer answer = cache.Find(request);
  const bool replied = answer.response.has_value();
  for (int tries = 0; answer.to_origin && tries < 2; ++tries) {
    const TimePoint asked_at = clock.Now();
    const HttpResponse response = Fetch(*answer.to_origin);
    answer = cache.OnResponse(request, response, asked_at);
  }
  EXPECT_FALSE(replied);
  EXPECT_EQ(answer.response->body, "...");
}

TEST_F(HeaderExamplesTest, TraceAndReplay) {
  const Trace trace_a = *ParseTrace("1\n2\n1\n", "a");
  const Trace trace_b = *ParseTrace("1\n1\n", "b");
  const std::vector<ChainPart> parts = {{.keys = trace_a.keys}, {.keys = trace_b.keys, .source = 1}};
  const std::vector<KeyHash> requests = Chain(parts);
  const ReplayResult lru = ReplayPolicy(requests, 1000, PolicyKind::kLru, SystemClock());
  const ReplayResult self_choosing = ReplaySelfChoosing(requests, 1000, SystemClock());
  const std::uint64_t optimum = OptimalHits(requests, 1000);
  EXPECT_EQ(lru.hits, 2U);
  EXPECT_EQ(self_choosing.hits, 2U);
  EXPECT_EQ(optimum, 2U);
  const auto result = ReplayPrefetching(trace_a.keys, {.entries_max = 5000}, SystemClock());
  EXPECT_EQ(result->hits, 1U);

  HitRatioChart chart{.title = "sprite.trace", .sizes = {100, 200, 400}};
  chart.lines.push_back({.name = "lru", .ratios = {0.21, 0.40, 0.72}});
  EXPECT_NE(RenderSvg(chart).find("sprite.trace"), std::string::npos);
}

TEST_F(HeaderExamplesTest, Prefetching) {
  std::vector<PrefetchKey> load_ahead;
  PrefetchGate gate(10'000, {.key_space = KeySpace::kSpatial}, [](PrefetchKey) { return false; });
  ASSERT_TRUE(gate.Add(std::make_unique<StridePrefetcher>()).ok());
  gate.OnAccess(7, AccessOutcome::kMiss, load_ahead);

  std::vector<Proposal> proposals;
  StridePrefetcher stride;
  for (const PrefetchKey key : {100U, 108U, 116U}) stride.Observe(key);
  stride.Propose(2, proposals);
  ASSERT_EQ(proposals.size(), 2U);
  EXPECT_EQ(proposals[1].key, 132U);

  proposals.clear();
  MarkovPrefetcher markov;
  for (const PrefetchKey key : {7U, 90U, 3U, 7U}) markov.Observe(key);
  markov.Propose(2, proposals);
  ASSERT_EQ(proposals.size(), 2U);
  EXPECT_EQ(proposals[0].key, 90U);

  const TemporalPrefetcher temporal(clock, {.periods = {1h, 24h}});
  EXPECT_GT(temporal.bytes(), Bytes(0));
}

TEST_F(HeaderExamplesTest, PolicyAndWorth) {
  const std::unique_ptr<Policy> policy = MakePolicy(PolicyKind::kS3Fifo, {.entries_max = 1});
  policy->OnInsert(0, KeyHash{1});
  if (policy->resident() == 1) policy->OnInsert(policy->Evict(KeyHash{2}), KeyHash{2});
  EXPECT_EQ(policy->resident(), 1U);

  CacheWorth worth;
  EXPECT_FALSE(worth.Hit(25ns).has_value());
  EXPECT_FALSE(worth.Miss(40us, 90ns).has_value());
  EXPECT_FALSE(worth.Bypassed(60ns).has_value());
}

}  // namespace
}  // namespace attune::cache

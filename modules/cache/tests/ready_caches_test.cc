// The six ready-made caches together: what they are made with, and that a broker, a background and a journal reach
// each of them.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "attune/cache/embedding_cache.h"
#include "attune/cache/file_cache.h"
#include "attune/cache/health_cache.h"
#include "attune/cache/http_response_cache.h"
#include "attune/cache/query_result_cache.h"
#include "attune/cache/resolver_cache.h"
#include "attune/memory/broker.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

using Rows = std::vector<std::string>;
const EmbeddingModel kModel{.name = "m", .version = "1", .normalisation = "l2"};

TEST(ReadyCachesTest, EachIsMadeWithTheSizeAndTimeThatItsUseAsksFor) {
  EXPECT_EQ(EmbeddingCacheConfig().time_to_live, Duration(1h));
  EXPECT_EQ(EmbeddingCacheConfig().entries_max, 1000U);
  EXPECT_EQ(QueryResultCacheConfig().time_to_live, Duration(5min));
  EXPECT_EQ(QueryResultCacheConfig().entries_max, 500U);
  EXPECT_EQ(ResolverCacheConfig().time_to_live, Duration(10min));
  EXPECT_EQ(ResolverCacheConfig().entries_max, 100U);
  EXPECT_EQ(DefaultHealthCacheConfig().cache.time_to_live, Duration(1min));
  EXPECT_EQ(DefaultHealthCacheConfig().cache.entries_max, 50U);
  EXPECT_EQ(FileCacheConfig().bytes_max, Bytes(100'000'000));
  EXPECT_EQ(FileCacheConfig().entries_max, 250U);
  EXPECT_EQ(HttpResponseCacheConfig().entries_max, 500U);
  EXPECT_TRUE(Validate(EmbeddingCacheConfig()).ok());
  EXPECT_TRUE(Validate(QueryResultCacheConfig()).ok());
  EXPECT_TRUE(Validate(ResolverCacheConfig()).ok());
  EXPECT_TRUE(Validate(DefaultHealthCacheConfig().cache).ok());
  EXPECT_TRUE(Validate(FileCacheConfig()).ok());
  EXPECT_TRUE(Validate(HttpResponseCacheConfig()).ok());
}

class ReadyCachesUseTest : public testing::Test {
 protected:
  ReadyCachesUseTest() { EXPECT_TRUE(files_.CreateDirectories("/f").ok()); }

  ReadyCacheHooks Hooks() {
    return {.background =
                [this](std::function<void()> task) {
                  task();
                  ++tasks_;
                  return true;
                },
            .journal = &journal_};
  }
  void UseAll(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string name = std::to_string(i);
      ASSERT_TRUE(embeddings_.GetOrCompute(kModel, name, [] { return Result<Embedding>(Embedding(384)); }).ok());
      ASSERT_TRUE(results_
                      .GetOrRun({.database = "shop", .statement = ContentHash(name), .parameters = {}, .role = "r"},
                                {.tables = {"orders"}}, [] { return Rows(20, std::string(100, 'r')); })
                      .ok());
      ASSERT_TRUE(resolvers_.GetOrFind(1, name, [] { return std::string(1000, 'a'); }).ok());
      health_.Check(name, [] { return Result<HealthReport>(HealthReport{true, std::string(1000, 'h')}); });
      const std::string path = "/f/" + name;
      if (!files_.Stat(path).ok()) {
        ASSERT_TRUE(files_.WriteUnsynced(path, std::string(8000, 'f')).ok());
      }
      ASSERT_TRUE(contents_.Read(path).ok());
      const HttpRequest get{.method = "GET", .uri = "http://a/" + name, .fields = {}};
      if (!responses_.Find(get).response.has_value()) {
        const HttpResponse ok{
            .status = 200, .fields = {{"Cache-Control", "max-age=600"}}, .body = std::string(4000, 'b')};
        responses_.OnResponse(get, ok, clock_.Now());
      }
    }
  }
  std::vector<memory::Consumer*> Consumers() {
    return {&embeddings_.consumer(), &results_.consumer(),  &resolvers_.consumer(),
            &health_.consumer(),     &contents_.consumer(), &responses_.consumer()};
  }
  void MaintainAll() {
    embeddings_.Maintain();
    results_.Maintain();
    resolvers_.Maintain();
    health_.Maintain();
    contents_.Maintain();
    responses_.Maintain();
  }

  ManualClock clock_;
  control::Journal journal_;
  sys::InMemoryFileSystem files_{clock_};
  int tasks_ = 0;
  EmbeddingCache embeddings_{clock_, EmbeddingCacheConfig(), Hooks()};
  QueryResultCache<Rows> results_{clock_, QueryResultCacheConfig(), Hooks()};
  ResolverCache<std::string> resolvers_{clock_, ResolverCacheConfig(), Hooks()};
  HealthCache health_{clock_, DefaultHealthCacheConfig(), Hooks()};
  FileCache contents_{clock_, files_, nullptr, {}, Hooks()};
  HttpResponseCache responses_{clock_, {}, Hooks()};
};

TEST_F(ReadyCachesUseTest, AllSixLiveUnderOneBroker) {
  UseAll(0, 1000);
  Bytes before;
  for (memory::Consumer* const consumer : Consumers()) before = before + consumer->bytes();
  const Bytes limit = before + 1_MiB;
  memory::Broker broker({.limit = limit, .overhead = 1_MiB}, {}, {}, {.clock = &clock_});
  std::vector<memory::Registration> registrations;
  for (memory::Consumer* const consumer : Consumers()) {
    auto registration = broker.Register(*consumer);
    ASSERT_TRUE(registration.ok()) << registration.error().message();
    registrations.push_back(*std::move(registration));
  }
  std::vector<std::string> names;
  for (const memory::ConsumerUse& use : broker.Snapshot().consumers) names.push_back(use.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"embeddings", "query results", "resolvers", "health", "files", "api responses"}));
  EXPECT_EQ(broker.Maintain(clock_.Now()).pressure, memory::Pressure::kHard);
  EXPECT_LT(broker.Snapshot().consumed, before);
  for (const memory::ConsumerUse& use : broker.Snapshot().consumers) {
    EXPECT_LE(use.bytes, use.bytes_min) << use.name << " gave all but what it needs in order to work";
  }

  for (int round = 0; round < 30; ++round) {
    UseAll(0, 400);
    clock_.Advance(100ms);
    MaintainAll();
    broker.Maintain(clock_.Now());
    EXPECT_LE(broker.Snapshot().consumed + 1_MiB, limit);
  }
  for (const memory::ConsumerUse& use : broker.Snapshot().consumers) {
    EXPECT_TRUE(use.target.has_value()) << use.name;
    EXPECT_GT(use.bytes, Bytes(0)) << use.name;
  }
}

TEST_F(ReadyCachesUseTest, SimulationsRunInTheBackground) {
  for (int round = 0; round < 20; ++round) UseAll(0, 300);
  EXPECT_GT(tasks_, 0);
}

TEST_F(ReadyCachesUseTest, BypassingReachesTheJournal) {
  CacheConfig config = QueryResultCacheConfig();
  config.worth = {.window = 16, .hit_cost = Duration(1us), .load_cost = Duration(1ns)};
  QueryResultCache<Rows> cheap(clock_, config, Hooks());
  const QueryKey key{.database = "shop", .statement = ContentHash("select 1"), .parameters = {}, .role = ""};
  for (int i = 0; i < 64 * 20; ++i) ASSERT_TRUE(cheap.GetOrRun(key, {}, [] { return Rows(); }).ok());
  EXPECT_TRUE(cheap.Stats().bypassing);
  ASSERT_EQ(journal_.Latest("query results.bypass", 1).size(), 1U);
}

}  // namespace
}  // namespace attune::cache

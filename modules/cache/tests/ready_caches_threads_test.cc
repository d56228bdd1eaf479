// For ThreadSanitizer: the ready-made caches, and a cache with a background, from many threads at once. What the
// threads read is checked against what may be true.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "attune/cache/embedding_cache.h"
#include "attune/cache/health_cache.h"
#include "attune/cache/http_response_cache.h"
#include "attune/cache/query_result_cache.h"
#include "attune/cache/resolver_cache.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 4;
constexpr int kRounds = 2000;

// Runs what it is given on two threads; refuses one task in eight, and its end drops what still waits.
class Workers {
 public:
  Workers() {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Workers() { Stop(); }
  void Stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    threads_.clear();
    std::deque<std::function<void()>> dropped;
    {
      const std::scoped_lock lock(mutex_);
      dropped.swap(tasks_);
    }
  }
  Background background() {
    return [this](std::function<void()> task) {
      {
        const std::scoped_lock lock(mutex_);
        if (stopped_ || ++asked_ % 8 == 0) return false;
        tasks_.push_back(std::move(task));
      }
      changed_.notify_one();
      return true;
    };
  }

 private:
  void Work() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || !tasks_.empty(); });
        if (stopped_) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_, as are the next two
  bool stopped_ = false;
  int asked_ = 0;
  std::vector<std::jthread> threads_;
};

void OnThreads(const std::function<void(int thread, std::mt19937_64& random)>& work) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&work, thread] {
      std::mt19937_64 random(static_cast<std::uint64_t>(thread) + 1);
      work(thread, random);
    });
  }
}

TEST(ReadyCachesThreadsTest, AQueryResultIsNeverOlderThanAWriteThatWasTold) {
  ManualClock clock;
  Workers workers;
  control::Journal journal;
  QueryResultCache<std::uint64_t> results(clock, QueryResultCacheConfig(),
                                          {.background = workers.background(), .journal = &journal});
  const std::vector<std::string> tables = {"orders", "items"};
  std::array<std::atomic<std::uint64_t>, 2> contents{};  // of the tables
  OnThreads([&](int thread, std::mt19937_64& random) {
    for (int i = 0; i < kRounds; ++i) {
      const std::size_t table = random() % 2;
      if (thread == 0 && i % 4 == 0) {
        contents[table].fetch_add(1);
        results.TablesWritten("shop", std::span(&tables[table], 1));
        continue;
      }
      const std::uint64_t at_least = thread == 0 ? contents[table].load() : 0;  // its own writes are all told
      const QueryKey key{.database = "shop",
                         .statement = ContentHash(std::to_string(random() % 5)),
                         .parameters = {std::to_string(table)},
                         .role = "r"};
      const auto rows = results.GetOrRun(key, {.tables = {tables[table]}, .in_write_transaction = random() % 50 == 0},
                                         [&] { return contents[table].load(); });
      ASSERT_TRUE(rows.ok());
      ASSERT_GE(**rows, at_least);
      if (random() % 500 == 0) results.Clear();
      if (random() % 100 == 0) results.Maintain();
    }
  });
}

TEST(ReadyCachesThreadsTest, AResolverIsOfTheEpochThatItWasAskedFor) {
  ManualClock clock;
  Workers workers;
  ResolverCache<std::uint64_t> resolvers(clock, ResolverCacheConfig(), {.background = workers.background()});
  std::atomic<std::uint64_t> epoch{1};
  OnThreads([&](int, std::mt19937_64& random) {
    for (int i = 0; i < kRounds; ++i) {
      if (random() % 50 == 0) ++epoch;
      const std::uint64_t asked_in = epoch.load();
      const auto found = resolvers.GetOrFind(asked_in, std::to_string(random() % 20), [&] { return asked_in; });
      ASSERT_TRUE(found.ok());
      ASSERT_EQ(*found, asked_in);
    }
  });
}

TEST(ReadyCachesThreadsTest, VectorsOutliveTheirEntries) {
  ManualClock clock;
  Workers workers;
  EmbeddingCache embeddings(clock, EmbeddingCacheConfig(), {.background = workers.background()});
  const EmbeddingModel model{.name = "m", .version = "1", .normalisation = "l2"};
  OnThreads([&](int thread, std::mt19937_64& random) {
    for (int i = 0; i < kRounds; ++i) {
      const auto number = static_cast<float>(random() % 1500);
      const auto vector = embeddings.GetOrCompute(model, std::to_string(number),
                                                  [number] { return Result<Embedding>(Embedding(16, number)); });
      ASSERT_TRUE(vector.ok());
      if (thread == 0 && random() % 100 == 0) embeddings.consumer().Shrink(100_KiB);
      if (thread == 1 && random() % 100 == 0) embeddings.consumer().SetTarget(Bytes((1 + random() % 4) << 20U));
      ASSERT_EQ((*vector)->back(), number);
    }
  });
}

TEST(ReadyCachesThreadsTest, HealthIsRefreshedBehindManyReaders) {
  ManualClock clock;
  Workers workers;
  HealthCache health(clock, DefaultHealthCacheConfig(), {.background = workers.background()});
  auto probes = std::make_shared<std::atomic<int>>(0);
  OnThreads([&](int thread, std::mt19937_64& random) {
    for (int i = 0; i < kRounds; ++i) {
      const std::string component = std::to_string(random() % 10);
      const HealthReport report = health.Check(component, [component, probes]() -> Result<HealthReport> {
        const int probe = probes->fetch_add(1);
        return HealthReport{probe % 3 != 0, component};
      });
      ASSERT_EQ(report.detail, component);
      if (thread == 0) clock.Advance(1s);
      if (random() % 200 == 0) health.Forget(component);
    }
  });
}

TEST(ReadyCachesThreadsTest, WhatIsForgottenIsGoneWhileOthersStoreVariantsOfIt) {
  ManualClock clock;
  HttpResponseCache responses(clock);
  const auto get = [](const std::string& accept) {
    return HttpRequest{.method = "GET", .uri = "https://a/x", .fields = {{"Accept", accept}}};
  };
  HttpResponse ok{.status = 200, .fields = {{"Cache-Control", "max-age=60"}, {"Vary", "Accept"}}, .body = "body"};
  for (int i = 0; i < 200; ++i)
    ok.fields.Add("X", "y");  // so that measuring it, the longest part of storing, takes long
  std::atomic<bool> ended{false};
  OnThreads([&](int thread, std::mt19937_64& random) {
    while (thread > 0 && !ended) responses.OnResponse(get(std::to_string(thread)), ok, clock.Now());
    for (int i = 0; thread == 0 && i < 2 * kRounds; ++i) {
      responses.OnResponse(get("mine"), ok, clock.Now());
      // Without a lock, so that another thread may be anywhere within its storing.
      for (std::uint64_t spin = random() % 20'000; spin > 0; --spin) static_cast<void>(responses.size());
      if (i % 2 == 0) {
        responses.Forget("https://a/x");
      } else {
        responses.Clear();
      }
      EXPECT_EQ(responses.Find(get("mine")).outcome, HttpCacheOutcome::kForward);
    }
    if (thread == 0) ended = true;
  });
}

// Caches come and go while their refreshes and simulations run: a destructor waits for those that started, and for
// those that are dropped.
TEST(ReadyCachesThreadsTest, ACacheEndsWhileItsBackgroundWorks) {
  ManualClock clock;
  for (int round = 0; round < 20; ++round) {
    Workers workers;
    {
      Cache<std::uint64_t, std::string> cache(
          clock, {.entries_max = 500, .bytes_max = 2_MiB, .time_to_live = 10ms, .stale_for = 1h, .shards = 2},
          {.removed = {}, .background = workers.background()});
      OnThreads([&](int thread, std::mt19937_64& random) {
        for (int i = 0; i < 500; ++i) {
          const std::uint64_t key = random() % 700;
          const auto value = cache.GetOrLoad(key, [key] { return std::to_string(key); });
          ASSERT_TRUE(value.ok());
          ASSERT_EQ(*value, std::to_string(key));
          if (thread == 0 && i % 20 == 0) clock.Advance(11ms);
          if (thread == 1 && i % 100 == 0) cache.Maintain();
          if (thread == 2 && i % 100 == 0) cache.Erase(key);
          if (thread == 3 && i % 200 == 0) cache.ShrinkBefore(100_KiB, clock.Now());
        }
      });
      if (round % 2 == 0) {
        std::jthread([&] { workers.Stop(); }).join();  // what still waited is dropped before the cache ends
      }
    }
  }
}

}  // namespace
}  // namespace attune::cache

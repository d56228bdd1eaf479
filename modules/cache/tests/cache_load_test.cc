#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using Strings = Cache<std::string, std::string>;

class CacheLoadTest : public testing::Test {
 protected:
  Strings& Make(CacheConfig config, bool with_background = false) {
    config.may_bypass = false;
    CacheHooks<std::string, std::string> hooks;
    if (with_background) {
      hooks.background = [this](std::function<void()> task) {
        later_.push_back(std::move(task));
        return accepts_;
      };
    }
    cache_ = std::make_unique<Strings>(clock_, std::move(config), std::move(hooks));
    return *cache_;
  }
  std::function<std::string()> Loader(std::string value) {
    return [this, value] {
      ++loads_;
      return value;
    };
  }
  void TearDown() override {
    later_.clear();
    if (cache_ != nullptr) {
      cache_->CheckInvariants();
    }
  }

  ManualClock clock_;
  std::atomic<int> loads_ = 0;
  bool accepts_ = true;
  std::vector<std::function<void()>> later_;
  std::unique_ptr<Strings> cache_;
};

// ---- time

TEST_F(CacheLoadTest, ExpiresExactlyAtItsTimeToLive) {
  Strings& cache = Make({.time_to_live = 10s});
  cache.Put("a", "1");
  cache.Put("b", "2", 20s);
  clock_.Advance(10s - 1ns);
  EXPECT_EQ(cache.Get("a"), "1");
  clock_.Advance(1ns);
  EXPECT_FALSE(cache.Contains("a"));
  EXPECT_EQ(cache.Get("a"), std::nullopt);
  EXPECT_EQ(cache.Get("b"), "2");
  EXPECT_EQ(cache.Stats().removed(RemovalReason::kExpired), 1U);
  clock_.Advance(10s);
  EXPECT_EQ(cache.Get("b"), std::nullopt);
}

TEST_F(CacheLoadTest, WhatHasExpiredGivesItsMemoryBackWithoutBeingRead) {
  Strings& cache = Make({.time_to_live = 10s});
  for (int i = 0; i < 100; ++i) {
    cache.Put(std::to_string(i), std::string(1000, 'x'));
  }
  const Bytes before = cache.bytes();
  clock_.Advance(10s + 2ms);
  cache.Maintain();
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_LT(cache.bytes() + 90_KiB, before);
  cache.Put("later", "1");
  clock_.Advance(11s);
  cache.Put("other", "2");
  EXPECT_EQ(cache.size(), 1U) << "a store removes what has expired as well";
}

TEST_F(CacheLoadTest, ATimeToLiveThatIsOverStoresNothing) {
  Strings& cache = Make({});
  cache.Put("a", "1");
  EXPECT_EQ(cache.Put("a", "2", 0s), PutOutcome::kExpired);
  EXPECT_FALSE(cache.Contains("a"));
  EXPECT_EQ(cache.Put("b", "1", kForever - 1ns), PutOutcome::kInserted) << "a huge time does not overflow";
  EXPECT_TRUE(cache.Contains("b"));
}

TEST_F(CacheLoadTest, JitterSpreadsExpiryAndNeverLengthensIt) {
  Strings& cache = Make({.time_to_live = 100s, .expiry_jitter = 0.5});
  for (int i = 0; i < 1000; ++i) {
    cache.Put(std::to_string(i), "v");
  }
  std::vector<std::size_t> left;
  for (const Duration step : {Duration(50s), Duration(25s), Duration(25s)}) {
    clock_.Advance(step);
    std::size_t count = 0;
    cache.ForEach([&](const std::string&, const std::string&) { ++count; });
    left.push_back(count);
  }
  EXPECT_EQ(left[0], 1000U);
  EXPECT_NEAR(static_cast<double>(left[1]), 500, 100);
  EXPECT_EQ(left[2], 0U);
}

// ---- absence

TEST_F(CacheLoadTest, AbsenceIsRememberedForItsOwnShorterTime) {
  Strings& cache = Make({.time_to_live = 100s, .negative_time_to_live = 5s});
  const auto none = [&]() -> std::optional<std::string> {
    ++loads_;
    return std::nullopt;
  };
  EXPECT_EQ(cache.GetOrLoad("a", none).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(cache.GetOrLoad("a", none).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(loads_, 1);
  EXPECT_TRUE(cache.KnownAbsent("a"));
  EXPECT_FALSE(cache.Contains("a"));
  EXPECT_EQ(cache.Get("a"), std::nullopt);
  EXPECT_EQ(cache.Stats().hits_negative, 2U);
  EXPECT_EQ(cache.Stats().loads_failed, 0U);
  clock_.Advance(5s);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("now")), "now");
  EXPECT_EQ(loads_, 2);
}

TEST_F(CacheLoadTest, AnErrorThatSaysNotFoundIsAbsence) {
  Strings& cache = Make({});
  const auto none = [&]() -> Result<std::string> { return Error(ErrorCode::kNotFound, "no such file"); };
  EXPECT_FALSE(cache.GetOrLoad("a", none).ok());
  EXPECT_TRUE(cache.KnownAbsent("a"));
  cache.Put("a", "there");
  EXPECT_EQ(cache.Get("a"), "there");
  cache.PutAbsent("a");
  EXPECT_EQ(cache.Get("a"), std::nullopt);
}

// ---- loading

TEST_F(CacheLoadTest, LoadsOnceAndAnswersFromTheCacheAfterwards) {
  Strings& cache = Make({});
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("1")), "1");
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("2")), "1");
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(cache.Stats().loads, 1U);
}

TEST_F(CacheLoadTest, AnErrorReachesTheCallerAndIsNotKept) {
  Strings& cache = Make({});
  const auto fails = []() -> Result<std::string> { return Error(ErrorCode::kUnavailable, "disk on fire"); };
  EXPECT_EQ(cache.GetOrLoad("a", fails).error().message(), "disk on fire");
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("1")), "1");
  EXPECT_EQ(cache.Stats().loads_failed, 1U);
}

TEST_F(CacheLoadTest, ALoaderThatThrowsIsAnErrorAndPoisonsNothing) {
  Strings& cache = Make({});
  const auto throws = []() -> std::string { throw std::runtime_error("boom"); };
  EXPECT_NE(cache.GetOrLoad("a", throws).error().message().find("boom"), std::string::npos);
  const auto throws_int = []() -> std::string { throw 3; };
  EXPECT_FALSE(cache.GetOrLoad("a", throws_int).ok());
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("1")), "1");
}

TEST_F(CacheLoadTest, ALoaderThatAsksForItsOwnKeyGetsAnError) {
  Strings& cache = Make({});
  const auto answer = cache.GetOrLoad("a", [&]() -> Result<std::string> {
    auto inner = cache.GetOrLoad("a", Loader("inner"));
    EXPECT_EQ(inner.error().code(), ErrorCode::kConflict);
    return std::string("outer");
  });
  EXPECT_EQ(*answer, "outer");
  EXPECT_EQ(loads_, 0);
}

TEST_F(CacheLoadTest, TwoLoadersThatWaitForEachOtherEndWithAnErrorNotADeadlock) {
  Strings& cache = Make({});
  std::latch both(2);
  const auto load = [&](const std::string& mine, const std::string& other) {
    return cache.GetOrLoad(mine, [&, other]() -> Result<std::string> {
      both.arrive_and_wait();
      return cache.GetOrLoad(other, Loader("never"));
    });
  };
  auto first = std::async(std::launch::async, [&] { return load("a", "b"); });
  auto second = std::async(std::launch::async, [&] { return load("b", "a"); });
  const Result<std::string> a = first.get();
  const Result<std::string> b = second.get();
  EXPECT_FALSE(a.ok() && b.ok());
  EXPECT_TRUE((!a.ok() && a.error().code() == ErrorCode::kConflict) ||
              (!b.ok() && b.error().code() == ErrorCode::kConflict));
}

TEST_F(CacheLoadTest, ManyWhoAskAtOnceShareOneLoad) {
  Strings& cache = Make({});
  constexpr int kThreads = 4;
  std::promise<void> go;
  std::shared_future<void> went = go.get_future().share();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto answer = cache.GetOrLoad("a", [&] {
        ++loads_;
        went.wait();
        return std::string("1");
      });
      right += answer.ok() && *answer == "1" ? 1 : 0;
    });
  }
  while (cache.Stats().misses < kThreads) {
    std::this_thread::yield();
  }
  go.set_value();
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(right, kThreads);
  EXPECT_EQ(cache.Stats().loads_joined, static_cast<std::uint64_t>(kThreads - 1));
}

TEST_F(CacheLoadTest, ALoadThatWasOvertakenIsAnsweredAndNotStored) {
  Strings& cache = Make({});
  EXPECT_EQ(*cache.GetOrLoad("a",
                             [&] {
                               cache.Put("a", "newer");
                               return std::string("older");
                             }),
            "older");
  EXPECT_EQ(cache.Get("a"), "newer");
  EXPECT_EQ(*cache.GetOrLoad("b",
                             [&] {
                               cache.Erase("b");
                               return std::string("before the erase");
                             }),
            "before the erase");
  EXPECT_FALSE(cache.Contains("b"));
  EXPECT_EQ(*cache.GetOrLoad("c",
                             [&] {
                               cache.Clear();
                               return std::string("before the clear");
                             }),
            "before the clear");
  EXPECT_FALSE(cache.Contains("c"));
}

TEST_F(CacheLoadTest, ALoadMaySayHowLongItHolds) {
  Strings& cache = Make({.time_to_live = 100s});
  EXPECT_TRUE(cache.GetOrLoad("a", [] { return Loaded<std::string>{"1", 5s}; }).ok());
  EXPECT_TRUE(cache.GetOrLoad("b", [] { return Loaded<std::string>{"2", 0s}; }).ok());
  EXPECT_TRUE(cache.Contains("a"));
  EXPECT_FALSE(cache.Contains("b"));
  clock_.Advance(5s);
  EXPECT_FALSE(cache.Contains("a"));
}

// ---- stale while revalidate

TEST_F(CacheLoadTest, AStaleValueIsAnsweredWhileOneRefreshRuns) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 5s}, true);
  cache.Put("a", "old");
  clock_.Advance(12s);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("new")), "old");
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("new")), "old");
  EXPECT_EQ(cache.Get("a"), std::nullopt) << "Get promises what is fresh";
  ASSERT_EQ(later_.size(), 1U);
  EXPECT_EQ(loads_, 0);
  later_[0]();
  EXPECT_EQ(loads_, 1);
  EXPECT_EQ(cache.Get("a"), "new");
  EXPECT_EQ(cache.Stats().hits_stale, 2U);
}

TEST_F(CacheLoadTest, AfterTheStaleTimeSomebodyHasToLoad) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 5s}, true);
  cache.Put("a", "old");
  clock_.Advance(12s);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("background")), "old");
  clock_.Advance(3s);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("foreground")), "foreground") << "nobody waits for a queue";
  later_[0]();
  EXPECT_EQ(loads_, 1) << "the refresh finds its work done";
  EXPECT_EQ(cache.Get("a"), "foreground");
}

TEST_F(CacheLoadTest, WithoutABackgroundTheCallerRefreshes) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 5s});
  cache.Put("a", "old");
  clock_.Advance(12s);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("new")), "new");
  clock_.Advance(12s);
  const auto fails = []() -> Result<std::string> { return Error(ErrorCode::kUnavailable, "down"); };
  EXPECT_EQ(*cache.GetOrLoad("a", fails), "new") << "stale is better than nothing";
}

TEST_F(CacheLoadTest, WhatARefreshFindsToBeGoneIsNotGivenStale) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 5s});
  cache.Put("a", "old");
  clock_.Advance(11s);
  const auto gone = cache.GetOrLoad("a", []() -> std::optional<std::string> { return std::nullopt; });
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(cache.KnownAbsent("a"));
}

TEST_F(CacheLoadTest, ABackgroundThatRefusesOrDropsLeavesTheKeyFree) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 50s}, true);
  cache.Put("a", "old");
  clock_.Advance(12s);
  accepts_ = false;
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("inline")), "inline");
  clock_.Advance(12s);
  accepts_ = true;
  later_.clear();
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("dropped")), "inline");
  later_.clear();
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("again")), "inline");
  ASSERT_EQ(later_.size(), 1U);
  later_[0]();
  EXPECT_EQ(cache.Get("a"), "again");
}

// A value whose copies throw when they are told to.
struct Brittle {
  Brittle() = default;
  Brittle(const Brittle& other) : breaks(other.breaks) {
    if (*breaks > 0 && --*breaks == 0) {
      throw std::bad_alloc();
    }
  }
  Brittle(Brittle&& other) noexcept = default;
  Brittle& operator=(const Brittle&) = default;
  Brittle& operator=(Brittle&&) noexcept = default;
  std::shared_ptr<int> breaks = std::make_shared<int>(0);  // the copy that throws, counted down

  friend void AttuneVisitOwned(memory::SizeVisitor&, const Brittle&) {}
};

TEST(CacheCopyTest, ACopyThatThrowsLeavesTheKeyFree) {
  ManualClock clock;
  Cache<int, Brittle> cache(clock, {.name = "brittle", .may_bypass = false});
  for (int copy = 1; copy <= 2; ++copy) {  // into the cache, out of the flight
    const Brittle value;
    EXPECT_THROW(
        {
          (void)cache.GetOrLoad(1, [&] {
            Brittle moved;
            moved.breaks = value.breaks;
            *value.breaks = copy;
            return moved;
          });
        },
        std::bad_alloc);
    *value.breaks = 0;
    cache.Erase(1);
    std::jthread([&] { EXPECT_TRUE(cache.GetOrLoad(1, [] { return Brittle(); }).ok()); }).join();
    cache.Erase(1);
  }
}

// ---- worth

TEST_F(CacheLoadTest, GoesPastTheCacheWhereLoadingIsCheaper) {
  control::Journal journal;
  CacheHooks<int, int> hooks;
  hooks.journal = &journal;
  Cache<int, int> cache(
      clock_, {.name = "cheap", .worth = {.window = 8, .hit_cost = Duration(100ns), .load_cost = Duration(10ns)}},
      hooks);
  for (int i = 0; i < 64 * 8; ++i) {
    (void)cache.GetOrLoad(1, [] { return 1; });
  }
  EXPECT_TRUE(cache.Stats().bypassing);
  EXPECT_EQ(cache.Stats().bypasses, 0U);
  EXPECT_EQ(*cache.GetOrLoad(1, [] { return 2; }), 2);
  EXPECT_EQ(cache.Stats().bypasses, 1U);
  ASSERT_EQ(journal.Since(0).size(), 1U);
  EXPECT_EQ(journal.Since(0)[0].knob, "cheap.bypass");
  for (int i = 0; i < 64 * 8; ++i) {
    (void)cache.GetOrLoad(1, [] { return 1; });
  }
  EXPECT_FALSE(cache.Stats().bypassing) << "it tries again";
}

TEST_F(CacheLoadTest, WhatWasPutIsNeverPassedBy) {
  Cache<int, int> cache(
      clock_, {.name = "cheap", .worth = {.window = 8, .hit_cost = Duration(100ns), .load_cost = Duration(10ns)}});
  const auto load_often = [&] {
    for (int i = 0; i < 64 * 8; ++i) {
      (void)cache.GetOrLoad(1, [] { return 1; });
    }
  };
  load_often();
  ASSERT_TRUE(cache.Stats().bypassing);
  cache.Put(5, 42);
  EXPECT_EQ(*cache.GetOrLoad(5, [] { return -1; }), 42);
  load_often();
  EXPECT_FALSE(cache.Stats().bypassing);
  EXPECT_EQ(*cache.GetOrLoad(5, [] { return -1; }), 42);
}

TEST_F(CacheLoadTest, ALoaderThatAsksForItsOwnKeyPastTheCacheGetsAnError) {
  Cache<int, int> cache(
      clock_, {.name = "cheap", .worth = {.window = 8, .hit_cost = Duration(100ns), .load_cost = Duration(10ns)}});
  for (int i = 0; i < 64 * 8; ++i) {
    (void)cache.GetOrLoad(1, [] { return 1; });
  }
  ASSERT_TRUE(cache.Stats().bypassing);
  std::function<Result<int>()> asks_itself = [&]() -> Result<int> { return cache.GetOrLoad(7, asks_itself); };
  const Result<int> answer = cache.GetOrLoad(7, asks_itself);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kConflict);
}

// Each waits for the other's load: within one cache that is found out, and between two as well.
TEST(TwoCachesLoadTest, LoadersThatAskEachOthersCachesDoNotWaitForEver) {
  ManualClock clock;
  Strings first(clock);
  Strings second(clock);
  std::latch both_load(2);
  const auto load = [&](Strings& cache, Strings& other) {
    return cache.GetOrLoad("key", [&]() -> Result<std::string> {
      both_load.arrive_and_wait();
      return other.GetOrLoad("key", [] { return std::string("never asked for"); });
    });
  };
  std::future<Result<std::string>> one = std::async(std::launch::async, [&] { return load(first, second); });
  std::future<Result<std::string>> other = std::async(std::launch::async, [&] { return load(second, first); });
  EXPECT_EQ(one.get().error().code(), ErrorCode::kConflict);
  EXPECT_EQ(other.get().error().code(), ErrorCode::kConflict);
}

// Tells when it ends, and may refuse to be moved.
struct Captured {
  explicit Captured(std::atomic<bool>* ended) : ended_(ended) {}
  Captured(Captured&& other) : ended_(std::exchange(other.ended_, nullptr)) {
    if (ended_ == nullptr) {
      throw std::runtime_error("cannot be moved");
    }
  }
  ~Captured() {
    if (ended_ != nullptr) {
      *ended_ = true;
    }
  }
  std::atomic<bool>* ended_;
};

TEST_F(CacheLoadTest, WhatALoaderHasCapturedEndsBeforeItsCacheMay) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 60s}, /*with_background=*/true);
  cache.Put("a", "old");
  clock_.Advance(11s);
  std::atomic<bool> ended = false;
  struct AtTheEnd {
    std::atomic<bool>& loader_ended;
    ~AtTheEnd() { EXPECT_TRUE(loader_ended) << "its cache has gone"; }
  };
  {
    const AtTheEnd at_the_end{ended};
    auto captured = std::make_shared<Captured>(&ended);
    EXPECT_EQ(*cache.GetOrLoad("a", [held = std::move(captured)] { return std::string("new"); }), "old");
    ASSERT_EQ(later_.size(), 1U);
    std::jthread background([task = std::move(later_.front())]() mutable {
      task();
      task = nullptr;
    });
    cache_.reset();  // waits for the refresh
  }
  later_.clear();
}

TEST_F(CacheLoadTest, ALoaderThatCannotBeMovedLeavesNoRefreshBehind) {
  Strings& cache = Make({.time_to_live = 10s, .stale_for = 60s});
  cache.Put("a", "old");
  clock_.Advance(11s);
  std::atomic<bool> ended = false;
  struct Unmovable {
    Captured captured;
    bool movable;
    Unmovable(std::atomic<bool>* flag, bool can_move) : captured(flag), movable(can_move) {}
    Unmovable(Unmovable&& other) : captured(other.Checked()), movable(other.movable) {}
    Captured&& Checked() {
      if (!movable) throw std::runtime_error("cannot be moved");
      return std::move(captured);
    }
    std::string operator()() const { return "never"; }
  };
  EXPECT_THROW((void)cache.GetOrLoad("a", Unmovable(&ended, false)), std::runtime_error);
  EXPECT_EQ(*cache.GetOrLoad("a", Loader("new")), "new");
}

}  // namespace
}  // namespace attune::cache

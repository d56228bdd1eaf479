#include "attune/cache/worth.h"

#include <gtest/gtest.h>

#include <limits>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

std::optional<WorthChange> Observe(CacheWorth& worth, int count, int hits_of_ten, Duration hit, Duration load,
                                   Duration besides) {
  std::optional<WorthChange> last;
  for (int i = 0; i < count; ++i) {
    auto change = i % 10 < hits_of_ten ? worth.Hit(hit) : worth.Miss(load, besides);
    last = change.has_value() ? change : last;
  }
  return last;
}

TEST(CacheWorthTest, AConfigurationThatMakesNoSenseIsNamed) {
  EXPECT_TRUE(Validate(WorthConfig{}).ok());
  EXPECT_NE(Validate(WorthConfig{.window = 0}).error().message().find("window"), std::string::npos);
  EXPECT_NE(Validate(WorthConfig{.margin = 0.5}).error().message().find("margin"), std::string::npos);
  EXPECT_FALSE(Validate(WorthConfig{.margin = std::numeric_limits<double>::quiet_NaN()}).ok());
  EXPECT_FALSE(Validate(WorthConfig{.wait_windows_max = 0}).ok());
  EXPECT_NE(Validate(WorthConfig{.load_cost = -1ns}).error().message().find("load_cost"), std::string::npos);
}

TEST(CacheWorthTest, KeepsCachingWhatIsDearToLoad) {
  CacheWorth worth;
  EXPECT_FALSE(Observe(worth, 2000, 5, 50ns, 40us, 200ns).has_value());
  EXPECT_FALSE(worth.bypassing());
}

TEST(CacheWorthTest, BypassesWhatIsCheaperToLoadThanToLookUp) {
  CacheWorth worth;
  const auto change = Observe(worth, 256, 5, 50ns, 20ns, 200ns);
  ASSERT_TRUE(change.has_value());
  EXPECT_TRUE(change->bypass && worth.bypassing());
  EXPECT_NEAR(change->caching_ns, 0.5 * 50 + 0.5 * 220, 5);
  EXPECT_NEAR(change->loading_ns, 20, 1e-9);
  EXPECT_NE(change->Reason().find("20 ns without"), std::string::npos) << change->Reason();
}

TEST(CacheWorthTest, AWarmCacheOfSomethingCheapBypassesWithWhatALoadCostLast) {
  CacheWorth worth({.window = 10});
  EXPECT_FALSE(Observe(worth, 10, 8, 20ns, 60ns, 20ns).has_value()) << "filling, when hits were fast";
  const auto change = Observe(worth, 10, 10, 90ns, 0ns, 0ns);
  ASSERT_TRUE(change.has_value()) << "not one miss, and hits that are slower than loads";
  EXPECT_TRUE(change->bypass);
  EXPECT_NEAR(change->loading_ns, 60, 1e-9);
  EXPECT_EQ(change->hit_ratio, 1);
}

TEST(CacheWorthTest, AWarmCacheThatNeverLoadedIsNotJudged) {
  CacheWorth worth({.window = 10});
  EXPECT_FALSE(Observe(worth, 1000, 10, 90ns, 0ns, 0ns).has_value());
}

TEST(CacheWorthTest, WhatWasSeenWhileBypassingIsRemembered) {
  CacheWorth worth({.window = 10});
  ASSERT_TRUE(Observe(worth, 10, 5, 50ns, 20ns, 200ns).has_value());
  for (int i = 0; i < 10; ++i) (void)worth.Bypassed(10us);
  ASSERT_FALSE(worth.bypassing());
  EXPECT_FALSE(Observe(worth, 100, 10, 50ns, 0ns, 0ns).has_value()) << "loads have become dear: all hits pay";
}

TEST(CacheWorthTest, ADearLoadIsNotWorthItWhenNothingEverHits) {
  CacheWorth worth;
  EXPECT_TRUE(Observe(worth, 256, 0, 50ns, 300ns, 200ns).has_value());
  CacheWorth small_difference;
  EXPECT_FALSE(Observe(small_difference, 256, 0, 50ns, 2us, 200ns).has_value());
}

TEST(CacheWorthTest, TriesAgainAfterAWhileAndWaitsLongerAfterEachFailure) {
  CacheWorth worth({.window = 10, .wait_windows_max = 4});
  ASSERT_TRUE(Observe(worth, 10, 5, 50ns, 20ns, 200ns).has_value());
  for (const int waited : {10, 20, 40, 40}) {
    for (int i = 1; i < waited; ++i) {
      ASSERT_FALSE(worth.Bypassed(20ns).has_value()) << i << " of " << waited;
    }
    const auto trial = worth.Bypassed(20ns);
    ASSERT_TRUE(trial.has_value() && !trial->bypass);
    ASSERT_FALSE(Observe(worth, 10, 5, 50ns, 20ns, 200ns).has_value()) << "the first window fills the cache";
    ASSERT_TRUE(Observe(worth, 10, 5, 50ns, 20ns, 200ns).has_value());
  }
}

TEST(CacheWorthTest, ATrialThatPaysEndsBypassing) {
  CacheWorth worth({.window = 10});
  Observe(worth, 10, 5, 50ns, 20ns, 200ns);
  for (int i = 0; i < 10; ++i) {
    (void)worth.Bypassed(1ms);
  }
  EXPECT_FALSE(worth.bypassing());
  EXPECT_FALSE(Observe(worth, 1000, 5, 50ns, 1ms, 200ns).has_value());
}

TEST(CacheWorthTest, ToldCostsCountInsteadOfMeasuredOnes) {
  CacheWorth worth({.load_cost = Duration(1ms)});
  EXPECT_FALSE(Observe(worth, 1000, 0, 50ns, 1ns, 200ns).has_value());
}

TEST(CacheWorthTest, AClockThatStandsStillNeverLeadsToBypassing) {
  CacheWorth worth;
  EXPECT_FALSE(Observe(worth, 1000, 3, 0ns, 0ns, 0ns).has_value());
}

}  // namespace
}  // namespace attune::cache

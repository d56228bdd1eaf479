#include "attune/metrics/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace attune::metrics {
namespace {

using std::chrono::seconds;

class BucketLayoutTest : public ::testing::TestWithParam<BucketLayout> {};

TEST_P(BucketLayoutTest, EveryBucketBeginsWhereTheLastOneEnds) {
  const BucketLayout layout = GetParam();
  EXPECT_EQ(layout.LowerBound(0), 0U);
  for (std::size_t i = 1; i < layout.bucket_count(); ++i) {
    const std::uint64_t lower = layout.LowerBound(i);
    ASSERT_GT(lower, layout.LowerBound(i - 1));
    ASSERT_EQ(layout.IndexOf(lower), i);
    ASSERT_EQ(layout.IndexOf(lower - 1), i - 1);
  }
  EXPECT_EQ(layout.IndexOf(UINT64_MAX), layout.bucket_count() - 1);
  EXPECT_EQ(layout.IndexOf((std::uint64_t{1} << layout.highest_bit) - 1), layout.bucket_count() - 2);
}

TEST_P(BucketLayoutTest, TheMiddleIsWithinAThirtySecondOfEveryValue) {
  const BucketLayout layout = GetParam();
  for (std::size_t i = 16; i + 1 < layout.bucket_count(); ++i) {
    for (const std::uint64_t value : {layout.LowerBound(i), layout.LowerBound(i + 1) - 1}) {
      const double error = std::abs(layout.Middle(i) - static_cast<double>(value)) / static_cast<double>(value);
      ASSERT_LE(error, 1.0 / 32) << "bucket " << i;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Layouts, BucketLayoutTest,
                         ::testing::Values(kDurationBuckets, kCountBuckets,
                                           BucketLayout{.unit_shift = 0, .highest_bit = 4},
                                           BucketLayout{.unit_shift = 3, .highest_bit = 63}));

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  const auto snapshot = histogram.Snapshot();
  EXPECT_EQ(snapshot.count(), 0U);
  EXPECT_EQ(snapshot.Quantile(0.5), 0);
  EXPECT_EQ(snapshot.Mean(), 0);
  EXPECT_EQ(HistogramSnapshot().Quantile(0.99), 0);
}

TEST(Histogram, SmallCountsAreExact) {
  Histogram histogram(kCountBuckets);
  for (std::uint64_t value = 0; value < 16; ++value) histogram.Record(value);
  const auto snapshot = histogram.Snapshot();
  EXPECT_EQ(snapshot.Quantile(0), 0);
  EXPECT_EQ(snapshot.Quantile(0.5), 7);
  EXPECT_EQ(snapshot.Quantile(1), 15);
  EXPECT_EQ(snapshot.sum(), 120U);
  EXPECT_DOUBLE_EQ(snapshot.Mean(), 7.5);
  EXPECT_EQ(snapshot.CountUpTo(3), 4U);
}

TEST(Histogram, QuantilesAgreeWithSorting) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<double> values;
    for (int i = 0; i < 2000; ++i) {
      // From 1 us to 100 s, as many in each decade.
      const double ns = 1000 * std::pow(10, static_cast<double>(random() % 8'000) / 1000);
      values.push_back(std::floor(ns));
      histogram.Record(static_cast<std::uint64_t>(ns));
    }
    std::sort(values.begin(), values.end());
    const auto snapshot = histogram.Snapshot();
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * 2000))) - 1;
      EXPECT_NEAR(snapshot.Quantile(q) / values[rank], 1, 1.0 / 31) << "q " << q << " round " << round;
    }
  }
}

TEST(Histogram, OddQuantilesAndValuesBeyondTheRangeAreTaken) {
  Histogram histogram;
  histogram.Record(seconds(-1));
  histogram.Record(seconds(1'000'000));
  const auto snapshot = histogram.Snapshot();
  EXPECT_EQ(snapshot.count(), 2U);
  EXPECT_LT(snapshot.Quantile(-3), 64);
  EXPECT_LT(snapshot.Quantile(std::nan("")), 64);
  EXPECT_GE(snapshot.DurationQuantile(7), seconds(137));
}

TEST(Histogram, TwoSnapshotsSubtractToWhatCameBetween) {
  Histogram histogram(kCountBuckets);
  histogram.Record(std::uint64_t{5});
  const auto before = histogram.Snapshot();
  histogram.Record(std::uint64_t{9});
  histogram.Record(std::uint64_t{9});
  const auto between = histogram.Snapshot().Since(before);
  EXPECT_EQ(between.count(), 2U);
  EXPECT_EQ(between.sum(), 18U);
  EXPECT_EQ(between.Quantile(0), 9);
  EXPECT_EQ(before.Since(HistogramSnapshot()).count(), 1U);
}

TEST(Histogram, LosesNothingWithMoreThreadsThanSlots) {
  constexpr std::uint64_t kThreads = kThreadSlotsOwned + 4;
  constexpr std::uint64_t kEach = 5'000;
  Histogram histogram(kCountBuckets);
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    std::uint64_t last = 0;
    while (!stop) {
      const std::uint64_t count = histogram.Snapshot().count();
      ASSERT_GE(count, last);
      last = count;
    }
  });
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < kEach; ++i) histogram.Record(i % 100);
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop = true;
  reader.join();
  EXPECT_EQ(histogram.Snapshot().count(), kThreads * kEach);
  EXPECT_EQ(histogram.Snapshot().sum(), kThreads * (kEach / 100) * 4950);
}

TEST(HistogramWindow, ForgetsWhatIsOlderThanItsWindow) {
  Histogram histogram(kCountBuckets);
  HistogramWindow window(histogram, seconds(1), 3);
  ManualClock clock;
  histogram.Record(std::uint64_t{1});
  EXPECT_EQ(window.Recent().count(), 1U) << "nothing was advanced yet: everything is recent";
  window.Advance(clock.Now());
  for (std::uint64_t second = 1; second <= 6; ++second) {
    histogram.Record(second);
    clock.Advance(seconds(1));
    window.Advance(clock.Now());
    EXPECT_EQ(window.Recent().count(), std::min<std::uint64_t>(second, 3)) << "after second " << second;
  }
  EXPECT_EQ(window.Recent().Quantile(0), 4);
  clock.Advance(seconds(100));
  window.Advance(clock.Now());
  EXPECT_EQ(window.Recent().count(), 0U);
  histogram.Record(std::uint64_t{9});
  EXPECT_EQ(window.Recent().count(), 1U);
}

TEST(HistogramWindow, AdvancingTooOftenChangesNothing) {
  Histogram histogram(kCountBuckets);
  HistogramWindow window(histogram, seconds(1), 2);
  ManualClock clock;
  window.Advance(clock.Now());
  for (int i = 0; i < 1900; ++i) {
    histogram.Record(std::uint64_t{1});
    clock.Advance(std::chrono::milliseconds(1));
    window.Advance(clock.Now());
  }
  EXPECT_EQ(window.Recent().count(), 1900U);
}

}  // namespace
}  // namespace attune::metrics

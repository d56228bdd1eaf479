#include "attune/cache/benefit_estimate.h"

#include <gtest/gtest.h>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

class BenefitEstimateTest : public testing::Test {
 protected:
  // A second later, with so much more of each.
  void Pass(std::uint64_t returned, std::uint64_t hits, std::uint64_t evictions, Bytes bytes) {
    total_.now += 1s;
    total_.returned += returned;
    total_.hits += hits;
    total_.evictions += evictions;
    total_.bytes = bytes;
    estimate_.Observe(total_);
  }
  double Benefit() const { return estimate_.benefit_times_bytes() / static_cast<double>(total_.bytes.count()); }
  double Loss() const { return estimate_.loss_times_bytes() / static_cast<double>(total_.bytes.count()); }

  BenefitEstimate estimate_{TimePoint()};
  BenefitEstimate::Observation total_{.returned_from = 1024, .entries = 1024, .load_seconds = 0.001};
};

TEST_F(BenefitEstimateTest, CountsWhatALargerCacheWouldHaveAnswered) {
  Pass(5000, 10'000, 2000, 1_MiB);
  ASSERT_TRUE(estimate_.known());
  EXPECT_TRUE(estimate_.pressed());
  EXPECT_NEAR(Benefit(), 5.0, 1e-9) << "1024 entries more are a mebibyte: 5000 loads of a millisecond";
  EXPECT_EQ(Loss(), Benefit());
}

TEST_F(BenefitEstimateTest, WhatFitsSavesNothingByGrowingAndCostsItsHits) {
  Pass(0, 0, 0, 1_MiB);
  EXPECT_FALSE(estimate_.known()) << "it was filling";
  Pass(0, 3000, 0, 1_MiB);
  ASSERT_TRUE(estimate_.known());
  EXPECT_FALSE(estimate_.pressed());
  EXPECT_EQ(Benefit(), 0);
  EXPECT_NEAR(Loss(), 3.0, 1e-9);
}

TEST_F(BenefitEstimateTest, WhoFillsAfterAGiftSaysWhatItSaidBefore) {
  Pass(5000, 10'000, 2000, 1_MiB);
  Pass(0, 10'000, 0, 2_MiB);
  EXPECT_NEAR(Benefit(), 2.5, 1e-9) << "half, since it is twice as large";
  EXPECT_EQ(Loss(), Benefit());
}

TEST_F(BenefitEstimateTest, FewReturnsAreWaitedForAndThenBelieved) {
  for (int i = 0; i < 7; ++i) {
    Pass(16, 0, 100, 1_MiB);
    EXPECT_FALSE(estimate_.known());
    EXPECT_TRUE(estimate_.pressed()) << "which is known at once";
  }
  Pass(16, 0, 100, 1_MiB);
  ASSERT_TRUE(estimate_.known());
  EXPECT_NEAR(Benefit(), 0.016, 1e-9) << "of all eight seconds";
}

TEST_F(BenefitEstimateTest, ASpikeCountsByHalf) {
  Pass(1000, 0, 100, 1_MiB);
  Pass(16'000, 0, 100, 1_MiB);
  EXPECT_NEAR(Benefit(), 4.0, 1e-9);
}

TEST_F(BenefitEstimateTest, NoTimeAndNoEntriesSayNothing) {
  total_.returned = 9000;
  estimate_.Observe(total_);
  EXPECT_FALSE(estimate_.known());
  total_.entries = 0;
  Pass(9000, 0, 10, 1_MiB);
  EXPECT_FALSE(estimate_.known());
}

}  // namespace
}  // namespace attune::cache

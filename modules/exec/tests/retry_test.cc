#include "attune/exec/retry.h"

#include <gtest/gtest.h>

#include <random>

namespace attune::exec {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kLargest = ~std::uint64_t{0};

TEST(BackoffTest, CeilingsDoubleUpToTheBound) {
  Backoff backoff({.first = milliseconds(100), .ceiling = milliseconds(350), .attempts_max = 5});
  for (const int ceiling : {100, 200, 350, 350}) {
    const Duration wait = *backoff.Next(kLargest);
    EXPECT_LT(wait, milliseconds(ceiling));
    EXPECT_GT(wait, milliseconds(ceiling) - std::chrono::microseconds(1));
  }
  EXPECT_EQ(backoff.Next(kLargest), std::nullopt);
}

TEST(BackoffTest, WaitsAreUniformFromZero) {
  EXPECT_EQ(Backoff().Next(0), Duration::zero());
  EXPECT_EQ(Backoff({.first = milliseconds(100)}).Next(std::uint64_t{1} << 63U), milliseconds(50));
}

TEST(BackoffTest, OneAttemptMeansNoWait) { EXPECT_EQ(Backoff({.attempts_max = 1}).Next(1), std::nullopt); }

TEST(BackoffTest, ResetStartsOver) {
  Backoff backoff({.first = milliseconds(100), .attempts_max = 2});
  EXPECT_TRUE(backoff.Next(0));
  EXPECT_FALSE(backoff.Next(0));
  backoff.Reset();
  EXPECT_EQ(backoff.attempts(), 0U);
  EXPECT_LT(*backoff.Next(kLargest), milliseconds(100));
}

TEST(BackoffTest, NoSequenceOfRandomBitsLeavesTheBounds) {
  std::mt19937_64 random(3);
  Backoff backoff({.ceiling = std::chrono::hours(24 * 365), .factor = 1e9, .attempts_max = 1000});
  while (const auto wait = backoff.Next(random())) {
    ASSERT_GE(*wait, Duration::zero());
    ASSERT_LE(*wait, std::chrono::hours(24 * 365));
  }
}

TEST(BackoffTest, TheFieldThatMakesNoSenseIsNamed) {
  EXPECT_TRUE(Validate(BackoffConfig{}).ok());
  EXPECT_FALSE(Validate({.first = Duration::zero()}).ok());
  EXPECT_FALSE(Validate({.first = milliseconds(2), .ceiling = milliseconds(1)}).ok());
  EXPECT_FALSE(Validate({.factor = 0.5}).ok());
  EXPECT_FALSE(Validate({.attempts_max = 0}).ok());
}

TEST(RetryTest, OnlyWhatMayPassIsTriedAgain) {
  EXPECT_TRUE(IsRetryable(ErrorCode::kUnavailable));
  EXPECT_TRUE(IsRetryable(ErrorCode::kExhausted));
  for (const ErrorCode code : {ErrorCode::kInvalidArgument, ErrorCode::kNotFound, ErrorCode::kCorruption,
                               ErrorCode::kCancelled, ErrorCode::kConflict, ErrorCode::kDenied, ErrorCode::kDeadline}) {
    EXPECT_FALSE(IsRetryable(code));
  }
}

}  // namespace
}  // namespace attune::exec

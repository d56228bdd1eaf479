#include "attune/sys/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <vector>

namespace attune::sys {
namespace {

TEST(Random, FollowsThePublishedAlgorithm) {
  // SplitMix64 from 1 gives the state, xoshiro256** the numbers; computed apart with the authors' C code.
  Random random(1);
  EXPECT_EQ(random.Next(), 0xb3f2af6d0fc710c5U);
  EXPECT_EQ(random.Next(), 0x853b559647364ceaU);
}

TEST(Random, TheSameSeedGivesTheSameRunAndAnotherSeedAnother) {
  Random a(7);
  Random b(7);
  Random c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t number = a.Next();
    ASSERT_EQ(number, b.Next());
    differs = differs || number != c.Next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, BelowReachesEveryNumberAboutEquallyOften) {
  Random random(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts[random.Below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.Below(1), 0U);
}

TEST(Random, BetweenReachesBothEndsEvenTheWidest) {
  Random random(3);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.Between(-2, 2));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(random.Between(kLow, kLow), kLow);
  int negative = 0;
  for (int i = 0; i < 1000; ++i) negative += random.Between(kLow, kHigh) < 0 ? 1 : 0;
  EXPECT_NEAR(negative, 500, 100);
}

TEST(Random, UnitStaysInItsIntervalAndChanceKeepsItsWord) {
  Random random(4);
  double sum = 0;
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double unit = random.Unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
    sum += unit;
    hits += random.Chance(0.25) ? 1 : 0;
    ASSERT_FALSE(random.Chance(0));
    ASSERT_TRUE(random.Chance(1));
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
  EXPECT_NEAR(hits, 2'500, 200);
}

TEST(Random, ExponentialHasItsMeanAndIsNeverNegative) {
  Random random(5);
  double sum = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double gap = random.Exponential(3);
    ASSERT_GE(gap, 0);
    sum += gap;
  }
  EXPECT_NEAR(sum / 20'000, 3, 0.15);
}

TEST(Random, ForksAreIndependentAndRepeatable) {
  Random a(9);
  Random b(9);
  Random fork_a = a.Fork();
  Random fork_b = b.Fork();
  EXPECT_EQ(fork_a.Next(), fork_b.Next());
  EXPECT_NE(fork_a.Next(), a.Next());
}

TEST(Random, ShufflesWithTheStandardLibrary) {
  std::vector<int> numbers = {1, 2, 3, 4, 5, 6, 7, 8};
  Random random(1);
  std::shuffle(numbers.begin(), numbers.end(), random);
  EXPECT_TRUE(std::is_permutation(numbers.begin(), numbers.end(), std::array{1, 2, 3, 4, 5, 6, 7, 8}.begin()));
}

TEST(SecureToken, HasTheLengthAskedForAndNeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(*SecureToken());
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(SecureToken(16)->size(), 32U);
  EXPECT_EQ(SecureToken(256)->size(), 512U);
  const std::string token = *SecureToken();
  for (const char c : token) EXPECT_TRUE((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
}

TEST(SecureToken, TooShortATokenIsABug) { EXPECT_DEATH(static_cast<void>(SecureToken(15)), "16 to 256"); }

TEST(RandomSeed, DiffersOnEveryCall) { EXPECT_NE(*RandomSeed(), *RandomSeed()); }

}  // namespace
}  // namespace attune::sys

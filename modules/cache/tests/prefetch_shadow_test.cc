#include "prefetch_shadow.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace attune::cache {
namespace {

// A cache of 100 that 90 keys go round in, so that there is room for ten more. Each prefetcher proposes keys of its own
// that nobody asks for.
class PrefetchShadowTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kLoop = 90;
  static constexpr std::size_t kPrefetchers = 3;
  PrefetchShadowTest() {
    for (std::size_t i = 0; i < kPrefetchers; ++i) shadow_.Add();
  }
  // Prefetcher i loads one such key with every junk_every[i] accesses; 0 for none.
  void Go(int accesses, std::array<std::uint64_t, kPrefetchers> junk_every) {
    for (int i = 0; i < accesses; ++i) {
      shadow_.Access(next_ % kLoop);
      ++next_;
      for (std::size_t p = 0; p < kPrefetchers; ++p) {
        if (junk_every[p] != 0 && next_ % junk_every[p] == 0) shadow_.Prefetch(p, junk_++);
      }
    }
  }
  // Prefetcher i is right about a key that nobody asked for before.
  void Win(std::size_t prefetcher) {
    shadow_.Prefetch(prefetcher, fresh_);
    shadow_.Access(fresh_++);
  }
  PrefetchShadow shadow_{100, 512, 0.001};
  std::uint64_t next_ = 0;
  std::uint64_t junk_ = 1'000'000;
  std::uint64_t fresh_ = 2'000'000'000;
};

TEST_F(PrefetchShadowTest, UselessPrefetchesThatEvictWhatIsNeededStopTheirPrefetcherAlone) {
  Go(2000, {});
  EXPECT_FALSE(shadow_.stops(0));
  Go(2000, {1, 0, 0});
  EXPECT_TRUE(shadow_.stops(0));
  EXPECT_FALSE(shadow_.stops(1));
  EXPECT_EQ(shadow_.gain(), 0) << "of those that go on";
}

TEST_F(PrefetchShadowTest, TheVerdictStaysUntilPrefetchingHasCaughtUp) {
  Go(2000, {1, 0, 0});
  ASSERT_TRUE(shadow_.stops(0));
  Go(100, {});
  EXPECT_TRUE(shadow_.stops(0));
  for (int won = 0; shadow_.stops(0); ++won) {
    ASSERT_LT(won, 100'000);
    Win(0);
  }
  EXPECT_FALSE(shadow_.stops(0));
}

TEST_F(PrefetchShadowTest, WhereTheyHarmOnlyTogetherTheOneThatGainsMostGoesOn) {
  for (int i = 0; i < 50; ++i) Win(1);
  Go(20'000, {15, 0, 0});
  EXPECT_FALSE(shadow_.stops(0)) << "six useless keys fit beside the loop";
  Go(20'000, {15, 15, 15});
  EXPECT_LT(shadow_.gain(), 0);
  EXPECT_TRUE(shadow_.stops(0));
  EXPECT_FALSE(shadow_.stops(1)) << "it has been right, and harms nobody alone";
  EXPECT_TRUE(shadow_.stops(2));
}

TEST_F(PrefetchShadowTest, WhereTheyHarmTogetherAndNoneGainsAllStop) {
  Go(20'000, {15, 15, 15});
  for (std::size_t i = 0; i < kPrefetchers; ++i) EXPECT_TRUE(shadow_.stops(i)) << i;
}

TEST(PrefetchShadowSampleTest, SeesAboutTheShareOfKeysThatItStandsFor) {
  PrefetchShadow shadow(51'200, 512, 0.001);  // one key in a hundred
  shadow.Add();
  for (std::uint64_t key = 0; key < 400'000; ++key) {
    shadow.Prefetch(0, key);
    shadow.Access(key);
  }
  EXPECT_DOUBLE_EQ(shadow.gain(), 1.0);
  EXPECT_LT(shadow.bytes(), 64_KiB);
}

TEST(PrefetchShadowSampleTest, NoVerdictWithoutEvidence) {
  PrefetchShadow shadow(4, 512, 0);
  shadow.Add();
  for (std::uint64_t i = 0; i < 500; ++i) {
    shadow.Access(i % 4);
    shadow.Prefetch(0, 1000 + 4 * i);
  }
  EXPECT_FALSE(shadow.stops(0));
}

}  // namespace
}  // namespace attune::cache

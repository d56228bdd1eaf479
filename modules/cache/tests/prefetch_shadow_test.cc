#include "prefetch_shadow.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace attune::cache {
namespace {

// A cache of 100 that 90 keys go round in: prefetching anything else can only do harm.
class PrefetchShadowTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kLoop = 90;
  void Go(int accesses, std::uint64_t junk_per_access) {
    for (int i = 0; i < accesses; ++i) {
      shadow_.Access(next_++ % kLoop);
      for (std::uint64_t n = 0; n < junk_per_access; ++n) shadow_.Prefetch(junk_++);
    }
  }
  PrefetchShadow shadow_{100, 512, 0.001};
  std::uint64_t next_ = 0;
  std::uint64_t junk_ = 1'000'000;
};

TEST_F(PrefetchShadowTest, UselessPrefetchesThatEvictWhatIsNeededAreFoundHarmful) {
  Go(2000, 0);
  EXPECT_FALSE(shadow_.harmful());
  Go(2000, 1);
  EXPECT_TRUE(shadow_.harmful());
  EXPECT_LT(shadow_.gain(), 0);
}

TEST_F(PrefetchShadowTest, TheVerdictStaysUntilPrefetchingHasCaughtUp) {
  Go(2000, 1);
  ASSERT_TRUE(shadow_.harmful());
  Go(100, 0);
  EXPECT_TRUE(shadow_.harmful());
  for (std::uint64_t key = 0; shadow_.harmful(); ++key) {  // prefetching that is right about new keys wins back
    ASSERT_LT(key, 100'000U);
    shadow_.Prefetch(2'000'000 + key);
    shadow_.Access(2'000'000 + key);
  }
  EXPECT_FALSE(shadow_.harmful());
}

TEST(PrefetchShadowSampleTest, SeesAboutTheShareOfKeysThatItStandsFor) {
  PrefetchShadow shadow(51'200, 512, 0.001);  // one key in a hundred
  for (std::uint64_t key = 0; key < 400'000; ++key) {
    shadow.Prefetch(key);
    shadow.Access(key);
  }
  EXPECT_DOUBLE_EQ(shadow.gain(), 1.0);
  EXPECT_LT(shadow.bytes(), 64_KiB);
}

TEST(PrefetchShadowSampleTest, NoVerdictWithoutEvidence) {
  PrefetchShadow shadow(4, 512, 0);
  for (std::uint64_t i = 0; i < 500; ++i) {
    shadow.Access(i % 4);
    shadow.Prefetch(1000 + 4 * i);
  }
  EXPECT_FALSE(shadow.harmful());
}

}  // namespace
}  // namespace attune::cache

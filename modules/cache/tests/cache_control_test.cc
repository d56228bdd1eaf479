#include "attune/cache/cache_control.h"

#include <gtest/gtest.h>

#include <string>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

TEST(CacheControlTest, ReadsDirectivesWhateverTheirCaseAndSpacing) {
  const CacheControl control = ParseCacheControl(" Max-Age=60 ,no-STORE,  stale-if-error = \"600\" ,,must-revalidate");
  EXPECT_EQ(control.max_age, 60s);
  EXPECT_EQ(control.stale_if_error, 600s);
  EXPECT_TRUE(control.no_store);
  EXPECT_TRUE(control.must_revalidate);
  EXPECT_FALSE(control.no_cache);
}

TEST(CacheControlTest, EveryDirectiveIsReadBackFromItsText) {
  const std::string all =
      "max-age=1, s-maxage=2, max-stale=3, min-fresh=4, stale-while-revalidate=5, stale-if-error=6, no-store, "
      "no-cache, only-if-cached, private, public, must-revalidate, proxy-revalidate";
  EXPECT_EQ(ToString(ParseCacheControl(all)), all);
  EXPECT_EQ(ParseCacheControl(""), CacheControl{});
}

TEST(CacheControlTest, DoubtMeansLessCaching) {
  EXPECT_EQ(ParseCacheControl("max-age=soon").max_age, 0s);
  EXPECT_EQ(ParseCacheControl("max-age=-1").max_age, 0s);
  EXPECT_EQ(ParseCacheControl("max-age").max_age, 0s);
  EXPECT_EQ(ParseCacheControl("max-age=10, max-age=5, max-age=20").max_age, 5s);
  EXPECT_EQ(ParseCacheControl("min-fresh=10, min-fresh=20").min_fresh, 20s);
  EXPECT_EQ(ParseCacheControl("stale-while-revalidate=x").stale_while_revalidate, std::nullopt);
  EXPECT_TRUE(ParseCacheControl("no-cache=\"set-cookie, x\"").no_cache);
  EXPECT_TRUE(ParseCacheControl("private=\"a\"").is_private);
}

TEST(CacheControlTest, ACommaInQuotesSeparatesNothing) {
  const CacheControl control = ParseCacheControl("ext=\"no-store, \\\" max-age=1\", max-age=7");
  EXPECT_FALSE(control.no_store);
  EXPECT_EQ(control.max_age, 7s);
}

TEST(CacheControlTest, AQuoteThatIsNeverClosedHidesNothing) {
  for (const char* text : {"max-age=60, ext=\"abc, no-store", "max-age=60, a=\"b, c\", ext=\"\\\", no-store",
                           "ext=\", max-age=60,no-store", "max-age=60, no-store, \""}) {
    const CacheControl control = ParseCacheControl(text);
    EXPECT_TRUE(control.no_store) << text;
    EXPECT_EQ(control.max_age, 60s) << text;
  }
}

TEST(CacheControlTest, MaxStaleWithoutANumberAcceptsAnyStaleness) {
  EXPECT_EQ(ParseCacheControl("max-stale").max_stale, kDeltaSecondsMax);
  EXPECT_EQ(ParseCacheControl("max-stale=x").max_stale, std::nullopt);
}

TEST(CacheControlTest, HugeNumbersStopAtTheirMaximum) {
  EXPECT_EQ(ParseDeltaSeconds("99999999999999999999999999"), kDeltaSecondsMax);
  EXPECT_EQ(ParseDeltaSeconds("2147483647"), 2147483647s);
  EXPECT_EQ(ParseDeltaSeconds(""), std::nullopt);
  EXPECT_EQ(ParseDeltaSeconds("1.5"), std::nullopt);
  EXPECT_EQ(ParseDeltaSeconds("+1"), std::nullopt);
}

}  // namespace
}  // namespace attune::cache

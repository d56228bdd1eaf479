#include "attune/cache/http_date.h"

#include <gtest/gtest.h>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

const WallTime kNow{std::chrono::seconds(1'700'000'000)};  // 2023
const WallTime kExample{std::chrono::seconds(784'111'777)};

TEST(HttpDateTest, ReadsTheThreeFormatsOfTheStandard) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", kNow), kExample);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994", kNow), kExample);
}

TEST(HttpDateTest, TwoDigitsMeanTheYearThatIsNotFiftyYearsAhead) {
  EXPECT_EQ(ParseHttpDate("Thursday, 01-Jan-73 00:00:00 GMT", kNow), WallTime(std::chrono::seconds(3'250'454'400)));
  EXPECT_EQ(ParseHttpDate("Tuesday, 01-Jan-74 00:00:00 GMT", kNow), WallTime(std::chrono::seconds(126'230'400)));
}

TEST(HttpDateTest, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "0", "-1", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov 06 08:49:37",
        "Fri, 31 Dec 9999 23:59:60 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text, kNow), std::nullopt) << text;
  }
}

TEST(HttpDateTest, ReadsBackWhatItWrites) {
  EXPECT_EQ(FormatHttpDate(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(FormatHttpDate(*ParseHttpDate("Fri, 31 Dec 9999 23:59:59 GMT", kNow)), "Fri, 31 Dec 9999 23:59:59 GMT");
  sys::Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const WallTime time{std::chrono::seconds(random.Below(253'402'300'800))};  // to the end of 9999
    ASSERT_EQ(ParseHttpDate(FormatHttpDate(time), kNow), time);
  }
}

}  // namespace
}  // namespace attune::cache

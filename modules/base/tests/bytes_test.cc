#include "attune/base/bytes.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(BytesTest, LiteralsAreBinary) {
  EXPECT_EQ((1_KiB).count(), 1024U);
  EXPECT_EQ(2_MiB / 1_KiB, 2048U);
}

TEST(BytesTest, ParseInvertsToString) {
  for (const Bytes amount : {0_B, 1_B, 1000_B, 1_KiB, 64_MiB, 3_GiB, Bytes(~0ULL)}) {
    const auto parsed = ParseBytes(ToString(amount));
    ASSERT_TRUE(parsed.ok()) << parsed.error().ToString();
    EXPECT_EQ(*parsed, amount);
  }
}

TEST(BytesTest, ReadsTheUnitsThatPeopleType) {
  EXPECT_EQ(*ParseBytes("2G"), 2_GiB);
  EXPECT_EQ(*ParseBytes("512M"), 512_MiB);
  EXPECT_EQ(*ParseBytes("64K"), 64_KiB);
}

TEST(BytesTest, RejectsWhatItCannotRepresent) {
  for (const char* text : {"", "-1", " 1", "1 KiB", "1kb", "99999999999GiB", "18446744073709551616"}) {
    const auto parsed = ParseBytes(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(BytesDeathTest, NeverNegative) { EXPECT_DEATH(static_cast<void>(1_B - 2_B), "never negative"); }

}  // namespace
}  // namespace attune

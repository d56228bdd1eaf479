#include "attune/sys/proc_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attune::sys {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kStatus =
    "Name:\tattune\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t     512 kB\n"
    "RssFile:\t     500 kB\nRssShmem:\t      12 kB\nThreads:\t3\n";

TEST(ParseStatus, SplitsResidentMemory) {
  const auto use = ParseStatus(kStatus);
  ASSERT_TRUE(use.ok());
  EXPECT_EQ(use->resident, 1_MiB);
  EXPECT_EQ(use->resident_peak, 2_MiB);
  EXPECT_EQ(use->anonymous, 512_KiB);
  EXPECT_EQ(use->file, 500_KiB);
  EXPECT_EQ(use->shared, 12_KiB);
}

TEST(ParseStatus, NamesTheFieldThatIsMissingOrMalformed) {
  for (const std::string_view text : {"", "VmRSS:\n", "VmRSS: kB\n", "VmRSS: -1 kB\n", "VmRSS: 1 MB\n",
                                      "VmRSS: 99999999999999999999 kB\n", "VmRSS: 18446744073709551615 kB\n"}) {
    const auto use = ParseStatus(text);
    ASSERT_FALSE(use.ok()) << text;
    EXPECT_EQ(use.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(use.error().message(), HasSubstr("VmRSS"));
  }
}

TEST(ParseMeminfo, KnowsTotalAndAvailable) {
  const auto memory = ParseMeminfo("MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable: 1024 kB\n");
  ASSERT_TRUE(memory.ok());
  EXPECT_EQ(memory->total, 2_MiB);
  EXPECT_EQ(memory->available, 1_MiB);
  EXPECT_FALSE(ParseMeminfo("MemTotal: 1 kB\n").ok());
}

TEST(ParsePressure, TurnsPercentIntoShares) {
  const auto pressure = ParsePressure(
      "some avg10=1.50 avg60=20.00 avg300=0.00 total=123456\nfull avg10=0.25 avg60=100.00 avg300=0.00 total=99\n");
  ASSERT_TRUE(pressure.ok());
  EXPECT_DOUBLE_EQ(pressure->some_10s, 0.015);
  EXPECT_DOUBLE_EQ(pressure->some_60s, 0.2);
  EXPECT_DOUBLE_EQ(pressure->full_10s, 0.0025);
  EXPECT_DOUBLE_EQ(pressure->full_60s, 1.0);
  EXPECT_EQ(pressure->some_total, std::chrono::microseconds(123456));
}

TEST(ParsePressure, WorksWithoutFullAndRefusesNonsense) {
  EXPECT_TRUE(ParsePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n").ok());
  for (const std::string_view text :
       {"", "full avg10=0 avg60=0 total=0\n", "some avg10=nan avg60=0 total=0\n", "some avg10=101 avg60=0 total=0\n",
        "some avg10=-1 avg60=0 total=0\n", "some avg10=0 avg60=0 total=-1\n", "some avg10=0 avg60=0\n",
        "some avg10=0 avg60=0 total=9223372036854775807\n"}) {
    EXPECT_FALSE(ParsePressure(text).ok()) << text;
  }
}

TEST(ParseCgroup, MaxMeansNoLimit) {
  EXPECT_EQ(*ParseCgroupBytes("max\n"), std::nullopt);
  EXPECT_EQ(*ParseCgroupBytes("1048576\n"), 1_MiB);
  EXPECT_EQ(*ParseCgroupBytes("18446744073709551615"), Bytes(UINT64_MAX));
  for (const std::string_view text : {"", "-1", "1 2", "18446744073709551616", "min"}) {
    EXPECT_FALSE(ParseCgroupBytes(text).ok()) << text;
  }
}

TEST(ParseCgroup, CpuQuotaIsAShareOfItsPeriod) {
  EXPECT_EQ(*ParseCgroupCpus("max 100000\n"), std::nullopt);
  EXPECT_DOUBLE_EQ(ParseCgroupCpus("150000 100000\n")->value(), 1.5);
  for (const std::string_view text : {"", "max", "1", "0 100", "100 0", "1 2 3", "a b"}) {
    EXPECT_FALSE(ParseCgroupCpus(text).ok()) << text;
  }
}

TEST(ParseCgroup, ThePathIsThatOfVersionTwo) {
  EXPECT_EQ(*ParseCgroupPath("0::/user.slice/a\n"), "/user.slice/a");
  EXPECT_EQ(*ParseCgroupPath("12:memory:/x\n0::/y\n"), "/y");
  EXPECT_EQ(*ParseCgroupPath("12:memory:/x\n"), std::nullopt);
  EXPECT_FALSE(ParseCgroupPath("0::relative\n").ok());
}

TEST(ParseCpuTime, IsNotFooledByTheProgramsName) {
  const auto time = ParseCpuTime("4711 (a) R 1 (\n) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0\n", 100);
  ASSERT_TRUE(time.ok()) << time.error().message();
  EXPECT_EQ(*time, std::chrono::seconds(3));
}

TEST(ParseCpuTime, RefusesWhatIsTooShortOrTooLarge) {
  EXPECT_FALSE(ParseCpuTime("", 100).ok());
  EXPECT_FALSE(ParseCpuTime("1 (x) S 1 2 3", 100).ok());
  EXPECT_FALSE(ParseCpuTime("1 (x) S 1 2 3 4 5 6 7 8 9 10 18446744073709551615 1 0", 100).ok());
}

TEST(ParseOpenFilesLimit, ReadsTheSoftLimit) {
  EXPECT_EQ(*ParseOpenFilesLimit("Limit  Soft Hard Units\nMax open files            1024                 4096 files\n"),
            1024U);
  EXPECT_EQ(*ParseOpenFilesLimit("Max open files unlimited unlimited files\n"), std::nullopt);
  EXPECT_FALSE(ParseOpenFilesLimit("Max processes 1 1\n").ok());
  EXPECT_FALSE(ParseOpenFilesLimit("Max open files\n").ok());
}

}  // namespace
}  // namespace attune::sys

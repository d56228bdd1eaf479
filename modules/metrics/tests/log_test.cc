#include "attune/metrics/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace attune::metrics {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LoggerTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  MemorySink sink_;
};

TEST_F(LoggerTest, WritesALineForPeople) {
  Logger log(clock_, sink_);
  log.Warning("cannot read file", {{"path", "/a b"}, {"size", 12}, {"share", 0.5}, {"again", true}});
  EXPECT_THAT(sink_.lines(), ElementsAre("2023-11-14T22:13:20.000Z WARNING cannot read file path=\"/a b\" size=12 "
                                         "share=0.5 again=true"));
}

TEST_F(LoggerTest, WritesALineForPrograms) {
  Logger log(clock_, sink_, {.format = LogFormat::kJson});
  clock_.Advance(std::chrono::milliseconds(1234));
  log.Error("it \"failed\"", {{"path", std::string("/a\\b")}, {"size", std::uint64_t{18446744073709551615U}}});
  EXPECT_THAT(sink_.lines(),
              ElementsAre(R"({"time":"2023-11-14T22:13:21.234Z","level":"ERROR","message":"it \"failed\"",)"
                          R"("path":"/a\\b","size":18446744073709551615})"));
}

TEST_F(LoggerTest, AValueCannotForgeALineOrMoveATerminal) {
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    Logger log(clock_, sink_, {.format = format});
    log.Info("x", {{"v", std::string_view("a\nb\r\t\x1b[2J\x7f\0z\xff\xc2\x9b", 15)}});
    const std::string line = sink_.lines().back();
    for (const char c : line) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f) << line;
    EXPECT_THAT(line, HasSubstr(R"("a\nb\u000d\t\u001b[2J\u007f\u0000z)"
                                "\xef\xbf\xbd"
                                R"(\u009b")"))
        << line;
  }
}

TEST_F(LoggerTest, NumbersThatJsonDoesNotHaveAreWords) {
  Logger log(clock_, sink_, {.format = LogFormat::kJson});
  log.Info("x", {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", -std::numeric_limits<double>::infinity()}});
  EXPECT_THAT(sink_.lines().back(), EndsWith(R"("a":"nan","b":"-inf"})"));
}

TEST_F(LoggerTest, LongValuesAreCutWithAMark) {
  Logger log(clock_, sink_, {.value_size_max = 4});
  log.Info("x", {{"a", "1234"}, {"b", "12345"}});
  EXPECT_THAT(sink_.lines().back(), EndsWith("x a=\"1234\" b=\"1234…\""));
}

TEST_F(LoggerTest, BelowItsLevelNothingIsWritten) {
  Logger log(clock_, sink_, {.level_min = LogLevel::kWarning});
  log.Debug("d");
  log.Info("i");
  EXPECT_THAT(sink_.lines(), IsEmpty());
  EXPECT_FALSE(log.enabled(LogLevel::kInfo));
  log.Error("e");
  EXPECT_EQ(sink_.lines().size(), 1U);
}

TEST_F(LoggerTest, ARepeatedMessageIsCountedAndNotWrittenTenThousandTimes) {
  Logger log(clock_, sink_, {.burst = 3, .window = seconds(10)});
  for (int i = 0; i < 10'000; ++i) log.Warning("cannot read file", {{"i", i}});
  EXPECT_EQ(sink_.lines().size(), 3U);
  EXPECT_EQ(log.lines_suppressed(), 9'997U);
  log.Warning("something else");
  EXPECT_EQ(sink_.lines().size(), 4U) << "messages are counted apart";

  clock_.Advance(seconds(10) - Duration(1));
  log.Warning("cannot read file");
  EXPECT_EQ(sink_.lines().size(), 4U);
  clock_.Advance(Duration(1));
  log.Warning("cannot read file");
  EXPECT_THAT(sink_.lines().back(), EndsWith("cannot read file repeated=9998"));
}

TEST_F(LoggerTest, WhatWasCountedIsReportedWhenItsWindowEnds) {
  Logger log(clock_, sink_, {.burst = 1, .window = seconds(10)});
  log.Info("a");
  log.Info("a");
  log.ReportRepeated();
  EXPECT_EQ(sink_.lines().size(), 1U) << "the window runs";
  clock_.Advance(seconds(10));
  log.ReportRepeated();
  EXPECT_THAT(sink_.lines().back(), EndsWith("INFO a repeated=1"));
  log.ReportRepeated();
  EXPECT_EQ(sink_.lines().size(), 2U) << "once";
}

TEST_F(LoggerTest, WhatWasCountedIsReportedAtTheEnd) {
  {
    Logger log(clock_, sink_, {.burst = 1});
    log.Info("a");
    log.Info("a");
  }
  EXPECT_THAT(sink_.lines().back(), EndsWith("a repeated=1"));
}

TEST_F(LoggerTest, TheNumberOfCountedMessagesIsBounded) {
  Logger log(clock_, sink_, {.burst = 1, .messages_max = 4});
  for (int i = 0; i < 50; ++i) {
    const std::string message = "m" + std::to_string(i);
    log.Info(message);
    log.Info(message);
  }
  std::size_t reports = 0;
  for (const std::string& line : sink_.lines()) reports += line.find("repeated=1") != std::string::npos ? 1U : 0U;
  EXPECT_EQ(sink_.lines().size(), 50 + reports);
  EXPECT_EQ(reports, 48U) << "all but those that are still counted";
}

TEST_F(LoggerTest, AMemorySinkKeepsTheLastLines) {
  MemorySink small(2);
  small.Write("1\n");
  small.Write("2\n");
  small.Write("3\n");
  EXPECT_THAT(small.lines(), ElementsAre("2", "3"));
}

TEST_F(LoggerTest, LinesOfManyThreadsStayWhole) {
  Logger log(clock_, sink_, {.burst = 1'000'000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) log.Info("line", {{"thread", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(sink_.lines().size(), 800U);
  for (const std::string& line : sink_.lines()) EXPECT_THAT(line, HasSubstr("INFO line thread="));
}

}  // namespace
}  // namespace attune::metrics

#include "attune/control/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace attune::control {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr TimePoint kStart{seconds(100)};

AdmissionController Taught(Duration service, int times = 100) {
  AdmissionController admission;
  for (int i = 0; i < times; ++i) admission.Observe(kStart, service);
  return admission;
}

AdmissionRequest Request(Duration deadline, std::uint32_t in_flight, std::uint32_t workers = 4) {
  return {.now = kStart, .deadline = deadline, .in_flight = in_flight, .workers = workers};
}

TEST(Admission, AdmitsAsLongAsTheQueueFitsTheDeadline) {
  const AdmissionController admission = Taught(milliseconds(10));
  std::uint32_t admitted = 0;
  while (admission.Decide(Request(milliseconds(100), admitted)).admit) ++admitted;
  // 90 ms may be used; at most 12.5 for itself, the rest at 4 workers in 10 ms each: about 30 in the queue.
  EXPECT_GE(admitted, 28U);
  EXPECT_LE(admitted, 36U);
  for (std::uint32_t more = admitted; more < admitted + 50; ++more) {
    EXPECT_FALSE(admission.Decide(Request(milliseconds(100), more)).admit) << more;
  }
}

TEST(Admission, ALongerDeadlineOrMoreWorkersNeverRefuseWhatWasAdmitted) {
  const AdmissionController admission = Taught(milliseconds(10));
  for (std::uint32_t in_flight = 0; in_flight < 100; ++in_flight) {
    for (int ms = 0; ms < 300; ms += 10) {
      if (!admission.Decide(Request(milliseconds(ms), in_flight)).admit) continue;
      EXPECT_TRUE(admission.Decide(Request(milliseconds(ms + 10), in_flight)).admit);
      EXPECT_TRUE(admission.Decide(Request(milliseconds(ms), in_flight, 5)).admit);
    }
  }
}

TEST(Admission, NeverRejectsWhenNothingIsInFlight) {
  const AdmissionController admission = Taught(seconds(3600));
  for (const Duration deadline : {Duration::min(), Duration(-1), Duration(0), Duration(1), Duration::max()}) {
    for (const std::uint32_t workers : {0U, 1U, 4'000'000'000U}) {
      EXPECT_TRUE(admission.Decide(Request(deadline, 0, workers)).admit);
    }
  }
  EXPECT_FALSE(admission.Decide(Request(milliseconds(50), 1, 1)).admit);
}

TEST(Admission, AStaleEstimateIsDoubtedWhileAWorkerIsFree) {
  const AdmissionController admission = Taught(seconds(10));
  AdmissionRequest request = Request(milliseconds(50), 3, 4);
  EXPECT_FALSE(admission.Decide(request).admit);
  request.now = kStart + seconds(2) - Duration(1);
  EXPECT_FALSE(admission.Decide(request).admit);
  request.now = kStart + seconds(2);
  EXPECT_TRUE(admission.Decide(request).admit);
  request.in_flight = 4;
  EXPECT_FALSE(admission.Decide(request).admit) << "no worker is free";
}

TEST(Admission, WhenToComeBackGrowsWithTheQueueInsideItsBounds) {
  const AdmissionController admission = Taught(milliseconds(10));
  Duration last{0};
  for (std::uint32_t in_flight = 40; in_flight < 100'000; in_flight *= 2) {
    const auto verdict = admission.Decide(Request(milliseconds(100), in_flight));
    ASSERT_FALSE(verdict.admit);
    EXPECT_GE(verdict.retry_after, std::max<Duration>(last, milliseconds(100)));
    EXPECT_LE(verdict.retry_after, seconds(30));
    last = verdict.retry_after;
  }
  EXPECT_EQ(last, seconds(30));
}

TEST(Admission, AbsurdInputsGiveAVerdictAndNoOverflow) {
  constexpr auto kMany = std::numeric_limits<std::uint32_t>::max();
  AdmissionController admission;
  EXPECT_FALSE(admission.Decide(Request(milliseconds(50), kMany, 1)).admit);
  EXPECT_TRUE(admission.Decide(Request(Duration::max(), 5, kMany)).admit);
  EXPECT_FALSE(admission.Decide(Request(Duration::min(), kMany, 0)).admit);
  admission.Observe(kStart, Duration::max());
  admission.Observe(TimePoint(Duration::min()), Duration::min());
  const auto verdict = admission.Decide(Request(seconds(1), kMany, 0));
  EXPECT_FALSE(verdict.admit);
  EXPECT_EQ(verdict.predicted, std::chrono::hours(1));
  EXPECT_EQ(verdict.retry_after, seconds(30));
}

TEST(Admission, TheStateReadsAsASentence) {
  EXPECT_THAT(Taught(milliseconds(10), 7).State(), HasSubstr("service mean 10ms"));
  EXPECT_THAT(Taught(milliseconds(10), 7).State(), HasSubstr("7 observations"));
}

TEST(AdmissionConfig, NamesTheFieldThatMakesNoSense) {
  EXPECT_TRUE(Validate(AdmissionConfig{}).ok());
  EXPECT_THAT(Validate({.service_initial = Duration(0)}).error().message(), HasSubstr("service_initial"));
  EXPECT_THAT(Validate({.quantile = 1}).error().message(), HasSubstr("quantile"));
  EXPECT_THAT(Validate({.headroom = 0}).error().message(), HasSubstr("headroom"));
  EXPECT_THAT(Validate({.stale_after = Duration(0)}).error().message(), HasSubstr("stale_after"));
  EXPECT_THAT(Validate({.retry_after_min = Duration(-1)}).error().message(), HasSubstr("retry_after_min"));
  EXPECT_THAT(Validate({.retry_after_min = seconds(2), .retry_after_max = seconds(1)}).error().message(),
              HasSubstr("retry_after_max"));
}

}  // namespace
}  // namespace attune::control

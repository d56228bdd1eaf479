#include "attune/control/service_time.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace attune::control {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ServiceTime, BelievesItsInitialValueUntilSomethingIsObserved) {
  ServiceTime service(milliseconds(5), 0.95);
  EXPECT_EQ(service.mean(), milliseconds(5));
  EXPECT_EQ(service.quantile(), milliseconds(5));
  service.Observe(milliseconds(1));
  EXPECT_EQ(service.mean(), milliseconds(1));
  service.Reset();
  EXPECT_EQ(service.mean(), milliseconds(5));
  EXPECT_EQ(service.observations(), 0U);
}

TEST(ServiceTime, LearnsMeanDeviationAndQuantileOfADistribution) {
  std::mt19937_64 random(1);
  ServiceTime service(seconds(1), 0.95);
  for (int i = 0; i < 2000; ++i) {
    const double unit = static_cast<double>(random() >> 11U) * 0x1.0p-53;
    service.Observe(Duration(std::llround(-std::log1p(-unit) * 10e6)));  // exponential, mean 10 ms
  }
  EXPECT_NEAR(static_cast<double>(service.mean().count()), 10e6, 5e6);
  EXPECT_NEAR(static_cast<double>(service.deviation().count()), 10e6, 6e6);
  EXPECT_GT(service.quantile(), milliseconds(22));  // the truth is 30 ms
  EXPECT_LT(service.quantile(), milliseconds(45));
}

TEST(ServiceTime, ForgetsABadTimeAfterAFewHundredObservations) {
  ServiceTime service(milliseconds(1), 0.95);
  for (int i = 0; i < 300; ++i) service.Observe(seconds(1));
  EXPECT_GE(service.quantile(), seconds(1));
  int needed = 0;
  while (service.quantile() > milliseconds(2) && needed < 10'000) {
    service.Observe(milliseconds(1));
    ++needed;
  }
  EXPECT_LT(needed, 800);
  EXPECT_LT(service.mean(), milliseconds(2));
}

TEST(ServiceTime, TheQuantileIsAtMostABucketTooHighAndNeverTooLow) {
  for (const Duration value : {Duration(microseconds(1)), Duration(microseconds(777)), Duration(seconds(3)),
                               Duration(std::chrono::minutes(50))}) {
    ServiceTime service(milliseconds(1), 0.5);
    for (int i = 0; i < 10; ++i) service.Observe(value);
    EXPECT_GE(service.quantile() + Duration(1), value);
    EXPECT_LE(static_cast<double>(service.quantile().count()), 1.26 * static_cast<double>(value.count()));
  }
}

TEST(ServiceTime, AbsurdDurationsAreClampedAndCounted) {
  ServiceTime service(Duration(0), 0.99);
  EXPECT_EQ(service.mean(), microseconds(1));
  service.Observe(Duration::min());
  EXPECT_EQ(service.mean(), microseconds(1));
  service.Reset();
  service.Observe(Duration::max());
  EXPECT_EQ(service.mean(), hours(1));
  EXPECT_GE(service.quantile(), hours(1));
  EXPECT_EQ(service.observations(), 1U);
}

}  // namespace
}  // namespace attune::control

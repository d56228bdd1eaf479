#include "yield_gate.h"

#include <gtest/gtest.h>

namespace attune::engine {
namespace {

using namespace std::chrono_literals;

TEST(YieldGateTest, AFullShareNeverWaits) { EXPECT_EQ(YieldGate::WaitFor(10ms, 1.0), 0ns); }

TEST(YieldGateTest, AQuarterWaitsThreeTimesAsLongAsItWorked) { EXPECT_EQ(YieldGate::WaitFor(10ms, 0.25), 30ms); }

TEST(YieldGateTest, OneWaitIsBounded) {
  EXPECT_EQ(YieldGate::WaitFor(10s, 0.05), YieldGate::kWaitMax);
  EXPECT_EQ(YieldGate::WaitFor(10s, 0.0), YieldGate::kWaitMax);
  EXPECT_EQ(YieldGate::WaitFor(10s, -1.0), YieldGate::kWaitMax);
}

TEST(YieldGateTest, WorkThatTookNoTimeWaitsNone) {
  EXPECT_EQ(YieldGate::WaitFor(0ns, 0.1), 0ns);
  EXPECT_EQ(YieldGate::WaitFor(-5ms, 0.1), 0ns);
}

TEST(YieldGateTest, AStopEndsTheWait) {
  YieldGate gate;
  gate.set_share(0.05);
  std::stop_source stop;
  stop.request_stop();
  gate.Pass(10s, stop.get_token());  // returns at once, or the test's time runs out
}

}  // namespace
}  // namespace attune::engine

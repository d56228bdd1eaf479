#include "attune/memory/shrink_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace attune::memory {
namespace {

using Amounts = std::vector<Bytes>;

// What each of `consumers` gives when everybody gives what he is asked for.
Amounts Gives(const ShrinkPlan& plan, std::size_t consumers) {
  Amounts gives(consumers);
  Bytes left = plan.goal;
  for (const Giver& giver : plan.givers) {
    gives[giver.consumer] = std::min(left, giver.most);
    left = left - gives[giver.consumer];
  }
  EXPECT_EQ(left, plan.unmet);
  return gives;
}

// The same for an observation.
Amounts Gives(const MemoryObservation& seen) { return Gives(PlanShrink(seen), seen.consumers.size()); }

TEST(ShrinkPlanTest, NobodyGivesAnythingUpToTheHighLine) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .consumers = {{850_B, 0_B, 1.0}}});
  EXPECT_EQ(Gives(plan, 1), (Amounts{0_B}));
  EXPECT_EQ(plan.pressure, Pressure::kNone);
  EXPECT_FALSE(plan.shrinking);
}

TEST(ShrinkPlanTest, OneByteAboveTheHighLineTakesDownToTheLowLine) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .consumers = {{851_B, 0_B, 1.0}}});
  EXPECT_EQ(Gives(plan, 1), (Amounts{101_B}));
  EXPECT_EQ(plan.pressure, Pressure::kHigh);
  EXPECT_TRUE(plan.shrinking);
}

TEST(ShrinkPlanTest, TakingGoesOnBetweenTheLinesUntilTheLowOneIsReached) {
  EXPECT_EQ(Gives({.limit = 1000_B, .shrinking = true, .consumers = {{800_B, 0_B, 1.0}}}), (Amounts{50_B}));
  const ShrinkPlan done = PlanShrink({.limit = 1000_B, .shrinking = true, .consumers = {{750_B, 0_B, 1.0}}});
  EXPECT_EQ(Gives(done, 1), (Amounts{0_B}));
  EXPECT_FALSE(done.shrinking);
}

TEST(ShrinkPlanTest, LeastBenefitGivesFirstAndNobodyGoesBelowItsMinimum) {
  const ShrinkPlan plan =
      PlanShrink({.limit = 1000_B, .consumers = {{300_B, 0_B, 5.0}, {300_B, 260_B, 0.1}, {300_B, 0_B, 1.0}}});
  EXPECT_EQ(Gives(plan, 3), (Amounts{0_B, 40_B, 110_B}));
}

TEST(ShrinkPlanTest, AmongEqualsTheOneWithMostToGiveGivesFirst) {
  EXPECT_EQ(Gives({.limit = 1000_B, .consumers = {{400_B, 300_B, 1.0}, {500_B, 0_B, 1.0}}}), (Amounts{0_B, 150_B}));
}

TEST(ShrinkPlanTest, AboveTheHardLineEverybodyGoesToItsMinimum) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .consumers = {{500_B, 100_B, 9.0}, {451_B, 50_B, 0.0}}});
  EXPECT_EQ(Gives(plan, 2), (Amounts{400_B, 401_B}));
  EXPECT_EQ(plan.pressure, Pressure::kHard);
}

TEST(ShrinkPlanTest, WhatIsMeasuredCountsWhenItIsMoreThanWhatIsAccountedFor) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .overhead = 10_B, .measured = 900_B, .consumers = {{400_B}}});
  EXPECT_EQ(plan.used, 900_B);
  EXPECT_EQ(Gives(plan, 1), (Amounts{150_B}));
}

TEST(ShrinkPlanTest, OverheadAndReservationsCount) {
  EXPECT_EQ(Gives({.limit = 1000_B, .overhead = 200_B, .reserved = 300_B, .consumers = {{400_B}}}), (Amounts{150_B}));
}

TEST(ShrinkPlanTest, ReservationsThatWaitMakeRoomWithoutPressure) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .wanted = 600_B, .consumers = {{500_B}}});
  EXPECT_EQ(Gives(plan, 1), (Amounts{100_B}));
  EXPECT_EQ(plan.pressure, Pressure::kNone);
}

TEST(ShrinkPlanTest, WhatNobodyCanGiveIsSaid) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .overhead = 900_B, .consumers = {{40_B, 20_B}}});
  EXPECT_EQ(Gives(plan, 1), (Amounts{20_B}));
  EXPECT_EQ(plan.unmet, 170_B);
}

TEST(ShrinkPlanTest, AConsumerBelowItsMinimumGivesNothing) {
  EXPECT_EQ(Gives({.limit = 1000_B, .measured = 990_B, .consumers = {{10_B, 50_B}}}), (Amounts{0_B}));
}

TEST(ShrinkPlanTest, ABenefitThatIsNoNumberProtectsNothing) {
  const double nan = std::nan("");
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Gives({.limit = 1000_B, .consumers = {{300_B, 0_B, 0.1}, {600_B, 0_B, nan}}}), (Amounts{0_B, 150_B}));
  EXPECT_EQ(Gives({.limit = 1000_B, .consumers = {{300_B, 0_B, 0.1}, {600_B, 0_B, infinite}}}), (Amounts{0_B, 150_B}));
}

TEST(ShrinkPlanTest, NoConsumersIsNoPlan) {
  const ShrinkPlan plan = PlanShrink({.limit = 1000_B, .measured = 2000_B});
  EXPECT_TRUE(plan.givers.empty());
  EXPECT_EQ(plan.unmet, 1250_B);
}

TEST(WatermarksTest, TheOneThatMakesNoSenseIsNamed) {
  EXPECT_TRUE(Validate(Watermarks{}).ok());
  EXPECT_NE(Validate({.low = 0, .high = 0.5, .hard = 0.9}).error().message().find("low"), std::string::npos);
  EXPECT_NE(Validate({.low = 0.5, .high = 0.5, .hard = 0.9}).error().message().find("high"), std::string::npos);
  EXPECT_NE(Validate({.low = 0.5, .high = 0.9, .hard = 0.9}).error().message().find("hard"), std::string::npos);
  EXPECT_NE(Validate({.low = 0.5, .high = 0.9, .hard = 1.1}).error().message().find("hard"), std::string::npos);
  EXPECT_FALSE(Validate({.low = std::nan(""), .high = 0.9, .hard = 0.95}).ok());
}

// A process in which everything varies: consumers grow at random, give back less than asked,
// change their minds about what memory is worth; reservations come and go. As long as
// growth between two rounds stays inside the gap above the high line, the limit holds.
class Simulation {
 public:
  static constexpr std::uint64_t kLimit = 1 << 20;

  explicit Simulation(std::uint64_t seed) : random_(seed), consumers_(2 + Draw(12)) {
    for (ConsumerObservation& consumer : consumers_) {
      consumer.minimum = Bytes(Draw(kLimit / 4 / consumers_.size()));
      consumer.held = consumer.minimum;
    }
  }

  void Step() {
    Grow();
    Reserve();
    const Bytes peak = Used();
    ASSERT_LE(peak, Bytes(kLimit)) << "the limit is passed";
    const ShrinkPlan plan = PlanShrink({.limit = Bytes(kLimit),
                                        .overhead = kOverhead,
                                        .reserved = reserved_,
                                        .measured = peak,
                                        .shrinking = shrinking_,
                                        .consumers = consumers_});
    shrinking_ = plan.shrinking;
    Apply(plan);
    if (plan.pressure != Pressure::kNone && plan.unmet == Bytes(0)) {
      EXPECT_LE(Used(), Bytes(kLimit * 85 / 100));
    }
  }

 private:
  static constexpr Bytes kOverhead{kLimit / 10};

  std::uint64_t Draw(std::uint64_t below) { return random_() % below; }

  Bytes Used() const {
    Bytes used = kOverhead + reserved_;
    for (const ConsumerObservation& consumer : consumers_) {
      used = used + consumer.held;
    }
    return used;
  }

  // All growth of a step together takes at most a tenth of the limit; the gap is 15 %.
  void Grow() {
    std::uint64_t left = Draw(kLimit / 10);
    while (left > 0) {
      ConsumerObservation& consumer = consumers_[Draw(consumers_.size())];
      const std::uint64_t step = 1 + Draw(left);
      consumer.held = consumer.held + Bytes(step);
      consumer.benefit = static_cast<double>(Draw(1000)) / 100;
      left -= step;
    }
  }

  void Reserve() {
    if (Draw(3) == 0) {
      reserved_ = Bytes(0);
      return;
    }
    const Bytes wanted(Draw(kLimit / 8));
    if (Used() + wanted <= Bytes(kLimit)) {
      reserved_ = std::min(reserved_ + wanted, Bytes(kLimit / 4));
    }
  }

  // Real consumers free whole blocks: a little more than asked, never below the minimum.
  void Apply(const ShrinkPlan& plan) {
    const Amounts gives = Gives(plan, consumers_.size());
    for (std::size_t i = 0; i < consumers_.size(); ++i) {
      ConsumerObservation& consumer = consumers_[i];
      const Bytes room = consumer.held - consumer.minimum;
      ASSERT_LE(gives[i], room);
      consumer.held = consumer.held - std::min(room, gives[i] + Bytes(Draw(64)));
    }
  }

  std::mt19937_64 random_;
  std::vector<ConsumerObservation> consumers_;
  Bytes reserved_;
  bool shrinking_ = false;
};

TEST(ShrinkPlanSimulationTest, RandomConsumersNeverPassTheLimit) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(seed);
    for (int step = 0; step < 10'000; ++step) {
      simulation.Step();
      if (HasFailure()) {
        return;
      }
    }
  }
}

}  // namespace
}  // namespace attune::memory

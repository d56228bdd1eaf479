#include "attune/memory/split_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace attune::memory {
namespace {

SplitConsumer At(Bytes size, double benefit) { return {.held = size, .target = size, .benefit = benefit}; }

TEST(SplitPlanTest, MemoryMovesToWhereItSavesMoreByAtMostOneStep) {
  const SplitPlan plan = PlanSplit(1000_B, {At(500_B, 1), At(500_B, 10)}, {.step_max = 0.1});
  EXPECT_TRUE(plan.moved);
  EXPECT_EQ(plan.targets[0], 400_B);
  EXPECT_EQ(plan.targets[1], 600_B);
}

TEST(SplitPlanTest, NothingMovesInsideTheBand) {
  const SplitPlan plan = PlanSplit(1000_B, {At(300_B, 1.0), At(700_B, 1.09)});
  EXPECT_FALSE(plan.moved);
  EXPECT_EQ(plan.targets[0], 300_B);
  EXPECT_TRUE(PlanSplit(1000_B, {At(300_B, 1.0), At(700_B, 1.11)}).moved);
}

TEST(SplitPlanTest, ABudgetThatTremblesMovesNobodyAndOneThatGrowsIsUsed) {
  EXPECT_FALSE(PlanSplit(1019_B, {At(500_B, 1), At(500_B, 1)}).moved);
  const SplitPlan plan = PlanSplit(1050_B, {At(500_B, 1), At(500_B, 1)});
  EXPECT_EQ(plan.targets[0] + plan.targets[1], 1050_B);
}

TEST(SplitPlanTest, WhoCannotGiveOrGrowDoesNotKeepTheOthersMoving) {
  SplitConsumer least = At(100_B, 0);
  least.minimum = 100_B;
  SplitConsumer most = At(200_B, 100);
  most.useful_max = 200_B;
  const SplitPlan plan = PlanSplit(1000_B, {least, most, At(700_B, 1)});
  EXPECT_FALSE(plan.moved);
}

TEST(SplitPlanTest, WhoGrowsIsGrantedOnlyWhatIsFree) {
  const SplitPlan plan = PlanSplit(1000_B, {At(500_B, 1), At(500_B, 10)}, {.step_max = 0.1});
  EXPECT_EQ(plan.grants[0], 400_B);
  EXPECT_EQ(plan.grants[1], 500_B);  // the other still holds the 100
  SplitConsumer given = At(500_B, 1);
  given.held = 430_B;
  EXPECT_EQ(PlanSplit(1000_B, {given, At(500_B, 10)}, {.step_max = 0.1}).grants[1], 570_B);
}

TEST(SplitPlanTest, WhatIsNotUsedIsGivenBeforeWhatIs) {
  SplitConsumer half_empty = At(500_B, 0);
  half_empty.held = 450_B;
  EXPECT_EQ(PlanSplit(1000_B, {half_empty, At(500_B, 1)}, {.step_max = 0.1}).targets[0], 450_B);
  half_empty.target = 450_B;
  EXPECT_EQ(PlanSplit(1000_B, {half_empty, At(550_B, 1)}, {.step_max = 0.1}).targets[0], 350_B);
  SplitConsumer full = At(500_B, 0);
  full.held = 490_B;  // the next entry has 20
  EXPECT_EQ(PlanSplit(1000_B, {full, At(500_B, 1)}, {.step_max = 0.1}).targets[0], 400_B);
}

TEST(SplitPlanTest, WhatNobodyElseWantsStaysWithWhoGainsNothing) {
  SplitConsumer most = At(500_B, 1);
  most.useful_max = 500_B;
  const SplitPlan plan = PlanSplit(1000_B, {At(400_B, 0), At(100_B, 0), most});
  EXPECT_EQ(plan.targets, (std::vector<Bytes>{400_B, 100_B, 500_B}));
  most.useful_max = 550_B;
  const SplitPlan next = PlanSplit(1000_B, {At(400_B, 0), At(100_B, 0), most});
  EXPECT_NEAR(static_cast<double>(next.targets[0].count()), 360, 1);
  EXPECT_NEAR(static_cast<double>(next.targets[1].count()), 90, 1);
}

TEST(SplitPlanTest, ASmallerBudgetIsObeyedAtOnce) {
  const SplitPlan plan = PlanSplit(300_B, {At(500_B, 1), At(500_B, 1)});
  EXPECT_EQ(plan.targets[0] + plan.targets[1], 300_B);
  EXPECT_EQ(plan.grants, plan.targets);
}

TEST(SplitPlanTest, ABenefitThatIsNoNumberIsZero) {
  const SplitPlan plan = PlanSplit(1000_B, {At(500_B, NAN), At(500_B, 1), At(0_B, -INFINITY)});
  EXPECT_LT(plan.targets[0], 500_B);
  EXPECT_GT(plan.targets[1], 500_B);
}

TEST(SplitPlanTest, WithoutAnyBenefitTheTargetsStay) {
  EXPECT_FALSE(PlanSplit(1000_B, {At(500_B, 0), At(500_B, 0)}).moved);
  EXPECT_TRUE(PlanSplit(1000_B, {}).targets.empty());
}

TEST(SplitPlanTest, ConfigurationsThatMakeNoSenseAreNamed) {
  EXPECT_EQ(Validate(SplitConfig{.gain = 0}).error().message(),
            "split gain must be above 0 and at most 1, found 0.000000");
  EXPECT_NE(Validate(SplitConfig{.band = NAN}).error().message().find("band"), std::string::npos);
}

// Whatever comes in: the budget is kept, minima and useful sizes are, and grants never pass the budget.
TEST(SplitPlanTest, RandomObservationsKeepTheBudgetAndTheBounds) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t n = 1 + random() % 8;
    const Bytes budget(1'000'000 + random() % 1'000'000);
    std::vector<SplitConsumer> consumers(n);
    Bytes held;
    for (SplitConsumer& consumer : consumers) {
      consumer.minimum = Bytes(random() % (budget.count() / n));
      consumer.useful_max = random() % 3 == 0 ? Bytes(random() % budget.count()) : Bytes(UINT64_MAX);
      consumer.held = Bytes(random() % (budget.count() / n));
      consumer.target = random() % 4 == 0 ? Bytes(random() % (2 * budget.count())) : consumer.held;
      consumer.benefit = std::exp(static_cast<double>(random() % 20) - 10);
      held = held + consumer.held;
    }
    const SplitPlan plan = PlanSplit(budget, consumers);
    Bytes targets;
    Bytes possible;
    for (std::size_t i = 0; i < n; ++i) {
      targets = targets + plan.targets[i];
      possible = possible + std::max(consumers[i].held, plan.grants[i]);
      EXPECT_GE(plan.targets[i] + 1_B, consumers[i].minimum) << round;
      EXPECT_LE(plan.targets[i], std::max(consumers[i].useful_max, std::max(consumers[i].minimum, 1_B))) << round;
    }
    EXPECT_LE(targets, budget) << round;
    EXPECT_LE(possible, budget) << round;
  }
}

}  // namespace
}  // namespace attune::memory

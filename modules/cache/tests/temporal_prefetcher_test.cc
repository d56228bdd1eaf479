#include "attune/cache/temporal_prefetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TemporalPrefetcherTest : public testing::Test {
 protected:
  std::vector<Proposal> Read(TemporalPrefetcher& temporal, PrefetchKey key) {
    temporal.Observe(key);
    std::vector<Proposal> proposals;
    temporal.Propose(1, proposals);
    return proposals;
  }
  ManualClock clock_;
};

TEST_F(TemporalPrefetcherTest, ProposesWhatTheNextSlotHeldInTheLastCycle) {
  TemporalPrefetcher temporal(clock_, {.periods = {24h}, .slots = 24});
  clock_.Advance(9h);
  Read(temporal, 900);
  clock_.Advance(1h);
  Read(temporal, 1000);
  clock_.Advance(22h);  // eight o'clock of the next day
  EXPECT_THAT(Read(temporal, 1), ElementsAre(Proposal{.key = 900, .level = 0}));
  EXPECT_THAT(Read(temporal, 2), IsEmpty()) << "once for each time that the slot is entered";
  clock_.Advance(1h);
  EXPECT_THAT(Read(temporal, 900), ElementsAre(Proposal{.key = 1000, .level = 0}));
  clock_.Advance(23h);
  EXPECT_THAT(Read(temporal, 1), ElementsAre(Proposal{.key = 900, .level = 1})) << "two cycles running";
}

TEST_F(TemporalPrefetcherTest, AHabitThatIsBrokenIsNotProposed) {
  TemporalPrefetcher temporal(clock_, {.periods = {24h}, .slots = 24});
  clock_.Advance(9h);
  Read(temporal, 900);
  clock_.Advance(47h);
  EXPECT_THAT(Read(temporal, 1), IsEmpty());
}

TEST_F(TemporalPrefetcherTest, EachPeriodHasLevelsOfItsOwn) {
  TemporalPrefetcher temporal(clock_, {.periods = {1h, 24h}, .slots = 12});
  clock_.Advance(6min);
  Read(temporal, 5);
  clock_.Advance(57min);  // the slot before, one hour later; of the day it is still the first slot
  EXPECT_THAT(Read(temporal, 1), ElementsAre(Proposal{.key = 5, .level = 0}));
  clock_.Advance(19h);
  EXPECT_THAT(Read(temporal, 2), IsEmpty());
  clock_.Advance(2h);  // the last slot of the day; keys 5 and 1 were read in its first one
  const std::vector<Proposal> proposals = Read(temporal, 2);
  EXPECT_THAT(proposals, testing::UnorderedElementsAre(Proposal{.key = 5, .level = 4}, Proposal{.key = 1, .level = 4}));
}

TEST_F(TemporalPrefetcherTest, AFullSlotKeepsTheLongestHabits) {
  TemporalPrefetcher temporal(clock_, {.periods = {24h}, .slots = 24, .keys_per_slot_max = 2});
  for (int day = 0; day < 3; ++day) {
    Read(temporal, 1);
    Read(temporal, 2);
    clock_.Advance(24h);
  }
  for (PrefetchKey flood = 100; flood < 200; ++flood) Read(temporal, flood);
  Read(temporal, 1);
  Read(temporal, 2);
  clock_.Advance(23h);
  EXPECT_THAT(Read(temporal, 9),
              testing::UnorderedElementsAre(Proposal{.key = 1, .level = 3}, Proposal{.key = 2, .level = 3}));
}

TEST_F(TemporalPrefetcherTest, SpreadsAFullSlotOverSeveralAccesses) {
  TemporalPrefetcher temporal(clock_, {.periods = {24h}, .slots = 24, .proposals_max = 2});
  for (PrefetchKey key = 0; key < 5; ++key) Read(temporal, key);
  clock_.Advance(23h);
  EXPECT_EQ(Read(temporal, 9).size(), 2U);
  EXPECT_EQ(Read(temporal, 9).size(), 2U);
  EXPECT_EQ(Read(temporal, 9).size(), 1U);
  EXPECT_THAT(Read(temporal, 9), IsEmpty());
}

TEST_F(TemporalPrefetcherTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(TemporalConfig{.periods = {}}).error().message(), testing::HasSubstr("periods"));
  EXPECT_THAT(Validate(TemporalConfig{.periods = {10ns}}).error().message(), testing::HasSubstr("a period is 10ns"));
  EXPECT_THAT(Validate(TemporalConfig{.slots = 1}).error().message(), testing::HasSubstr("slots is 1"));
  EXPECT_TRUE(Validate(TemporalConfig{}).ok());
}

}  // namespace
}  // namespace attune::cache

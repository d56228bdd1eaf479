#include "recency_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

using Id = RecencyLog::Id;
constexpr RecencyLog::Bounds kSmall{.ids_max = 64, .members_max = 64};

class RecencyLogTest : public testing::Test {
 protected:
  void Insert(Id id) {
    log_.Cover(id, log_.size() + 1, kSmall);
    log_.Insert(id);
  }
  void TearDown() override { log_.CheckInvariants(); }
  RecencyLog log_;
};

TEST_F(RecencyLogTest, AnEmptyLogHasNoOldest) {
  EXPECT_EQ(log_.Oldest(), RecencyLog::kNone);
  EXPECT_TRUE(log_.OldestFirst().empty());
}

TEST_F(RecencyLogTest, AUseMakesAMemberTheNewest) {
  for (const Id id : {1U, 2U, 3U}) Insert(id);
  EXPECT_EQ(log_.Oldest(), 1U);
  log_.Use(1);
  EXPECT_EQ(log_.Oldest(), 2U);
  log_.Use(2);
  log_.Use(1);
  EXPECT_EQ(log_.OldestFirst(), (std::vector<Id>{3, 2, 1}));
}

TEST_F(RecencyLogTest, WhoLeftAndReturnsIsNewWhateverTheLogSaidOfIt) {
  for (const Id id : {1U, 2U}) Insert(id);
  log_.Use(1);
  log_.Remove(1);
  EXPECT_FALSE(log_.Contains(1));
  EXPECT_EQ(log_.OldestFirst(), (std::vector<Id>{2}));
  Insert(3);
  Insert(1);
  EXPECT_EQ(log_.OldestFirst(), (std::vector<Id>{2, 3, 1}));
  log_.Remove(2);
  EXPECT_EQ(log_.Oldest(), 3U);
}

TEST_F(RecencyLogTest, TheLastMemberLeavesNothingBehind) {
  Insert(1);
  for (int i = 0; i < 100; ++i) log_.Use(1);
  log_.Remove(1);
  EXPECT_EQ(log_.Oldest(), RecencyLog::kNone);
  EXPECT_EQ(log_.size(), 0U);
}

TEST_F(RecencyLogTest, TellsHowManyOfTheFirstAreMembersAndUsesThem) {
  for (const Id id : {2U, 4U, 6U}) Insert(id);
  const auto doubled = [](Slot slot) { return 2 * slot; };
  EXPECT_EQ(log_.UseLeadingMembers(std::vector<Slot>{1, 2, 5, 3}, doubled), 2U);
  EXPECT_EQ(log_.OldestFirst(), (std::vector<Id>{6, 2, 4}));
  EXPECT_EQ(log_.UseLeadingMembers({}, doubled), 0U);
}

TEST_F(RecencyLogTest, UsesMoreAtOnceThanItHasRoomFor) {
  for (const Id id : {1U, 2U, 3U}) Insert(id);
  std::vector<Id> uses(1'000, 2);
  uses.push_back(1);
  log_.UseAll(uses);
  EXPECT_EQ(log_.OldestFirst(), (std::vector<Id>{3, 2, 1}));
}

TEST_F(RecencyLogTest, UsesCostNoMemory) {
  for (Id id = 0; id < 64; ++id) Insert(id);
  const Bytes before = log_.bytes();
  for (int i = 0; i < 10'000; ++i) log_.Use(static_cast<Id>(i % 7));
  EXPECT_EQ(log_.bytes(), before);
}

// The twin is a list, oldest first.
void Step(sys::Random& random, Id ids, RecencyLog& log, std::vector<Id>& twin) {
  const Id id = static_cast<Id>(random.Next() % ids);
  const auto at = std::ranges::find(twin, id);
  if (at == twin.end()) {
    log.Cover(id, log.size() + 1, kSmall);
    log.Insert(id);
    twin.push_back(id);
  } else if (random.Next() % 4 == 0) {
    log.Remove(id);
    twin.erase(at);
  } else {
    log.Use(id);
    std::rotate(at, at + 1, twin.end());
  }
}

TEST(RecencyLog, KeepsTheOrderOfAList) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    sys::Random random(seed);
    const Id ids = static_cast<Id>(1 + random.Next() % 100);
    const std::uint64_t asks = 1 + random.Next() % 100;  // rarely, and the log settles by itself
    RecencyLog log;
    std::vector<Id> twin;
    for (int i = 0; i < 3'000; ++i) {
      Step(random, ids, log, twin);
      if (random.Next() % asks != 0) continue;
      ASSERT_EQ(log.Oldest(), twin.empty() ? RecencyLog::kNone : twin.front()) << "seed " << seed;
      ASSERT_EQ(log.OldestFirst(), twin) << "seed " << seed;
      log.CheckInvariants();
    }
  }
}

}  // namespace
}  // namespace attune::cache

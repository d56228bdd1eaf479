// The parts of which policies are made, against the containers of the standard library.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <vector>

#include "attune/sys/random.h"
#include "frequency_sketch.h"
#include "ghost_lists.h"
#include "slot_lists.h"
#include "window_climber.h"

namespace attune::cache {
namespace {

TEST(SlotLists, AgreesWithDequesUnderRandomMoves) {
  sys::Random random(1);
  SlotLists<3> lists;
  std::array<std::deque<Slot>, 3> twins;  // front first
  std::map<Slot, std::size_t> list_of;
  for (int i = 0; i < 20'000; ++i) {
    const auto slot = static_cast<Slot>(random.Next() % 64);
    const std::size_t to = random.Next() % 3;
    if (const auto found = list_of.find(slot); found != list_of.end()) {
      lists.Remove(found->second, slot);
      std::erase(twins[found->second], slot);
      list_of.erase(found);
      if (random.Next() % 2 == 0) continue;
    }
    lists.Cover(slot, 64);
    if (random.Next() % 2 == 0) {
      lists.PushFront(to, slot);
      twins[to].push_front(slot);
    } else {
      lists.PushBack(to, slot);
      twins[to].push_back(slot);
    }
    list_of[slot] = to;
  }
  lists.CheckInvariants();
  for (std::size_t list = 0; list < 3; ++list) {
    std::vector<Slot> slots;
    lists.AppendBackToFront(list, slots);
    EXPECT_EQ(slots, std::vector<Slot>(twins[list].rbegin(), twins[list].rend()));
    EXPECT_EQ(lists.Front(list), twins[list].empty() ? kNoSlot : twins[list].front());
  }
}

TEST(SlotLists, AnEmptyListHasNoEnds) {
  const SlotLists<2> lists;
  EXPECT_EQ(lists.Front(1), kNoSlot);
  EXPECT_EQ(lists.Back(1), kNoSlot);
  EXPECT_TRUE(lists.empty(1));
}

TEST(GhostLists, AgreesWithDequesUnderRandomUse) {
  sys::Random random(2);
  GhostLists<2> ghosts;
  std::array<std::deque<KeyHash>, 2> twins;  // oldest first
  const auto forget = [&](KeyHash hash) {
    for (std::size_t list = 0; list < 2; ++list) {
      if (std::erase(twins[list], hash) > 0) return list;
    }
    return std::size_t{2};
  };
  for (int i = 0; i < 50'000; ++i) {
    const KeyHash hash = random.Next() % 300 << 40U;  // agree in their low bits, as in one shard
    if (random.Next() % 3 == 0) {
      ASSERT_EQ(ghosts.Take(hash), forget(hash));
      continue;
    }
    const std::size_t list = random.Next() % 2;
    ghosts.Push(list, hash);
    forget(hash);
    twins[list].push_back(hash);
    if (twins[list].size() > 50) {
      ghosts.DropOldest(list);
      twins[list].pop_front();
    }
    ASSERT_EQ(ghosts.size(list), twins[list].size());
  }
  ghosts.CheckInvariants();
}

TEST(FrequencySketch, NeverSaysTooLittleAndSeldomTooMuch) {
  constexpr std::uint64_t kKeys = 4'000;
  FrequencySketch sketch(kKeys);
  sys::Random random(3);
  std::map<KeyHash, std::uint32_t> seen;
  for (std::uint64_t i = 0; i < 2 * kKeys; ++i) {
    const KeyHash hash = sys::Random(random.Next() % kKeys).Next();
    sketch.Increment(hash);
    ++seen[hash];
  }
  int too_much = 0;
  for (const auto& [hash, count] : seen) {
    ASSERT_GE(sketch.Estimate(hash), std::min(count, FrequencySketch::kCountMax));
    too_much += sketch.Estimate(hash) > count ? 1 : 0;
  }
  EXPECT_LE(too_much, static_cast<int>(seen.size() / 50));
}

TEST(FrequencySketch, StopsAtFifteenAndHalves) {
  FrequencySketch sketch(10);
  for (int i = 0; i < 100; ++i) sketch.Increment(77);
  EXPECT_EQ(sketch.Estimate(77), 15U);
  EXPECT_EQ(sketch.additions(), 100U);
  sketch.Halve();
  EXPECT_EQ(sketch.Estimate(77), 7U);
  EXPECT_EQ(sketch.additions(), 50U);
}

TEST(FrequencySketch, IsMadeForAtLeastTheEntriesAskedFor) {
  for (const std::size_t entries : {1U, 8U, 9U, 65U, 1'000U}) {
    EXPECT_GE(FrequencySketch(entries).entries(), entries);
    EXPECT_LT(FrequencySketch(entries).entries(), 2 * entries + 8);
  }
}

void CountSample(WindowClimber& climber, int hits, int misses) {
  for (int i = 0; i < hits; ++i) climber.CountHit();
  for (int i = 0; i < misses; ++i) climber.CountMiss();
  climber.Climb();
}

TEST(WindowClimber, GoesOnWhileItHelpsAndTurnsRoundWhenItHarms) {
  WindowClimber climber(0.5);
  CountSample(climber, 50, 50);
  const double first = climber.share();
  EXPECT_LT(first, 0.5);
  CountSample(climber, 52, 48);
  const double second = climber.share();
  EXPECT_LT(second, first);
  CountSample(climber, 51, 49);
  EXPECT_GT(climber.share(), second);
}

TEST(WindowClimber, FindsThePeakAndStaysThere) {
  WindowClimber climber(0.4);
  for (int i = 0; i < 400; ++i) {
    const double distance = climber.share() - 0.6;
    CountSample(climber, 5'000 - static_cast<int>(4'000 * distance * distance), 5'000);
  }
  EXPECT_NEAR(climber.share(), 0.6, 0.05);
}

TEST(WindowClimber, KeepsBothPartsOfTheCache) {
  WindowClimber climber(0.5);
  for (int i = 1; i < 100; ++i) {
    CountSample(climber, 10 * i, 1'000);  // ever better: never turns
    EXPECT_GE(climber.share(), 0.01);
    EXPECT_LE(climber.share(), 0.99);
  }
}

TEST(WindowClimber, ItsSampleIsTenTimesTheCapacity) {
  WindowClimber climber(0.5);
  for (int i = 0; i < 99; ++i) climber.CountMiss();
  EXPECT_FALSE(climber.SampleIsFull(10));
  climber.CountHit();
  EXPECT_TRUE(climber.SampleIsFull(10));
}

}  // namespace
}  // namespace attune::cache

#include "attune/cache/slot_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "attune/cache/cache_traits.h"

namespace attune::cache {
namespace {

// Slots are numbers; slot s holds key keys[s].
class SlotIndexTest : public testing::Test {
 protected:
  Slot Find(KeyHash hash, Slot slot) const {
    return index_.Find(hash, [&](Slot candidate) { return candidate == slot; });
  }
  SlotIndex index_{16};
};

TEST_F(SlotIndexTest, FindsWhatWasInsertedAndNothingElse) {
  index_.Insert(1, 7);
  EXPECT_EQ(Find(1, 7), 7U);
  EXPECT_EQ(Find(1, 8), kNoSlot);
  EXPECT_EQ(Find(2, 7), kNoSlot);
}

TEST_F(SlotIndexTest, AnEmptyIndexFindsNothing) { EXPECT_EQ(Find(0, 0), kNoSlot); }

TEST_F(SlotIndexTest, KeysWithOneHashAreToldApart) {
  for (Slot slot = 0; slot < 16; ++slot) {
    index_.Insert(42, slot);  // more than one group holds
  }
  for (Slot slot = 0; slot < 16; ++slot) {
    EXPECT_EQ(Find(42, slot), slot);
  }
  for (Slot slot = 0; slot < 16; ++slot) {
    index_.Erase(42, slot);
    EXPECT_EQ(Find(42, slot), kNoSlot);
  }
  EXPECT_EQ(index_.size(), 0U);
}

TEST_F(SlotIndexTest, ItsFirstGuessIsTheOneUnlessTagsAgree) {
  EXPECT_EQ(index_.FirstGuess(1), nullptr);
  index_.Insert(1, 7);
  index_.Insert(2, 8);
  ASSERT_NE(index_.FirstGuess(2), nullptr);
  EXPECT_EQ(*index_.FirstGuess(2), 8U);
  constexpr KeyHash kSameLowHalf = 2 + (KeyHash{1} << 32U);
  index_.Insert(kSameLowHalf, 9);
  EXPECT_EQ(*index_.FirstGuess(kSameLowHalf), 8U);
  EXPECT_EQ(Find(kSameLowHalf, 9), 9U);
  index_.Erase(2, 8);
  EXPECT_EQ(*index_.FirstGuess(kSameLowHalf), 9U);
}

TEST_F(SlotIndexTest, ATagOfZeroIsOneLikeOthers) {
  constexpr KeyHash kLowHalfZero = KeyHash{1} << 32U;
  EXPECT_EQ(index_.FirstGuess(kLowHalfZero), nullptr);
  index_.Insert(kLowHalfZero, 3);
  EXPECT_EQ(Find(kLowHalfZero, 3), 3U);
  index_.Erase(kLowHalfZero, 3);
  EXPECT_EQ(Find(kLowHalfZero, 3), kNoSlot);
}

TEST_F(SlotIndexTest, MovesAndForEachFollow) {
  index_.Insert(1, 3);
  index_.Insert(2, 4);
  index_.Move(1, 3, 9);
  std::set<Slot> seen;
  index_.ForEach([&](Slot slot) { seen.insert(slot); });
  EXPECT_EQ(seen, (std::set<Slot>{4, 9}));
}

TEST_F(SlotIndexTest, AgreesWithAMapOnRandomOperations) {
  std::mt19937_64 random(7);
  std::map<Slot, KeyHash> twin;
  index_.Rehash(500, [](Slot) { return KeyHash{0}; });
  for (int i = 0; i < 50'000; ++i) {
    const Slot slot = static_cast<Slot>(random() % 600);
    const auto it = twin.find(slot);
    if (it != twin.end()) {
      ASSERT_EQ(Find(it->second, slot), slot);
      index_.Erase(it->second, slot);
      ASSERT_EQ(Find(it->second, slot), kNoSlot);
      twin.erase(it);
    } else if (twin.size() < index_.capacity()) {
      const KeyHash hash = MixBits(random() % 200) & (random() % 4 == 0 ? 0xFFULL << 56U : ~0ULL);  // some collide
      index_.Insert(hash, slot);
      twin.emplace(slot, hash);
    }
    if (i % 5000 == 0) {
      index_.Rehash(twin.size() + random() % 500, [&](Slot s) { return twin.at(s); });
    }
  }
  for (const auto& [slot, hash] : twin) {
    ASSERT_EQ(Find(hash, slot), slot);
  }
}

}  // namespace
}  // namespace attune::cache

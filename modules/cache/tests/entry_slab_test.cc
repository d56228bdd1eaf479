#include "attune/cache/entry_slab.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

#include "attune/cache/cache_traits.h"

namespace attune::cache {
namespace {

using NumbersEntry = Entry<std::uint64_t, std::uint64_t, CacheTraits<std::uint64_t, std::uint64_t>>;
using Slab = EntrySlab<NumbersEntry>;

constexpr std::size_t kPerChunk = 4096;
constexpr std::size_t kRow = memory::kHugePage / sizeof(NumbersEntry);  // the fewest that lie in one

std::vector<Slot> TakeMany(Slab& slab, std::size_t count) {
  std::vector<Slot> slots;
  for (std::size_t i = 0; i < count; ++i) {
    if (slab.full()) {
      slab.Grow();
    }
    slots.push_back(slab.Take());
    slab[slots.back()].state = EntryState::kValue;
    slab[slots.back()].key = i;
  }
  return slots;
}

void ExpectEachHoldsItsNumber(const Slab& slab, const std::vector<Slot>& slots) {
  for (std::size_t i = 0; i < slots.size(); ++i) {
    ASSERT_EQ(slab[slots[i]].key, i);
  }
}

TEST(EntrySlabTest, AnEntryOfTwoNumbersNeverLiesAcrossTwoLines) {
  Slab slab(8, 8);
  for (const Slot slot : TakeMany(slab, 20)) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&slab[slot]) % sizeof(NumbersEntry), 0U);
  }
}

TEST(EntrySlabTest, HoldsMoreThanItExpected) {
  for (const std::size_t expected : {std::size_t{10}, kRow}) {
    Slab slab(kPerChunk, expected);
    const std::vector<Slot> slots = TakeMany(slab, 2 * kRow + 1);
    EXPECT_EQ(std::set<Slot>(slots.begin(), slots.end()).size(), slots.size());
    ExpectEachHoldsItsNumber(slab, slots);
    EXPECT_GE(slab.bytes(), Bytes(slots.size() * sizeof(NumbersEntry)));
    EXPECT_LE(slab.bytes(), Bytes((slots.size() + 2 * kPerChunk) * sizeof(NumbersEntry)));
  }
}

TEST(EntrySlabTest, EntriesStayWhereTheyAreWhileItGrows) {
  Slab slab(kPerChunk, kRow);
  const Slot first = TakeMany(slab, 1).front();
  const NumbersEntry* const place = &slab[first];
  TakeMany(slab, 2 * kRow);
  EXPECT_EQ(&slab[first], place);
}

TEST(EntrySlabTest, GivesBackWhatLiesBehindTheLastUsedSlot) {
  for (const std::size_t expected : {std::size_t{10}, kRow, 4 * kRow}) {
    Slab slab(kPerChunk, expected);
    const std::vector<Slot> slots = TakeMany(slab, 2 * kRow);
    for (std::size_t i = 10; i < slots.size(); ++i) {
      slab.Free(slots[i]);
    }
    slab.ReleaseTail();
    EXPECT_EQ(slab.slots(), kPerChunk);
    EXPECT_LE(slab.bytes(), Bytes(2 * kPerChunk * sizeof(NumbersEntry)));
    ExpectEachHoldsItsNumber(slab, {slots.begin(), slots.begin() + 10});
    TakeMany(slab, 2 * kRow);
  }
}

}  // namespace
}  // namespace attune::cache

#include "attune/memory/line_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace attune::memory {
namespace {

std::span<unsigned char> Contents(const LineBlock& block) {
  return {static_cast<unsigned char*>(block.data()), block.size()};
}

bool AllAre(std::span<const unsigned char> bytes, unsigned char value) {
  return std::ranges::all_of(bytes, [&](unsigned char byte) { return byte == value; });
}

bool IsAligned(const void* place, std::size_t unit) { return reinterpret_cast<std::uintptr_t>(place) % unit == 0; }

TEST(LineBlockTest, AnEmptyBlockHoldsNothing) {
  const LineBlock block;
  EXPECT_EQ(block.data(), nullptr);
  EXPECT_EQ(block.bytes(), Bytes(0));
}

TEST(LineBlockTest, BeginsAtALineAndIsZero) {
  for (const std::size_t size : {1U, 63U, 64U, 65U, 100'000U}) {
    const LineBlock block(size);
    EXPECT_TRUE(IsAligned(block.data(), 64)) << size;
    EXPECT_TRUE(AllAre(Contents(block), 0)) << size;
    EXPECT_GE(block.bytes(), Bytes(size));
  }
}

TEST(LineBlockTest, BeginsAtAHugePageFromItsSizeOn) {
  const LineBlock block(kHugePage);
  EXPECT_TRUE(IsAligned(block.data(), kHugePage));
  EXPECT_EQ(block.bytes(), Bytes(kHugePage));
  EXPECT_TRUE(AllAre(Contents(block), 0));
}

TEST(LineBlockTest, KeepsWhatItHoldsWhileItGrows) {
  LineBlock block;
  for (const std::size_t size : {std::size_t{100}, std::size_t{5000}, std::size_t{200'000}, kHugePage - 1, kHugePage,
                                 3 * kHugePage + 5, 3 * kHugePage + 9000, 5 * kHugePage + 7}) {
    const std::size_t before = block.size();
    block.Grow(size);
    const std::span<unsigned char> contents = Contents(block);
    ASSERT_TRUE(AllAre(contents.first(before), 7)) << size;
    ASSERT_TRUE(AllAre(contents.subspan(before), 0)) << size;
    std::ranges::fill(contents, static_cast<unsigned char>(7));
  }
}

TEST(LineBlockTest, ALargeOneThatHasGrownGoesOnInItsPlace) {
  LineBlock block(100);
  block.Grow(kHugePage);
  std::ranges::fill(Contents(block), static_cast<unsigned char>(7));
  const void* const place = block.data();
  block.Grow(16 * kHugePage);
  EXPECT_EQ(block.data(), place);
  block.Grow(16 * kHugePage + 1);  // past its addresses
  EXPECT_TRUE(AllAre(Contents(block).first(kHugePage), 7));
  EXPECT_TRUE(AllAre(Contents(block).subspan(kHugePage, kHugePage), 0));
}

TEST(LineBlockTest, OneThatHasGrownPastTheHeapGoesOnInItsPlace) {
  LineBlock block(100);
  block.Grow(200'000);
  EXPECT_EQ(block.bytes(), Bytes(RoundUp(200'000, kPage)));
  const void* const place = block.data();
  block.Grow(kHugePage + 1);
  EXPECT_EQ(block.data(), place);
  EXPECT_EQ(block.bytes(), Bytes(kHugePage + kPage));
}

TEST(LineBlockTest, AReservedOneGrowsAndShrinksInItsPlace) {
  LineBlock block = LineBlock::Reserved(2 * kHugePage);
  EXPECT_EQ(block.bytes(), Bytes(0));
  const void* const place = block.data();
  for (int i = 0; i < 2; ++i) {
    block.Grow(10'000);
    EXPECT_TRUE(AllAre(Contents(block), 0));
    std::ranges::fill(Contents(block), static_cast<unsigned char>(7));
    block.Shrink(5000);
    EXPECT_TRUE(AllAre(Contents(block), 7));
    block.Grow(2 * kHugePage);
    EXPECT_TRUE(AllAre(Contents(block).first(5000), 7));
    EXPECT_TRUE(AllAre(Contents(block).subspan(5000), 0));
    block.Shrink(0);
  }
  EXPECT_EQ(block.data(), place);
}

TEST(LineBlockTest, MovesToAnotherOwner) {
  LineBlock block(10);
  const void* const place = block.data();
  LineBlock other(kHugePage);
  other = std::move(block);
  EXPECT_EQ(other.data(), place);
  EXPECT_EQ(other.size(), 10U);
}

}  // namespace
}  // namespace attune::memory

#include "attune/memory/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace attune::memory {
namespace {

TEST(ArenaTest, PiecesDoNotOverlapAndAreAligned) {
  Arena arena({.block_size = 256_B});
  std::mt19937_64 random(1);
  std::vector<std::pair<unsigned char*, std::size_t>> pieces;
  for (int i = 0; i < 500; ++i) {
    const std::size_t size = random() % 100;
    const std::size_t align = std::size_t{1} << (random() % 5);
    auto* piece = static_cast<unsigned char*>(arena.Allocate(size, align));
    ASSERT_NE(piece, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % align, 0U);
    std::memset(piece, i % 251, size);
    pieces.emplace_back(piece, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t j = 0; j < pieces[i].second; ++j) {
      ASSERT_EQ(pieces[i].first[j], i % 251);
    }
  }
}

TEST(ArenaTest, APieceLargerThanABlockGetsItsOwn) {
  Arena arena({.block_size = 64_B});
  EXPECT_NE(arena.Allocate(1000), nullptr);
  EXPECT_GE(arena.held(), 1000_B);
}

TEST(ArenaTest, AtTheBoundItAnswersNullAndStaysUsable) {
  Arena arena({.block_size = 64_B, .bytes_max = 128_B});
  EXPECT_NE(arena.Allocate(64), nullptr);
  EXPECT_NE(arena.Allocate(64), nullptr);
  EXPECT_EQ(arena.Allocate(1), nullptr);
  EXPECT_TRUE(arena.NewArray<int>(1).empty());
  EXPECT_TRUE(arena.NewArray<std::uint64_t>(SIZE_MAX / 4).empty());
  EXPECT_EQ(arena.Copy("x").data(), nullptr);
  arena.Reset();
  EXPECT_EQ(arena.Copy("x"), "x");
}

TEST(ArenaTest, ResetKeepsBlocksUpToItsBoundForTheNextRequest) {
  Arena arena({.block_size = 1_KiB, .kept_max = 4_KiB});
  for (int i = 0; i < 10; ++i) {
    ASSERT_NE(arena.Allocate(1000), nullptr);
  }
  EXPECT_EQ(arena.held(), 10_KiB);
  arena.Reset();
  EXPECT_EQ(arena.held(), 4_KiB);
  EXPECT_EQ(arena.used(), 0_B);
  for (int i = 0; i < 4; ++i) {
    ASSERT_NE(arena.Allocate(1000), nullptr);
  }
  EXPECT_EQ(arena.held(), 4_KiB);
}

TEST(ArenaTest, TheHighWaterMarkOutlivesReset) {
  Arena arena;
  arena.Copy("0123456789");
  EXPECT_EQ(arena.used(), 10_B);
  arena.Reset();
  arena.Copy("0123");
  EXPECT_EQ(arena.used(), 4_B);
  EXPECT_EQ(arena.used_max(), 10_B);
}

TEST(ArenaTest, SuggestsABlockThatHoldsRecentRequestsWhole) {
  Arena arena({.block_size = 4_KiB, .bytes_max = 1_MiB});
  EXPECT_EQ(arena.block_size_suggested(), 4_KiB);
  const auto request = [&](std::size_t size) {
    ASSERT_NE(arena.Allocate(size), nullptr);
    arena.Reset();
  };
  request(100);
  EXPECT_EQ(arena.block_size_suggested(), 1_KiB);
  request(20'000);
  EXPECT_EQ(arena.block_size_suggested(), 32_KiB);
  request(1'000'000);
  EXPECT_EQ(arena.block_size_suggested(), 1_MiB);
  for (std::size_t i = 0; i < 2 * Arena::kWindow; ++i) {
    request(3000);
  }
  EXPECT_EQ(arena.block_size_suggested(), 4_KiB);  // the peak is forgotten
}

TEST(ArenaTest, ArraysStartAsZeros) {
  Arena arena({.block_size = 64_B});
  std::memset(arena.Allocate(64), 0xFF, 64);
  arena.Reset();
  for (const int number : arena.NewArray<int>(16)) {
    EXPECT_EQ(number, 0);
  }
}

}  // namespace
}  // namespace attune::memory

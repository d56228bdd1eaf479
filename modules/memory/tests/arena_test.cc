#include "attune/memory/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/sanitizer.h"

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

TEST(ArenaTest, WhatTheBoundAllowsFitsWhateverTheBlockSize) {
  Arena small({.block_size = 64_KiB, .bytes_max = 16_KiB});
  EXPECT_NE(small.Allocate(1), nullptr);
  EXPECT_EQ(small.held(), 16_KiB);
  Arena rest({.block_size = 64_KiB, .bytes_max = 100_KiB});
  EXPECT_NE(rest.Allocate(64 << 10U), nullptr);
  EXPECT_NE(rest.Allocate(1), nullptr);
  EXPECT_EQ(rest.held(), 100_KiB);
  EXPECT_NE(rest.Allocate((36 << 10U) - 16), nullptr);
  EXPECT_EQ(rest.Allocate(1), nullptr);
  EXPECT_EQ(rest.Allocate(SIZE_MAX), nullptr);
}

TEST(ArenaTest, WhatResetKeptMakesRoomForALargePiece) {
  Arena arena({.block_size = 1_KiB, .bytes_max = 64_KiB, .kept_max = 16_KiB});
  for (int i = 0; i < 16; ++i) {
    ASSERT_NE(arena.Allocate(1000), nullptr);
  }
  arena.Reset();
  EXPECT_NE(arena.Allocate(64 << 10U), nullptr) << "as in a fresh one";
  arena.Reset();
  for (int i = 0; i < 16; ++i) {
    ASSERT_NE(arena.Allocate(1000), nullptr);
  }
  arena.Reset();
  char* used = static_cast<char*>(arena.Allocate(1000));
  std::memset(used, 'x', 1000);
  EXPECT_EQ(arena.Allocate(64 << 10U), nullptr) << "not with what is in use";
  EXPECT_EQ(arena.held(), 16_KiB) << "and then nothing is dropped";
  EXPECT_NE(arena.Allocate(63 << 10U), nullptr);
  EXPECT_EQ(used[999], 'x');
}

TEST(ArenaTest, ABlockTooSmallForOnePieceServesTheNext) {
  Arena arena({.block_size = 1_KiB});
  ASSERT_NE(arena.Allocate(1000), nullptr);
  ASSERT_NE(arena.Allocate(5000), nullptr);
  arena.Reset();
  ASSERT_NE(arena.Allocate(5000), nullptr);
  ASSERT_NE(arena.Allocate(1000), nullptr);
  EXPECT_EQ(arena.held(), 1_KiB + 5000_B);
}

TEST(ArenaTest, ConfigurationsThatMakeNoSenseAreNamed) {
  EXPECT_TRUE(Validate(ArenaConfig{}).ok());
  EXPECT_NE(Validate(ArenaConfig{.block_size = 0_B}).error().message().find("block_size"), std::string::npos);
  EXPECT_NE(Validate(ArenaConfig{.bytes_max = 0_B}).error().message().find("bytes_max"), std::string::npos);
  EXPECT_DEATH(Arena({.block_size = 0_B}), "makes no sense");
}

#if ATTUNE_ASAN
TEST(ArenaDeathTest, TheAddressSanitizerSeesUsesAfterReset) {
  Arena arena;
  char* text = static_cast<char*>(arena.Allocate(100));
  text[99] = 'x';
  arena.Reset();
  EXPECT_DEATH(text[0] = 'y', "use-after-poison");
}
#endif

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

TEST(ArenaTest, ASuggestedBlockIsAPowerOfTwoThatResetKeeps) {
  const auto suggested_after = [](ArenaConfig config, std::size_t size) {
    Arena arena(config);
    for (std::size_t done = 0; done < size; done += 1000) {
      EXPECT_NE(arena.Allocate(1000), nullptr);
    }
    arena.Reset();
    return arena.block_size_suggested();
  };
  EXPECT_EQ(suggested_after({}, 1'500'000), 1_MiB) << "no more than kept_max";
  EXPECT_EQ(suggested_after({.kept_max = 4_MiB}, 1'500'000), 2_MiB);
  EXPECT_EQ(suggested_after({.kept_max = 0_B}, 1'500'000), 1_KiB);
  EXPECT_EQ(suggested_after({.bytes_max = 1'000'000_B}, 900'000), 512_KiB);
  EXPECT_EQ(suggested_after({.block_size = 100_B, .bytes_max = 1000_B}, 1), 512_B);
}

// Random requests: an arena with the suggested block takes each of them whole.
TEST(ArenaTest, TheSuggestedBlockHoldsARequestWholeThoughItsPiecesLieOtherwise) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<std::size_t, std::size_t>> pieces(1 + random() % 20);
    for (auto& [size, align] : pieces) {
      size = random() % 600;
      align = std::size_t{1} << (random() % 5);
    }
    const auto request = [&](Arena& arena) {
      for (const auto& [size, align] : pieces) {
        EXPECT_NE(arena.Allocate(size, align), nullptr);
      }
      arena.Reset();
    };
    Arena arena({.block_size = Bytes(1 + random() % 1100)});
    request(arena);
    Arena follower({.block_size = arena.block_size_suggested()});
    request(follower);
    ASSERT_EQ(follower.held(), arena.block_size_suggested()) << round;
  }
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

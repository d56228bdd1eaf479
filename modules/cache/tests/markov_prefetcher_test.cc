#include "attune/cache/markov_prefetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<Proposal> After(MarkovPrefetcher& markov, std::initializer_list<PrefetchKey> accesses,
                            std::size_t depth = 1) {
  for (const PrefetchKey key : accesses) markov.Observe(key);
  std::vector<Proposal> proposals;
  markov.Propose(depth, proposals);
  return proposals;
}

TEST(MarkovPrefetcherTest, WhatFollowedFollowsAgain) {
  MarkovPrefetcher markov;
  EXPECT_THAT(After(markov, {7, 90, 3}), IsEmpty());
  EXPECT_THAT(After(markov, {7}), ElementsAre(Proposal{.key = 90, .level = 1}));
}

TEST(MarkovPrefetcherTest, DepthFollowsTheChain) {
  MarkovPrefetcher markov;
  EXPECT_THAT(
      After(markov, {7, 90, 3, 5, 7}, 3),
      ElementsAre(Proposal{.key = 90, .level = 1}, Proposal{.key = 3, .level = 1}, Proposal{.key = 5, .level = 1}));
}

TEST(MarkovPrefetcherTest, ConfidenceGrowsWithRepetitionUpToItsMaximum) {
  MarkovPrefetcher markov;
  for (int i = 0; i < 20; ++i) After(markov, {1, 2});
  EXPECT_THAT(After(markov, {1}), ElementsAre(Proposal{.key = 2, .level = 7}));
}

TEST(MarkovPrefetcherTest, TheLikelierSuccessorTakesTheLead) {
  MarkovPrefetcher markov;
  After(markov, {1, 2, 1, 3, 1, 3});
  EXPECT_THAT(After(markov, {1}), ElementsAre(Proposal{.key = 3, .level = 2}, Proposal{.key = 2, .level = 9}));
}

TEST(MarkovPrefetcherTest, TheSameKeyAgainIsNoStep) {
  MarkovPrefetcher markov;
  EXPECT_THAT(After(markov, {1, 1, 2, 2, 1}), ElementsAre(Proposal{.key = 2, .level = 1}));
  EXPECT_THAT(After(markov, {1}), IsEmpty());
}

TEST(MarkovPrefetcherTest, KeepsItsSizeAndItsConfidentKeysInAFlood) {
  MarkovPrefetcher markov({.keys_max = 64});
  const Bytes before = markov.bytes();
  for (int i = 0; i < 16; ++i) After(markov, {1, 2});
  sys::Random random(3);
  for (int i = 0; i < 300; ++i) markov.Observe(random.Next());
  EXPECT_THAT(After(markov, {1}), ElementsAre(testing::Field(&Proposal::key, 2)));
  EXPECT_EQ(markov.bytes(), before);
}

TEST(MarkovPrefetcherTest, LearnsANewChainThoughItIsFullOfAnOldOne) {
  MarkovPrefetcher markov({.keys_max = 64});
  const auto correct = [&markov](PrefetchKey first, int rounds) {
    int right = 0;
    for (int round = 0; round < rounds; ++round) {
      for (PrefetchKey key = first; key < first + 24; ++key) {
        const std::vector<Proposal> proposals = After(markov, {key});
        right += !proposals.empty() && proposals.front().key == key + 1 ? 1 : 0;
      }
    }
    return right;
  };
  correct(1000, 50);
  EXPECT_GE(correct(1000, 1), 20) << "all but those of a crowded set";
  correct(5000, 50);
  EXPECT_GE(correct(5000, 1), 20);
}

TEST(MarkovPrefetcherTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(MarkovConfig{.keys_max = 3}).error().message(), testing::HasSubstr("keys_max is 3"));
  EXPECT_TRUE(Validate(MarkovConfig{.keys_max = 4}).ok());
}

}  // namespace
}  // namespace attune::cache

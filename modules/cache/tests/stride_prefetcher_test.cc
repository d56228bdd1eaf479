#include "attune/cache/stride_prefetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<PrefetchKey> KeysAfter(StridePrefetcher& stride, std::initializer_list<PrefetchKey> accesses,
                                   std::size_t depth = 1) {
  for (const PrefetchKey key : accesses) stride.Observe(key);
  std::vector<Proposal> proposals;
  stride.Propose(depth, proposals);
  std::vector<PrefetchKey> keys;
  for (const Proposal& proposal : proposals) keys.push_back(proposal.key);
  return keys;
}

TEST(StridePrefetcherTest, ContinuesASequenceForwardsAndBackwards) {
  StridePrefetcher forwards;
  EXPECT_THAT(KeysAfter(forwards, {100, 108, 116}, 3), ElementsAre(124, 132, 140));
  StridePrefetcher backwards;
  EXPECT_THAT(KeysAfter(backwards, {100, 97, 94}), ElementsAre(91));
}

TEST(StridePrefetcherTest, HasNoIdeaBeforeTwoDeltasAgree) {
  StridePrefetcher stride;
  std::vector<Proposal> proposals;
  stride.Propose(1, proposals);
  EXPECT_THAT(proposals, IsEmpty());
  EXPECT_THAT(KeysAfter(stride, {100}), IsEmpty());
  EXPECT_THAT(KeysAfter(stride, {108}), IsEmpty());
  EXPECT_THAT(KeysAfter(stride, {119}), IsEmpty());
  EXPECT_THAT(KeysAfter(stride, {130}), ElementsAre(141));
}

TEST(StridePrefetcherTest, TheSameKeyAgainProposesNothingAndDisturbsNothing) {
  StridePrefetcher stride;
  EXPECT_THAT(KeysAfter(stride, {1, 2, 3, 3}), IsEmpty());
  EXPECT_THAT(KeysAfter(stride, {4}), ElementsAre(5));
}

TEST(StridePrefetcherTest, AMajorityOutvotesADisturbance) {
  StridePrefetcher stride;
  // 33 lies within reach, so it is a delta of the stream: 10 10 10 3 7 10 10
  EXPECT_THAT(KeysAfter(stride, {0, 10, 20, 30, 33, 40, 50, 60}), ElementsAre(70));
}

TEST(StridePrefetcherTest, ConfidenceIsTheNumberOfDeltasThatAgree) {
  StridePrefetcher stride;
  std::vector<Proposal> proposals;
  for (PrefetchKey key = 0; key <= 20; ++key) stride.Observe(key);
  stride.Propose(1, proposals);
  EXPECT_THAT(proposals, ElementsAre(Proposal{.key = 21, .level = 15}));
  proposals.clear();
  for (PrefetchKey key = 70; key <= 72; ++key) stride.Observe(key);
  stride.Propose(1, proposals);
  EXPECT_THAT(proposals, ElementsAre(Proposal{.key = 73, .level = 14})) << "the jump is one of the last fifteen";
}

TEST(StridePrefetcherTest, FollowsInterleavedSequencesApart) {
  StridePrefetcher stride({.streams_max = 16, .reach = 256});
  std::vector<PrefetchKey> next;
  for (std::uint64_t stream = 0; stream < 16; ++stream) next.push_back(stream * 1'000'000);
  sys::Random random(5);
  int right = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t stream = random.Below(16);
    stride.Observe(next[stream]);
    next[stream] += 3 + stream;
    std::vector<Proposal> proposals;
    stride.Propose(1, proposals);
    right += !proposals.empty() && proposals.front().key == next[stream] ? 1 : 0;
  }
  EXPECT_GE(right, 2000 - 16 * 3) << "all but the three accesses that start each stream";
}

TEST(StridePrefetcherTest, OneStreamMoreThanItHoldsReplacesTheQuietest) {
  StridePrefetcher stride({.streams_max = 2, .reach = 16});
  KeysAfter(stride, {1000, 1001, 1002, 5000, 5001, 5002, 9000});
  EXPECT_THAT(KeysAfter(stride, {5003}), ElementsAre(5004));
  EXPECT_THAT(KeysAfter(stride, {1003}), IsEmpty()) << "forgotten";
}

TEST(StridePrefetcherTest, KeysWrapAround) {
  constexpr auto kLast = std::numeric_limits<PrefetchKey>::max();
  StridePrefetcher stride;
  EXPECT_THAT(KeysAfter(stride, {kLast - 2, kLast - 1, kLast}, 2), ElementsAre(0, 1));
}

TEST(StridePrefetcherTest, RandomKeysFarApartGetNoProposals) {
  StridePrefetcher stride;
  sys::Random random(7);
  std::vector<Proposal> proposals;
  for (int i = 0; i < 10'000; ++i) {
    stride.Observe(random.Next());
    stride.Propose(4, proposals);
  }
  EXPECT_THAT(proposals, IsEmpty());
}

TEST(StridePrefetcherTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(StrideConfig{.streams_max = 0}).error().message(), testing::HasSubstr("streams_max is 0"));
  EXPECT_THAT(Validate(StrideConfig{.reach = 0}).error().message(), testing::HasSubstr("reach is 0"));
  EXPECT_TRUE(Validate(StrideConfig{.streams_max = 1, .reach = 1}).ok());
}

}  // namespace
}  // namespace attune::cache

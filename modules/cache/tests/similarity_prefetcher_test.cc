#include "attune/cache/similarity_prefetcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace attune::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The neighbours of k are 10 k, 10 k + 1, ...; it answers more than it was asked for.
struct Tens {
  int* calls;
  void operator()(PrefetchKey key, std::size_t count_max, std::vector<PrefetchKey>& neighbours) const {
    ++*calls;
    for (std::size_t i = 0; i < count_max + 3; ++i) neighbours.push_back(10 * key + i);
  }
};

TEST(SimilarityPrefetcherTest, ProposesTheNeighboursOfTheLastKeyByRank) {
  int calls = 0;
  SimilarityPrefetcher similar(Tens{&calls}, 2);
  std::vector<Proposal> proposals;
  similar.Propose(1, proposals);
  EXPECT_THAT(proposals, IsEmpty());
  similar.Observe(4);
  similar.Propose(1, proposals);
  EXPECT_THAT(proposals, ElementsAre(Proposal{.key = 40, .level = 0}, Proposal{.key = 41, .level = 1}));
}

TEST(SimilarityPrefetcherTest, TheSameKeyAgainIsNotAskedAgain) {
  int calls = 0;
  SimilarityPrefetcher similar(Tens{&calls}, 2);
  std::vector<Proposal> proposals;
  for (int i = 0; i < 3; ++i) {
    similar.Observe(4);
    similar.Propose(1, proposals);
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(proposals.size(), 2U);
}

TEST(SimilarityPrefetcherTest, RanksBeyondTheLevelsShareTheLastOne) {
  int calls = 0;
  SimilarityPrefetcher similar(Tens{&calls}, 10);
  similar.Observe(1);
  std::vector<Proposal> proposals;
  similar.Propose(2, proposals);
  ASSERT_EQ(proposals.size(), 20U);
  EXPECT_EQ(proposals.back().level, kConfidenceLevels - 1);
}

}  // namespace
}  // namespace attune::cache

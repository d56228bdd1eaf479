#include "attune/cache/replay.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "attune/cache/prefetch_replay.h"
#include "selector_workloads.h"

namespace attune::cache {
namespace {

constexpr std::size_t kEntries = 500;
const ManualClock kClock;

std::vector<KeyHash> Requests(const Keys& keys) { return Chain(std::array{ChainPart{keys, 0}}); }

struct Comparison {
  std::uint64_t best = 0;  // hits of the best fixed policy
  std::uint64_t lru = 0;
  ReplayResult self_choosing;
};

Comparison Compare(const Keys& keys) {
  const std::vector<KeyHash> requests = Requests(keys);
  Comparison comparison;
  for (const PolicyKind kind : kPolicyKinds) {
    const std::uint64_t hits = ReplayPolicy(requests, kEntries, kind, kClock).hits;
    comparison.best = std::max(comparison.best, hits);
    if (kind == PolicyKind::kLru) comparison.lru = hits;
  }
  comparison.self_choosing = ReplaySelfChoosing(requests, kEntries, kClock);
  return comparison;
}

// The promise for any workload: close to the best fixed policy, and never far below LRU.
void ExpectGoodChoice(const Keys& keys, double share_of_best) {
  const Comparison comparison = Compare(keys);
  const auto hits = static_cast<double>(comparison.self_choosing.hits);
  EXPECT_GE(hits, share_of_best * static_cast<double>(comparison.best));
  EXPECT_GE(hits, static_cast<double>(comparison.lru) - 0.005 * static_cast<double>(keys.size()));
}

class SelfChoosing : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, SelfChoosing, testing::Values(1, 2, 3));

TEST_P(SelfChoosing, IsAsGoodAsTheBestOnASkewedSet) {
  ExpectGoodChoice(ZipfKeys(GetParam(), 60'000, 5'000, 0.9), 0.98);
}
TEST_P(SelfChoosing, IsAsGoodAsTheBestOnAMovingSet) {
  ExpectGoodChoice(ShiftingKeys(GetParam(), 60'000, 5'000, 500), 0.98);
}
TEST_P(SelfChoosing, IsAsGoodAsTheBestAmongScans) { ExpectGoodChoice(ScannedKeys(GetParam(), 60'000), 0.98); }
TEST_P(SelfChoosing, IsAsGoodAsTheBestOnLoops) { ExpectGoodChoice(LoopingKeys(GetParam(), 60'000, 1'600), 0.98); }
TEST_P(SelfChoosing, IsAsGoodAsTheBestOnRecency) { ExpectGoodChoice(RecentKeys(GetParam(), 60'000, 300), 0.98); }
TEST_P(SelfChoosing, IsAsGoodAsTheBestOnAMixture) { ExpectGoodChoice(LoopAndZipfKeys(GetParam(), 60'000, 900), 0.98); }

TEST_P(SelfChoosing, BeatsEveryFixedPolicyWhereTheWorkloadChanges) {
  const std::uint64_t seed = GetParam();
  ExpectGoodChoice(
      Joined({RecentKeys(seed, 40'000, 600), LoopingKeys(seed, 40'000, 1'200), RecentKeys(seed, 40'000, 600)}), 1.0);
}

TEST(Replay, TheSelfChoosingCacheMovesWithAReason) {
  const ReplayResult result = Compare(RecentKeys(1, 30'000, 300)).self_choosing;
  ASSERT_FALSE(result.moves.empty());
  EXPECT_EQ(result.moves.back().change.to, result.policy);
  EXPECT_GT(result.moves.back().request, 0U);
  EXPECT_NE(result.moves.back().change.Reason().find("sampled accesses"), std::string::npos);
}

TEST(Replay, TheSameRequestsGiveTheSameMoves) {
  const std::vector<KeyHash> requests = Requests(ShiftingKeys(7, 30'000, 5'000, 500));
  const ReplayResult once = ReplaySelfChoosing(requests, kEntries, kClock);
  const ReplayResult again = ReplaySelfChoosing(requests, kEntries, kClock);
  EXPECT_EQ(once.hits, again.hits);
  EXPECT_EQ(once.moves.size(), again.moves.size());
}

TEST(Replay, NobodyBeatsTheOptimum) {
  const std::vector<KeyHash> requests = Requests(LoopAndZipfKeys(1, 20'000, 900));
  const std::uint64_t optimum = OptimalHits(requests, kEntries);
  for (const PolicyKind kind : kPolicyKinds) {
    EXPECT_LE(ReplayPolicy(requests, kEntries, kind, kClock).hits, optimum) << ToString(kind);
  }
  EXPECT_LE(ReplaySelfChoosing(requests, kEntries, kClock).hits, optimum);
}

TEST(Replay, AChainKeepsTheKeysOfDifferentSourcesApart) {
  const Keys keys = {1, 2, 3};
  const auto same = Chain(std::array{ChainPart{keys, 0}, ChainPart{keys, 0}});
  EXPECT_EQ(OptimalHits(same, 10), 3U);
  const auto different = Chain(std::array{ChainPart{keys, 0}, ChainPart{keys, 1}});
  EXPECT_EQ(OptimalHits(different, 10), 0U);
  EXPECT_TRUE(Chain({}).empty());
}

TEST(Replay, AChainKeepsTheDistancesWithinASource) {
  const Keys first = {1, 2, 1'000};
  const Keys second = {7, 5};
  const auto chain = ChainKeys(std::array{ChainPart{first, 0}, ChainPart{second, 1}});
  ASSERT_EQ(chain.size(), 5U);
  EXPECT_EQ(chain[1] - chain[0], 1U);
  EXPECT_EQ(chain[2] - chain[0], 999U);
  EXPECT_EQ(chain[3] - chain[4], 2U);
}

TEST(Replay, WithoutPrefetchingBothReplaysSeeTheSameRequests) {
  const Keys keys = ScannedKeys(1, 20'000);
  const std::array parts = {ChainPart{keys, 0}, ChainPart{keys, 1}};
  for (const PolicyKind kind : kPolicyKinds) {
    const auto plain = ReplayPrefetching(
        ChainKeys(parts), {.entries_max = kEntries, .policy = kind, .choice = PrefetchChoice::kNone}, kClock);
    EXPECT_EQ(plain->hits, ReplayPolicy(Chain(parts), kEntries, kind, kClock).hits) << ToString(kind);
  }
}

TEST(Replay, ALargeCacheIsChosenForBySampling) {
  const std::vector<KeyHash> requests = Requests(LoopingKeys(1, 150'000, 12'000));
  const ReplayResult result =
      ReplaySelfChoosing(requests, 4'000, kClock, {.simulated_entries_max = 500, .initial = PolicyKind::kLru});
  const ReplayResult lru = ReplayPolicy(requests, 4'000, PolicyKind::kLru, kClock);
  EXPECT_NE(result.policy, PolicyKind::kLru);
  EXPECT_GT(result.hits, lru.hits + requests.size() / 10);
  EXPECT_LT(result.selector_bytes.count(), 500U * 1'000U);
}

}  // namespace
}  // namespace attune::cache

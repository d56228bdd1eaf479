#include "attune/cache/prefetch_replay.h"

#include <gtest/gtest.h>

#include <vector>

#include "generated_accesses.h"

namespace attune::cache {
namespace {

PrefetchReplayResult ReplayWith(const std::vector<std::uint64_t>& keys, PrefetchChoice choice) {
  return *ReplayPrefetching(keys, {.entries_max = 500, .choice = choice, .gate = {.key_space = KeySpace::kSpatial}},
                            SystemClock());
}

TEST(PrefetchReplayTest, EachChoiceHelpsWhereItsPrefetcherDoes) {
  sys::Random random(1);
  const auto streams = generated::InterleavedStreams(20'000, 8, random);
  const auto chains = generated::RepeatedChains(20'000, 100, random);
  EXPECT_LT(ReplayWith(streams, PrefetchChoice::kNone).hit_ratio(), 0.01);
  EXPECT_GT(ReplayWith(streams, PrefetchChoice::kStride).hit_ratio(), 0.9);
  EXPECT_LT(ReplayWith(streams, PrefetchChoice::kMarkov).hit_ratio(), 0.01);
  EXPECT_GT(ReplayWith(streams, PrefetchChoice::kAll).hit_ratio(), 0.9);
  const double plain = ReplayWith(chains, PrefetchChoice::kNone).hit_ratio();
  EXPECT_EQ(ReplayWith(chains, PrefetchChoice::kStride).hit_ratio(), plain);
  EXPECT_GT(ReplayWith(chains, PrefetchChoice::kMarkov).hit_ratio(), plain + 0.3);
  EXPECT_GT(ReplayWith(chains, PrefetchChoice::kAll).hit_ratio(), plain + 0.3);
}

TEST(PrefetchReplayTest, EveryHitIsExplainedByWhatWasIssued) {
  sys::Random random(2);
  const auto streams = generated::InterleavedStreams(20'000, 8, random);
  const PrefetchReplayResult without = ReplayWith(streams, PrefetchChoice::kNone);
  const PrefetchReplayResult with = ReplayWith(streams, PrefetchChoice::kAll);
  EXPECT_LE(with.hits, without.hits + with.statistics.issued);
  EXPECT_LE(with.statistics.used, with.statistics.issued);
  EXPECT_EQ(with.statistics.accesses, streams.size());
  EXPECT_EQ(without.statistics.issued, 0U);
}

// Streams beside keys that are asked for again and again: policies that protect those evict what was loaded ahead.
std::vector<std::uint64_t> StreamsBesideHotKeys(std::size_t requests, std::size_t streams) {
  sys::Random random(3);
  std::vector<std::uint64_t> next;
  for (std::size_t i = 0; i < streams; ++i) next.push_back((i + 1) << 40U);
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i < requests; ++i) {
    keys.push_back((std::uint64_t{1} << 60U) + random.Below(80) * 1'000'003);
    keys.push_back(next[random.Below(streams)]++);
  }
  return keys;
}

TEST(PrefetchReplayTest, ASequenceIsFoundAlsoAfterLoadsThatWereEvictedBeforeTheirUse) {
  constexpr std::size_t kSequence = 300'000;
  for (const PolicyKind policy : {PolicyKind::kLru, PolicyKind::kLirs, PolicyKind::kTinyLfu, PolicyKind::kS3Fifo}) {
    const PrefetchReplayOptions options{.entries_max = 100,
                                        .policy = policy,
                                        .choice = PrefetchChoice::kStride,
                                        .gate = {.key_space = KeySpace::kSpatial}};
    std::vector<std::uint64_t> keys = StreamsBesideHotKeys(100'000, 4);
    const auto before = ReplayPrefetching(keys, options, SystemClock());
    for (std::size_t i = 0; i < kSequence; ++i) keys.push_back((std::uint64_t{1} << 50U) + i);
    const auto after = ReplayPrefetching(keys, options, SystemClock());
    EXPECT_GT(after->hits - before->hits, kSequence * 3 / 4) << ToString(policy);
  }
}

TEST(PrefetchReplayTest, StrideOnOpaqueKeysIsRefused) {
  const auto refused = ReplayPrefetching({}, {.choice = PrefetchChoice::kStride}, SystemClock());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(ReplayPrefetching({}, {}, SystemClock())->hit_ratio(), 0);
}

TEST(PrefetchReplayTest, NamesAreReadBack) {
  for (const char* name : {"none", "stride", "markov", "all"}) EXPECT_EQ(ToString(*ParsePrefetchChoice(name)), name);
  EXPECT_EQ(ParsePrefetchChoice("psychic").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace attune::cache

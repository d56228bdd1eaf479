#include "attune/cache/prefetch_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "attune/cache/markov_prefetcher.h"
#include "attune/cache/standard_prefetch.h"
#include "attune/cache/stride_prefetcher.h"
#include "generated_accesses.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

using generated::Accesses;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kAccesses = 60'000;
constexpr std::size_t kGateEntries = 1000;

// Proposes what the test says, whatever was read.
class Scripted final : public Prefetcher {
 public:
  std::string_view name() const noexcept override { return "scripted"; }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)); }
  void Observe(PrefetchKey key) override { last = key; }
  void Propose(std::size_t depth, std::vector<Proposal>& proposals) override {
    depth_asked = depth;
    for (std::size_t i = 1; i <= depth; ++i) {
      if (good) proposals.push_back({.key = last + i, .level = 1});
    }
    if (bad) proposals.push_back({.key = ~last, .level = 2});
  }
  PrefetchKey last = 0;
  std::size_t depth_asked = 0;
  bool good = true;
  bool bad = true;
};

struct Outcome {
  double hit_ratio = 0;
  double hit_ratio_plain = 0;
  PrefetchStatistics statistics;
};

Outcome Replay(const Accesses& accesses, PrefetchGateConfig config) {
  SimulatedCache cache(PolicyKind::kLru, kGateEntries);
  SimulatedCache plain(PolicyKind::kLru, kGateEntries);
  const auto gate =
      MakeStandardPrefetch(kGateEntries, config, [&cache](PrefetchKey key) { return cache.Contains(key); });
  std::vector<PrefetchKey> load_ahead;
  std::size_t hits = 0;
  std::size_t hits_plain = 0;
  for (const PrefetchKey key : accesses) {
    const bool hit = cache.Access(key);
    hits += hit ? 1U : 0U;
    hits_plain += plain.Access(key) ? 1U : 0U;
    load_ahead.clear();
    gate->OnAccess(key, hit ? AccessOutcome::kHit : AccessOutcome::kMiss, load_ahead);
    for (const PrefetchKey ahead : load_ahead) EXPECT_FALSE(cache.Access(ahead)) << "it was resident";
  }
  const auto count = static_cast<double>(accesses.size());
  return {static_cast<double>(hits) / count, static_cast<double>(hits_plain) / count, gate->Statistics()};
}

TEST(PrefetchGateTest, InterleavedSequencesBecomeHits) {
  sys::Random random(1);
  const Outcome outcome =
      Replay(generated::InterleavedStreams(kAccesses, 20, random), {.key_space = KeySpace::kSpatial});
  EXPECT_LT(outcome.hit_ratio_plain, 0.01);
  EXPECT_GT(outcome.hit_ratio, 0.95);
  EXPECT_GT(outcome.statistics.precision(), 0.95);
}

TEST(PrefetchGateTest, RepeatedChainsOfOpaqueKeysBecomeHits) {
  sys::Random random(2);
  const Outcome outcome = Replay(generated::RepeatedChains(kAccesses, 200, random), {});
  EXPECT_LT(outcome.hit_ratio_plain, 0.30);
  EXPECT_GT(outcome.hit_ratio, 0.80);
  EXPECT_GT(outcome.statistics.precision(), 0.95);
}

TEST(PrefetchGateTest, WhereNothingHelpsNothingIsLost) {
  sys::Random random(3);
  const std::vector<Accesses> hopeless = {generated::UniformKeys(kAccesses, 20'000, random),
                                          generated::SkewedKeys(kAccesses, 50'000, random),
                                          generated::ShortRuns(kAccesses, 3, random)};
  for (const Accesses& accesses : hopeless) {
    const Outcome outcome = Replay(accesses, {.key_space = KeySpace::kSpatial});
    EXPECT_GE(outcome.hit_ratio, outcome.hit_ratio_plain - 0.001);
    EXPECT_LT(outcome.statistics.issued, kAccesses / 100);
  }
}

// Loads what nobody will ask for, with every access.
class Junk final : public Prefetcher {
 public:
  std::string_view name() const noexcept override { return "junk"; }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this)); }
  void Observe(PrefetchKey) override {}
  void Propose(std::size_t, std::vector<Proposal>& proposals) override {
    proposals.push_back({.key = next_++, .level = 3});
  }

 private:
  PrefetchKey next_ = PrefetchKey{1} << 50U;
};

// 150 keys in no order and a sequence, in a cache of 200; any level may issue, so that only harm stops a prefetcher.
Outcome ReplayWithJunk(std::size_t junk, std::size_t accesses) {
  SimulatedCache cache(PolicyKind::kLru, 200);
  PrefetchGate gate(200, {.key_space = KeySpace::kSpatial, .precision_min = 0, .issued_max = 8},
                    [&cache](PrefetchKey key) { return cache.Contains(key); });
  EXPECT_TRUE(gate.Add(std::make_unique<StridePrefetcher>()).ok());
  for (std::size_t i = 0; i < junk; ++i) EXPECT_TRUE(gate.Add(std::make_unique<Junk>()).ok());
  sys::Random random(7);
  std::vector<PrefetchKey> load_ahead;
  std::size_t hits = 0;
  for (std::size_t i = 0; i < accesses; ++i) {
    const PrefetchKey key = i % 4 == 0 ? (PrefetchKey{1} << 30U) + i / 4 : random.Below(150);
    const bool hit = cache.Access(key);
    hits += hit ? 1U : 0U;
    load_ahead.clear();
    gate.OnAccess(key, hit ? AccessOutcome::kHit : AccessOutcome::kMiss, load_ahead);
    for (const PrefetchKey ahead : load_ahead) cache.Access(ahead);
  }
  return {static_cast<double>(hits) / static_cast<double>(accesses), 0, gate.Statistics()};
}

TEST(PrefetchGateTest, APrefetcherThatHarmsIsStoppedAndTheOthersGoOn) {
  const Outcome alone = ReplayWithJunk(0, kAccesses);
  EXPECT_EQ(alone.statistics.stops, 0U);
  EXPECT_EQ(alone.statistics.refused_harm, 0U);
  EXPECT_FALSE(alone.statistics.stopped);
  const Outcome outcome = ReplayWithJunk(3, kAccesses);
  EXPECT_GT(outcome.hit_ratio, alone.hit_ratio - 0.02) << "what it takes to find out";
  EXPECT_GE(outcome.statistics.stops, 3U);
  EXPECT_GT(outcome.statistics.refused_harm, kAccesses);
  EXPECT_TRUE(outcome.statistics.stopped);
  const auto& stride = outcome.statistics.prefetchers.front();
  EXPECT_FALSE(stride.stopped);
  EXPECT_GT(stride.issued, alone.statistics.issued * 9 / 10);
  for (std::size_t i = 1; i <= 3; ++i) EXPECT_TRUE(outcome.statistics.prefetchers[i].stopped) << i;
}

TEST(PrefetchGateTest, IssuesNoMoreThanItsAllowance) {
  sys::Random random(4);
  const Accesses accesses = generated::InterleavedStreams(kAccesses, 4, random);
  const Outcome outcome = Replay(accesses, {.key_space = KeySpace::kSpatial, .issued_max = 0.25});
  EXPECT_LE(outcome.statistics.issued, kAccesses / 4 + 64);
  EXPECT_GT(outcome.statistics.issued, kAccesses / 5);
  EXPECT_GT(outcome.statistics.refused_budget, 0U);
}

TEST(PrefetchGateTest, ABadLevelIsWatchedWhileAGoodOneIssues) {
  PrefetchGate gate(kGateEntries, {}, [](PrefetchKey) { return false; });
  auto owned = std::make_unique<Scripted>();
  ASSERT_TRUE(gate.Add(std::move(owned)).ok());
  std::vector<PrefetchKey> load_ahead;
  for (PrefetchKey key = 0; key < 1000; ++key) {
    load_ahead.clear();
    const bool loaded = gate.Statistics().issued > gate.Statistics().used;
    gate.OnAccess(key, loaded ? AccessOutcome::kHit : AccessOutcome::kMiss, load_ahead);
  }
  EXPECT_THAT(load_ahead, ElementsAre(1000));
  const PrefetchStatistics statistics = gate.Statistics();
  EXPECT_GT(statistics.issued, 900U);
  EXPECT_GE(statistics.used, statistics.issued - 1);
  EXPECT_GT(statistics.refused_precision, 1000U);
}

TEST(PrefetchGateTest, ALevelThatTurnsBadStopsAndOneThatRecoversIssuesAgain) {
  PrefetchGate gate(kGateEntries, {}, [](PrefetchKey) { return false; });
  auto owned = std::make_unique<Scripted>();
  owned->bad = false;
  ASSERT_TRUE(gate.Add(std::move(owned)).ok());
  std::vector<PrefetchKey> load_ahead;
  PrefetchKey key = 0;
  const auto run = [&](PrefetchKey step, int accesses) {
    const std::uint64_t before = gate.Statistics().issued;
    for (int i = 0; i < accesses; ++i) gate.OnAccess(key += step, AccessOutcome::kHit, load_ahead);
    return gate.Statistics().issued - before;
  };
  EXPECT_GT(run(1, 1000), 900U);
  EXPECT_LT(run(100, 1000), 200U) << "the next key is never asked for";
  EXPECT_EQ(run(100, 1000), 0U);
  EXPECT_GT(run(1, 2000), 500U);
}

// A sequence before a gate whose guesses are always right; the cache keeps what is loaded ahead, or it does not.
class Sequence {
 public:
  explicit Sequence(PrefetchGateConfig config) : gate(kGateEntries, config, [](PrefetchKey) { return false; }) {
    auto owned = std::make_unique<Scripted>();
    owned->bad = false;
    EXPECT_TRUE(gate.Add(std::move(owned)).ok());
  }
  // Answers how many were issued.
  std::uint64_t Run(bool kept, int accesses) {
    const std::uint64_t before = gate.Statistics().issued;
    for (int i = 0; i < accesses; ++i) {
      const bool hit = kept && !ahead_.empty();
      ahead_.clear();
      gate.OnAccess(++key_, hit ? AccessOutcome::kHit : AccessOutcome::kMiss, ahead_);
    }
    return gate.Statistics().issued - before;
  }
  PrefetchGate gate;

 private:
  PrefetchKey key_ = 0;
  std::vector<PrefetchKey> ahead_;
};

TEST(PrefetchGateTest, LoadsThatAreKeptAtLastAreFoundToBeGood) {
  Sequence sequence({});
  EXPECT_LT(sequence.Run(false, 5000), 400U);
  EXPECT_GT(sequence.Run(true, 20'000), 15'000U);
  EXPECT_LT(sequence.Run(false, 10'000), 1200U) << "and waste is noticed as before";
}

TEST(PrefetchGateTest, LoadsThatAreNeverKeptAreTriedEverMoreSeldom) {
  Sequence sequence({});
  sequence.Run(false, 500'000);
  EXPECT_LT(sequence.Run(false, 500'000), 1000U);
}

TEST(PrefetchGateTest, AnotherSizeIsTriedAtOnce) {
  Sequence sequence({});
  sequence.Run(false, 100'000);
  EXPECT_EQ(sequence.Run(false, 1000), 0U);
  sequence.gate.Resize(20 * kGateEntries);
  EXPECT_GT(sequence.Run(true, 1000), 900U);
}

TEST(PrefetchGateTest, WhatIsAlwaysRightIsIssuedWhateverIsAskedFor) {
  for (const double precision : {0.0, 0.5, 0.9, 0.97, 0.975, 0.98, 0.985, 0.99, 0.995, 1.0}) {
    EXPECT_GT(Sequence({.precision_min = precision}).Run(true, 20'000), 19'000U) << precision;
  }
}

TEST(PrefetchGateTest, LateLoadsMakeItLookFurtherAheadAndWasteLessFar) {
  PrefetchGate gate(kGateEntries, {.depth_max = 4}, [](PrefetchKey) { return false; });
  auto owned = std::make_unique<Scripted>();
  Scripted* const scripted = owned.get();
  scripted->bad = false;
  ASSERT_TRUE(gate.Add(std::move(owned)).ok());
  std::vector<PrefetchKey> load_ahead;
  PrefetchKey key = 0;
  for (int i = 0; i < 1000; ++i) gate.OnAccess(++key, AccessOutcome::kHit, load_ahead);
  EXPECT_EQ(scripted->depth_asked, 1U);
  for (int i = 0; i < 1000; ++i) gate.OnAccess(++key, AccessOutcome::kJoined, load_ahead);
  EXPECT_EQ(scripted->depth_asked, 4U);
  EXPECT_GT(gate.Statistics().late, 900U);
  for (int i = 0; i < 5000; ++i) gate.OnAccess(key += 10, AccessOutcome::kHit, load_ahead);
  EXPECT_LT(scripted->depth_asked, 4U);
}

TEST(PrefetchGateTest, IssuesNothingThatIsResidentInFlightOrJustRead) {
  std::set<PrefetchKey> resident;
  PrefetchGate gate(kGateEntries, {.precision_min = 0}, [&](PrefetchKey key) { return resident.contains(key); });
  ASSERT_TRUE(gate.Add(std::make_unique<Scripted>()).ok());
  std::vector<PrefetchKey> load_ahead;
  resident.insert(6);
  gate.OnAccess(5, AccessOutcome::kMiss, load_ahead);
  EXPECT_THAT(load_ahead, ElementsAre(~PrefetchKey{5}));
  load_ahead.clear();
  gate.OnAccess(5, AccessOutcome::kHit, load_ahead);
  EXPECT_THAT(load_ahead, IsEmpty());
}

TEST(PrefetchGateTest, AKeyThatWasEvictedBeforeItsUseIsWaste) {
  PrefetchGate gate(kGateEntries, {.precision_min = 0}, [](PrefetchKey) { return false; });
  auto owned = std::make_unique<Scripted>();
  owned->bad = false;
  ASSERT_TRUE(gate.Add(std::move(owned)).ok());
  std::vector<PrefetchKey> load_ahead;
  for (PrefetchKey key = 0; key < 10; ++key) gate.OnAccess(key, AccessOutcome::kMiss, load_ahead);
  EXPECT_EQ(gate.Statistics().issued, 10U);
  EXPECT_EQ(gate.Statistics().used, 0U);
  EXPECT_EQ(gate.Statistics().precision(), 0);
}

TEST(PrefetchGateTest, OpaqueKeysTakeNoSpatialPrefetcher) {
  PrefetchGate gate(kGateEntries, {.key_space = KeySpace::kOpaque}, [](PrefetchKey) { return false; });
  const Status refused = gate.Add(std::make_unique<StridePrefetcher>());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("stride"));
  sys::Random random(6);
  const Outcome outcome = Replay(generated::InterleavedStreams(kAccesses, 2, random), {});
  EXPECT_EQ(outcome.statistics.issued, 0U);
}

TEST(PrefetchGateTest, OneMoreThanItHoldsIsRefused) {
  PrefetchGate gate(kGateEntries, {}, [](PrefetchKey) { return false; });
  for (std::size_t i = 0; i < kPrefetchersMax; ++i) ASSERT_TRUE(gate.Add(std::make_unique<Scripted>()).ok());
  EXPECT_EQ(gate.Add(std::make_unique<Scripted>()).error().code(), ErrorCode::kExhausted);
}

TEST(PrefetchGateTest, ObeysItsKnobsAtOnce) {
  ManualClock clock;
  control::KnobRegistry knobs(clock);
  PrefetchGate gate(kGateEntries, {}, [](PrefetchKey) { return false; });
  auto owned = std::make_unique<Scripted>();
  owned->bad = false;
  ASSERT_TRUE(gate.Add(std::move(owned)).ok());
  gate.Follow(RegisterPrefetchKnobs(knobs, gate.config()));
  std::vector<PrefetchKey> load_ahead;
  gate.OnAccess(0, AccessOutcome::kMiss, load_ahead);
  EXPECT_THAT(load_ahead, IsEmpty()) << "no record yet";
  ASSERT_TRUE(knobs.Pin("cache.prefetch.precision_min", "0.3", "test").ok());
  gate.OnAccess(1, AccessOutcome::kMiss, load_ahead);
  EXPECT_THAT(load_ahead, ElementsAre(2));
  ASSERT_TRUE(knobs.Pin("cache.prefetch.issued_max", "0", "test").ok());
  for (PrefetchKey key = 2; key < 100; ++key) gate.OnAccess(key, AccessOutcome::kHit, load_ahead);
  EXPECT_LT(load_ahead.size(), 4U) << "what was left of the allowance";
}

TEST(PrefetchGateTest, HoldsItsTablesWithinTheirBounds) {
  sys::Random random(8);
  PrefetchGate gate(1 << 20, {.in_flight_max = 1024}, [](PrefetchKey) { return false; });
  ASSERT_TRUE(gate.Add(std::make_unique<Scripted>()).ok());
  std::vector<PrefetchKey> load_ahead;
  for (int i = 0; i < 100'000; ++i) gate.OnAccess(random.Next(), AccessOutcome::kMiss, load_ahead);
  EXPECT_LT(gate.bytes(), 256_KiB);
}

TEST(PrefetchGateTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(PrefetchGateConfig{.precision_min = 1.5}).error().message(), HasSubstr("precision_min is 1.5"));
  EXPECT_THAT(Validate(PrefetchGateConfig{.issued_max = -1}).error().message(), HasSubstr("issued_max"));
  EXPECT_THAT(Validate(PrefetchGateConfig{.depth_max = 0}).error().message(), HasSubstr("depth_max is 0"));
  EXPECT_THAT(Validate(PrefetchGateConfig{.in_flight_max = 1}).error().message(), HasSubstr("in_flight_max"));
  EXPECT_THAT(Validate(PrefetchGateConfig{.shadow_entries = 0}).error().message(), HasSubstr("shadow_entries"));
  EXPECT_THAT(Validate(PrefetchGateConfig{.harm_max = 2}).error().message(), HasSubstr("harm_max"));
  EXPECT_TRUE(Validate(PrefetchGateConfig{}).ok());
}

}  // namespace
}  // namespace attune::cache

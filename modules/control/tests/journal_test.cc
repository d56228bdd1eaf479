#include "attune/control/journal.h"

#include <gtest/gtest.h>

#include <thread>

namespace attune::control {
namespace {

Decision Sample(const std::string& knob) {
  return {.sequence = 0,
          .time = {},
          .knob = knob,
          .from = "1",
          .to = "0.5",
          .controller = "yield",
          .inputs = {{"p99_ms", 71.25}, {"goal_ms", 50}},
          .reason = "p99 is above the goal"};
}

TEST(Journal, IsEmptyAtFirst) {
  const Journal journal;
  EXPECT_EQ(journal.last_sequence(), 0U);
  EXPECT_TRUE(journal.Since(0).empty());
  EXPECT_TRUE(journal.Since(99).empty());
}

TEST(Journal, NumbersDecisionsAndGivesThemBackInOrder) {
  Journal journal(10);
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ(journal.Append(Sample("k" + std::to_string(i))), static_cast<std::uint64_t>(i));
  const auto all = journal.Since(0);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all.front().knob, "k1");
  EXPECT_EQ(all.back().sequence, 5U);
  EXPECT_EQ(journal.Since(3).size(), 2U);
  EXPECT_EQ(journal.Since(3, 1).front().sequence, 4U);
  EXPECT_TRUE(journal.Since(5).empty());
  EXPECT_TRUE(journal.Since(6).empty());
  EXPECT_TRUE(journal.Since(UINT64_MAX).empty());
}

TEST(Journal, KeepsTheLastOnesAndAGapShowsWhatIsGone) {
  Journal journal(3);
  for (int i = 0; i < 10; ++i) journal.Append(Sample("k"));
  const auto rest = journal.Since(2);
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_EQ(rest.front().sequence, 8U);
  EXPECT_EQ(journal.Since(8).front().sequence, 9U);
  Journal smallest(1);
  smallest.Append(Sample("a"));
  smallest.Append(Sample("b"));
  EXPECT_EQ(smallest.Since(0).at(0).knob, "b");
}

TEST(Journal, FindsTheLatestDecisionsAboutOneKnob) {
  Journal journal;
  for (int i = 0; i < 10; ++i) journal.Append(Sample(i % 2 == 0 ? "even" : "odd"));
  const auto latest = journal.Latest("even", 2);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].sequence, 9U);
  EXPECT_EQ(latest[1].sequence, 7U);
  EXPECT_TRUE(journal.Latest("none", 5).empty());
}

TEST(Journal, ReadsBackwardsPageByPage) {
  Journal journal(8);
  for (int i = 0; i < 10; ++i) journal.Append(Sample(i % 2 == 0 ? "cache.a" : "share"));
  const auto sequences = [](const std::vector<Decision>& decisions) {
    std::vector<std::uint64_t> all;
    for (const Decision& decision : decisions) all.push_back(decision.sequence);
    return all;
  };
  EXPECT_EQ(sequences(journal.Before(0, 3)), (std::vector<std::uint64_t>{10, 9, 8}));
  EXPECT_EQ(sequences(journal.Before(8, 3)), (std::vector<std::uint64_t>{7, 6, 5}));
  EXPECT_EQ(sequences(journal.Before(5, 9)), (std::vector<std::uint64_t>{4, 3})) << "the first two were overwritten";
  EXPECT_EQ(sequences(journal.Before(9, 2, "cache.")), (std::vector<std::uint64_t>{7, 5}));
  EXPECT_TRUE(journal.Before(3, 9).empty());
  EXPECT_TRUE(journal.Before(0, 9, "no such").empty());
}

TEST(Journal, TextsAndInputsAreBoundedAtWholeCharacters) {
  Journal journal;
  Decision long_one = Sample("k");
  long_one.reason.clear();
  for (int i = 0; i < 500; ++i) long_one.reason += "é";
  long_one.inputs.assign(100, {std::string(1000, 'k'), 1});
  journal.Append(long_one);
  const Decision kept = journal.Since(0).at(0);
  EXPECT_LE(kept.reason.size(), kDecisionTextMax);
  EXPECT_GE(kept.reason.size(), kDecisionTextMax - 2);
  EXPECT_TRUE(kept.reason.ends_with("é…"));
  ASSERT_EQ(kept.inputs.size(), kDecisionInputsMax);
  EXPECT_EQ(kept.inputs[0].key.size(), kDecisionTextMax);
  Decision fits = Sample("k");
  fits.reason = std::string(kDecisionTextMax, 'x');
  journal.Append(fits);
  EXPECT_EQ(journal.Since(1).at(0).reason, fits.reason);
}

TEST(Journal, ADecisionReadsAsASentence) {
  EXPECT_EQ(ToString(Sample("ingest.share")),
            "ingest.share 1 -> 0.5 by yield (p99_ms=71.25 goal_ms=50): p99 is above the goal");
  EXPECT_EQ(ToString(Decision{.sequence = 0,
                              .time = {},
                              .knob = "k",
                              .from = "a",
                              .to = "b",
                              .controller = "c",
                              .inputs = {},
                              .reason = {}}),
            "k a -> b by c");
}

TEST(Journal, ManyThreadsMayAppendAndRead) {
  Journal journal(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        journal.Append(Sample("k"));
        std::uint64_t last = 0;
        for (const Decision& decision : journal.Since(0)) {
          ASSERT_TRUE(last == 0 || decision.sequence == last + 1);
          last = decision.sequence;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(journal.last_sequence(), 1200U);
}

}  // namespace
}  // namespace attune::control

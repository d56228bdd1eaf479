#include "attune/control/knob_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

namespace attune::control {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class KnobRegistryTest : public ::testing::Test {
 protected:
  KnobSpec Spec(const std::string& name) {
    return {
        .name = name, .domain = LinearRange{0, 64}, .whole = true, .default_value = 8, .help = "H.", .envelope = {}};
  }

  ManualClock clock_;
  KnobRegistry knobs_{clock_};
  Knob& threads_ = knobs_.Register(Spec("ingest.threads"));
};

TEST_F(KnobRegistryTest, ListsByNameWithEverythingPeopleAskFor) {
  knobs_.Register(Spec("a.first"));
  const auto views = knobs_.List();
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].name, "a.first");
  EXPECT_EQ(views[1].value, "8");
  EXPECT_EQ(views[1].default_value, "8");
  EXPECT_EQ(views[1].domain, "0 to 64, whole numbers");
  EXPECT_EQ(views[1].changed_by, "default");
  EXPECT_FALSE(views[1].pinned);
  EXPECT_EQ(views[1].changed_at, std::nullopt);
  EXPECT_EQ(views[1].help, "H.");
}

TEST_F(KnobRegistryTest, AnUnknownNameSuggestsTheNearest) {
  const Status status = knobs_.Pin("ingest.thread", "4", "test");
  EXPECT_EQ(status.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(status.error().message(), "there is no knob 'ingest.thread'; did you mean 'ingest.threads'?");
  EXPECT_THAT(knobs_.View("completely.different.name").error().message(), HasSubstr("'attune knobs' lists all"));
  EXPECT_EQ(knobs_.Find("ingest.thread"), nullptr);
  EXPECT_EQ(knobs_.Find("ingest.threads"), &threads_);
}

TEST_F(KnobRegistryTest, APinIsFinalUntilItIsTakenBack) {
  ASSERT_TRUE(knobs_.Pin("ingest.threads", "40", "command line").ok());
  EXPECT_EQ(threads_.as_integer(), 40);
  const auto result = knobs_.Propose("ingest.threads", 20, "tuner");
  EXPECT_EQ(result.outcome, ProposalOutcome::kPinned);
  EXPECT_EQ(threads_.as_integer(), 40);
  EXPECT_EQ(knobs_.View("ingest.threads")->changed_by, "command line");

  ASSERT_TRUE(knobs_.Unpin("ingest.threads", "web page").ok());
  EXPECT_EQ(threads_.as_integer(), 8) << "the default";
  EXPECT_FALSE(knobs_.View("ingest.threads")->pinned);
  EXPECT_EQ(knobs_.Propose("ingest.threads", 9, "tuner").outcome, ProposalOutcome::kApplied);
  ASSERT_TRUE(knobs_.Unpin("ingest.threads", "web page").ok());
  EXPECT_EQ(threads_.as_integer(), 9) << "it was not pinned";
}

TEST_F(KnobRegistryTest, ARefusedPinChangesNothing) {
  EXPECT_FALSE(knobs_.Pin("ingest.threads", "65", "test").ok());
  EXPECT_EQ(threads_.as_integer(), 8);
  EXPECT_FALSE(knobs_.View("ingest.threads")->pinned);
}

TEST_F(KnobRegistryTest, AProposalIsClampedBoundedAndCooledDown) {
  auto result = knobs_.Propose("ingest.threads", 1000, "tuner");
  EXPECT_EQ(result.outcome, ProposalOutcome::kApplied);
  EXPECT_EQ(result.from, 8);
  EXPECT_EQ(result.to, 16) << "at most doubled";
  clock_.Advance(seconds(1) - Duration(1));
  EXPECT_EQ(knobs_.Propose("ingest.threads", 32, "tuner").outcome, ProposalOutcome::kCoolingDown);
  EXPECT_EQ(knobs_.Propose("ingest.threads", 16, "tuner").outcome, ProposalOutcome::kUnchanged);
  clock_.Advance(Duration(1));
  EXPECT_EQ(knobs_.Propose("ingest.threads", 32, "tuner").to, 32);
  clock_.Advance(seconds(1));
  EXPECT_EQ(knobs_.Propose("ingest.threads", -5, "tuner").to, 0) << "a linear knob may give up all it has";
  clock_.Advance(seconds(1));
  EXPECT_EQ(knobs_.Propose("ingest.threads", 64, "tuner").to, 4) << "and leaves zero by a sixteenth of its range";
}

TEST_F(KnobRegistryTest, AFactorBoundsTheStepOfALogRange) {
  KnobSpec spec = Spec("cache.size");
  spec.domain = LogRange{1, 1024};
  spec.envelope.step_max = 4;
  spec.envelope.cooldown = Duration(0);
  const Knob& size = knobs_.Register(spec);
  knobs_.Propose("cache.size", 1e9, "t");
  EXPECT_EQ(size.value(), 32);
  knobs_.Propose("cache.size", 0, "t");
  knobs_.Propose("cache.size", 0, "t");
  EXPECT_EQ(size.value(), 2);
  knobs_.Propose("cache.size", std::numeric_limits<double>::infinity(), "t");
  EXPECT_EQ(size.value(), 8);
}

TEST_F(KnobRegistryTest, AKnobOfWholeNumbersNeverGetsStuck) {
  KnobSpec spec = Spec("small");
  spec.domain = LogRange{1, 10};
  spec.default_value = 1;
  spec.envelope = {.step_max = 1.1, .cooldown = Duration(0)};
  const Knob& small = knobs_.Register(spec);
  for (int i = 0; i < 20; ++i) knobs_.Propose("small", 10, "t");
  EXPECT_EQ(small.value(), 10);
  for (int i = 0; i < 20; ++i) knobs_.Propose("small", 1, "t");
  EXPECT_EQ(small.value(), 1);
}

TEST_F(KnobRegistryTest, AChoiceMovesDirectly) {
  KnobSpec spec = Spec("policy");
  spec.unit = KnobUnit::kChoice;
  spec.domain = Choices{{"a", "b", "c", "d"}};
  spec.default_value = 0;
  const Knob& policy = knobs_.Register(spec);
  EXPECT_EQ(knobs_.Propose("policy", 3, "t").to, 3);
  EXPECT_EQ(policy.choice(), 3U);
  ASSERT_TRUE(knobs_.Pin("policy", "b", "t").ok());
  EXPECT_EQ(knobs_.View("policy")->value, "b");
}

TEST_F(KnobRegistryTest, ABrokenSignalAndAKnobThatNeedsARestartChangeNothing) {
  EXPECT_EQ(knobs_.Propose("ingest.threads", std::nan(""), "t").outcome, ProposalOutcome::kNotANumber);
  KnobSpec spec = Spec("at.restart");
  spec.applies = KnobApplies::kAtRestart;
  const Knob& knob = knobs_.Register(spec);
  EXPECT_EQ(knobs_.Propose("at.restart", 9, "t").outcome, ProposalOutcome::kAtRestart);
  EXPECT_TRUE(knobs_.Pin("at.restart", "9", "t").ok()) << "people may: it is obeyed at the next start";
  EXPECT_EQ(knob.value(), 9);
}

TEST_F(KnobRegistryTest, ListenersHearEachChangeOnceAndMayReadTheRegistry) {
  std::vector<std::string> heard;
  {
    const auto subscription = knobs_.Listen([&](const KnobChange& change) {
      heard.push_back(change.knob->spec().name + " " + FormatKnobValue(change.knob->spec(), change.from) + ">" +
                      knobs_.View(change.knob->spec().name)->value + (change.pinned ? " pinned" : "") + " " +
                      change.by);
    });
    ASSERT_TRUE(knobs_.Pin("ingest.threads", "4", "me").ok());
    knobs_.Propose("ingest.threads", 5, "tuner");
    ASSERT_FALSE(knobs_.Pin("ingest.threads", "x", "me").ok());
    ASSERT_TRUE(knobs_.Unpin("ingest.threads", "you").ok());
  }
  ASSERT_TRUE(knobs_.Pin("ingest.threads", "6", "me").ok());
  EXPECT_THAT(heard, ::testing::ElementsAre("ingest.threads 8>4 pinned me", "ingest.threads 4>8 you"));
}

TEST_F(KnobRegistryTest, ManyThreadsMayTurnReadAndListen) {
  std::atomic<std::uint64_t> heard{0};
  std::atomic<std::uint64_t> changed{0};
  const auto counting = knobs_.Listen([&](const KnobChange&) { ++heard; });
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const double value = threads_.value();
      ASSERT_TRUE(value >= 0 && value <= 64);
      ASSERT_TRUE(knobs_.View("ingest.threads").ok());
      const auto subscription = knobs_.Listen([](const KnobChange&) {});
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        clock_.Advance(seconds(1));
        if (knobs_.Propose("ingest.threads", i % 64, "t").outcome == ProposalOutcome::kApplied) ++changed;
        if (t == 0 && i % 10 == 0 && knobs_.Pin("ingest.threads", "3", "p").ok()) ++changed;
        if (t == 0 && i % 10 == 0 && knobs_.Unpin("ingest.threads", "p").ok()) ++changed;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  stop = true;
  reader.join();
  EXPECT_EQ(heard, changed);
}

TEST(KnobRegistryDeathTest, DuplicatesAndUnknownProposalsAreBugs) {
  const ManualClock clock;
  KnobRegistry knobs(clock);
  const KnobSpec spec{.name = "a", .default_value = 0, .help = "H.", .envelope = {}};
  knobs.Register(spec);
  EXPECT_DEATH(knobs.Register(spec), "registered once");
  EXPECT_DEATH(knobs.Propose("b", 1, "t"), "registered knobs");
}

}  // namespace
}  // namespace attune::control

// The small ready caches: embeddings, resolvers, health.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "attune/cache/embedding_cache.h"
#include "attune/cache/health_cache.h"
#include "attune/cache/resolver_cache.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

const EmbeddingModel kTextModel{.name = "m", .version = "1", .normalisation = "l2"};

TEST(EmbeddingCacheTest, ComputesATextOnceInAnHour) {
  ManualClock clock;
  EmbeddingCache embeddings(clock);
  int runs = 0;
  const auto embed = [&]() -> Result<Embedding> { return Embedding{static_cast<float>(++runs)}; };
  const EmbeddingPtr first = *embeddings.GetOrCompute(kTextModel, "text", embed);
  clock.Advance(1h - 1ns);
  EXPECT_EQ(*embeddings.GetOrCompute(kTextModel, "text", embed), first) << "shared, not copied";
  clock.Advance(1ns);
  EXPECT_EQ((*embeddings.GetOrCompute(kTextModel, "text", embed))->front(), 2.0F);
}

TEST(EmbeddingCacheTest, AnotherTextModelVersionOrScaleIsAnotherVector) {
  ManualClock clock;
  EmbeddingCache embeddings(clock);
  int runs = 0;
  const auto embed = [&]() -> Result<Embedding> { return Embedding{static_cast<float>(++runs)}; };
  const std::vector<EmbeddingModel> models = {kTextModel,
                                              {.name = "n", .version = "1", .normalisation = "l2"},
                                              {.name = "m", .version = "2", .normalisation = "l2"},
                                              {.name = "m", .version = "1", .normalisation = "none"},
                                              {.name = "m1", .version = "", .normalisation = "l2"}};
  for (const EmbeddingModel& model : models) {
    ASSERT_TRUE(embeddings.GetOrCompute(model, "a", embed).ok());
    ASSERT_TRUE(embeddings.GetOrCompute(model, "b", embed).ok());
  }
  EXPECT_EQ(runs, 10);
}

TEST(EmbeddingCacheTest, ErrorsAreNotKeptAndTheLimitHolds) {
  ManualClock clock;
  EmbeddingCache embeddings(clock);
  const auto broken = []() -> Result<Embedding> { return Error(ErrorCode::kUnavailable, "no model"); };
  EXPECT_EQ(embeddings.GetOrCompute(kTextModel, "a", broken).error().message(), "no model");
  const auto missing = []() -> Result<Embedding> { return Error(ErrorCode::kNotFound, "no model.onnx"); };
  EXPECT_EQ(embeddings.GetOrCompute(kTextModel, "0", missing).error().message(), "no model.onnx");
  for (int i = 0; i < 1500; ++i) {
    ASSERT_TRUE(
        embeddings.GetOrCompute(kTextModel, std::to_string(i), [] { return Result<Embedding>(Embedding(384)); }).ok());
  }
  EXPECT_EQ(embeddings.Stats().entries, 1000U);
  EXPECT_GT(embeddings.Stats().bytes, Bytes(1000 * 384 * sizeof(float))) << "the vectors count";
}

TEST(ResolverCacheTest, KeepsAnAnswerForTenMinutesOfItsEpoch) {
  ManualClock clock;
  ResolverCache<int> resolvers(clock);
  int searches = 0;
  const auto find = [&] { return ++searches; };
  EXPECT_EQ(*resolvers.GetOrFind(1, "sum", find), 1);
  EXPECT_EQ(*resolvers.GetOrFind(1, "sum", find), 1);
  EXPECT_EQ(*resolvers.GetOrFind(2, "sum", find), 2) << "the registry changed";
  EXPECT_EQ(*resolvers.GetOrFind(2, "sum", find), 2);
  clock.Advance(10min);
  EXPECT_EQ(*resolvers.GetOrFind(2, "sum", find), 3);
}

TEST(ResolverCacheTest, ANewEpochDropsEverythingBefore) {
  ManualClock clock;
  ResolverCache<int> resolvers(clock);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(resolvers.GetOrFind(1, std::to_string(i), [] { return 1; }).ok());
  EXPECT_EQ(resolvers.size(), 50U);
  ASSERT_TRUE(resolvers.GetOrFind(2, "x", [] { return 1; }).ok());
  EXPECT_EQ(resolvers.size(), 1U);
}

TEST(ResolverCacheTest, ASearchThatBeganBeforeTheChangeIsNotGivenAfterIt) {
  ManualClock clock;
  ResolverCache<int> resolvers(clock);
  const auto slow = [&] {
    EXPECT_EQ(*resolvers.GetOrFind(2, "sum", [] { return 20; }), 20);
    return 10;
  };
  EXPECT_EQ(*resolvers.GetOrFind(1, "sum", slow), 10);
  EXPECT_EQ(*resolvers.GetOrFind(2, "sum", [] { return 0; }), 20);
}

class HealthCacheTest : public testing::Test {
 protected:
  HealthReport Check(HealthCache& health, const std::string& component = "store") {
    return health.Check(component, [this]() -> Result<HealthReport> {
      ++probes_;
      if (broken_) return Error(ErrorCode::kDeadline, "no answer");
      return HealthReport{healthy_, std::to_string(probes_)};
    });
  }
  // Keeps what is to run later until the test runs it.
  Background Later() {
    return [this](std::function<void()> task) {
      later_.push_back(std::move(task));
      return true;
    };
  }
  void RunLater() {
    for (auto& task : std::exchange(later_, {})) task();
  }
  ManualClock clock_;
  std::vector<std::function<void()>> later_;
  int probes_ = 0;
  bool healthy_ = true;
  bool broken_ = false;
};

TEST_F(HealthCacheTest, AGoodReportHoldsForAboutAMinute) {
  HealthCache health(clock_);
  EXPECT_EQ(Check(health), (HealthReport{true, "1"}));
  clock_.Advance(54s - 1ns);
  EXPECT_EQ(Check(health).detail, "1");
  clock_.Advance(6s + 1ns);
  EXPECT_EQ(Check(health).detail, "2");
}

TEST_F(HealthCacheTest, ComponentsAskedTogetherAreNotAskedAgainTogether) {
  HealthCache health(clock_);
  for (int i = 0; i < 50; ++i) Check(health, std::to_string(i));
  clock_.Advance(57s);
  for (int i = 0; i < 50; ++i) Check(health, std::to_string(i));
  EXPECT_GT(probes_, 60);
  EXPECT_LT(probes_, 90);
}

TEST_F(HealthCacheTest, AStaleReportIsGivenWhileOneProbeRefreshesIt) {
  HealthCache health(clock_, DefaultHealthCacheConfig(), {.background = Later()});
  Check(health);
  clock_.Advance(61s);
  EXPECT_EQ(Check(health).detail, "1");
  EXPECT_EQ(Check(health).detail, "1");
  RunLater();
  EXPECT_EQ(probes_, 2) << "one of the two";
  EXPECT_EQ(Check(health).detail, "2");
  clock_.Advance(3min);
  EXPECT_EQ(Check(health).detail, "3") << "too old to be given";
}

TEST_F(HealthCacheTest, ABadReportIsAskedAboutAgainAfterFiveSeconds) {
  HealthCache health(clock_);
  healthy_ = false;
  EXPECT_FALSE(Check(health).healthy);
  healthy_ = true;
  clock_.Advance(4s);
  EXPECT_FALSE(Check(health).healthy);
  clock_.Advance(1s);
  EXPECT_TRUE(Check(health).healthy);
}

TEST_F(HealthCacheTest, ABadReportIsNotGivenWhenItsTimeIsOver) {
  HealthCache health(clock_, DefaultHealthCacheConfig(), {.background = Later()});
  healthy_ = false;
  EXPECT_FALSE(Check(health).healthy);
  healthy_ = true;
  clock_.Advance(4s);
  EXPECT_FALSE(Check(health).healthy);
  EXPECT_EQ(probes_, 1);
  clock_.Advance(1s);
  EXPECT_TRUE(Check(health).healthy);
  EXPECT_TRUE(later_.empty());
  RunLater();
}

TEST_F(HealthCacheTest, ABadRefreshEndsTheGoodReport) {
  HealthCache health(clock_, DefaultHealthCacheConfig(), {.background = Later()});
  Check(health);
  clock_.Advance(61s);
  healthy_ = false;
  EXPECT_TRUE(Check(health).healthy);
  RunLater();
  EXPECT_FALSE(Check(health).healthy);
  EXPECT_EQ(probes_, 2);
  clock_.Advance(5s);
  EXPECT_FALSE(Check(health).healthy);
  EXPECT_EQ(probes_, 3);
  healthy_ = true;
  health.Forget("store");
  EXPECT_TRUE(Check(health).healthy);
  RunLater();
}

TEST_F(HealthCacheTest, AProbeThatFailsIsABadReport) {
  HealthCache health(clock_);
  broken_ = true;
  const HealthReport report = Check(health);
  EXPECT_FALSE(report.healthy);
  EXPECT_THAT(report.detail, testing::HasSubstr("no answer"));
  Check(health);
  EXPECT_EQ(probes_, 1);
}

TEST_F(HealthCacheTest, AProbeThatThrowsIsABadReportAlsoWhileAGoodOneIsStale) {
  HealthCache health(clock_);
  Check(health);
  clock_.Advance(65s);
  const HealthReport report = health.Check("store", []() -> Result<HealthReport> { throw std::runtime_error("gone"); });
  EXPECT_FALSE(report.healthy);
  EXPECT_EQ(report.detail, "the probe threw: gone");
  EXPECT_FALSE(health.Check("other", []() -> Result<HealthReport> { throw 1; }).healthy);
  EXPECT_FALSE(Check(health).healthy) << "for five seconds";
  clock_.Advance(5s);
  EXPECT_TRUE(Check(health).healthy);
}

}  // namespace
}  // namespace attune::cache

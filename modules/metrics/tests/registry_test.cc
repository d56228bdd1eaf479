#include "attune/metrics/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "attune/metrics/prometheus.h"

namespace attune::metrics {
namespace {

TEST(Registry, CollectsByNameWithPresentValues) {
  Registry registry;
  registry.AddGauge({"b_gauge", "B."}).Set(2);
  registry.AddCounter({"a_total", "A.", "requests"}).Add(3);
  const auto families = registry.Collect();
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[0].description.name, "a_total");
  EXPECT_EQ(families[0].description.unit, "requests");
  EXPECT_EQ(std::get<double>(families[0].samples.at(0).value), 3);
  EXPECT_EQ(std::get<double>(families[1].samples.at(0).value), 2);
}

TEST(Registry, TheSameLabelValuesAreTheSameMetric) {
  Registry registry;
  auto& skipped = registry.AddCounterFamily({"skipped_total", "Files skipped."}, {"reason", "kind"});
  skipped.With({"binary", "file"}).Add();
  skipped.With({"binary", "file"}).Add();
  skipped.With({"binary", "link"}).Add();
  EXPECT_EQ(&skipped.With({"binary", "file"}), &skipped.With({"binary", "file"}));
  const auto families = registry.Collect();
  ASSERT_EQ(families[0].samples.size(), 2U);
  EXPECT_EQ(families[0].samples[0].labels, (Labels{{"reason", "binary"}, {"kind", "file"}}));
  EXPECT_EQ(std::get<double>(families[0].samples[0].value), 2);
}

TEST(Registry, BeyondTheirBoundLabelSetsAreCountedAsOther) {
  Registry registry;
  auto& family = registry.AddCounterFamily({"x_total", "X."}, {"who"}, 2);
  for (int i = 0; i < 100; ++i) family.With({std::to_string(i)}).Add();
  const auto samples = registry.Collect()[0].samples;
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[2].labels[0].second, kLabelOverflow);
  EXPECT_EQ(std::get<double>(samples[2].value), 98);
}

TEST(Registry, AFunctionIsReadUntilItsCallbackEnds) {
  Registry registry;
  double value = 1.5;
  {
    Callback outer;
    {
      Callback inner = registry.AddGaugeFunction({"f", "F."}, [&] { return value; });
      outer = std::move(inner);
    }
    value = 2.5;
    EXPECT_EQ(std::get<double>(registry.Collect()[0].samples[0].value), 2.5);
  }
  EXPECT_TRUE(registry.Collect().empty());
  const Callback again = registry.AddCounterFunction({"f", "The name is free again."}, [] { return 7.0; });
  EXPECT_EQ(registry.Collect()[0].type, MetricType::kCounter);
}

TEST(RegistryTest, AFunctionMayAnswerSeveralLabelledValues) {
  Registry registry;
  const Callback callback = registry.AddCounterFunctions({"hits_total", "Hits."}, [] {
    return std::vector<LabelledValue>{{.labels = {{"cache", "a"}}, .value = 1},
                                      {.labels = {{"cache", "b"}}, .value = 2}};
  });
  const std::string text = WritePrometheus(registry);
  EXPECT_NE(text.find("hits_total{cache=\"a\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("hits_total{cache=\"b\"} 2\n"), std::string::npos) << text;
}

TEST(RegistryDeathTest, DuplicateAndMalformedNamesAreBugs) {
  Registry registry;
  registry.AddCounter({"twice_total", "X."});
  EXPECT_DEATH(registry.AddGauge({"twice_total", "X."}), "registered once");
  EXPECT_DEATH(registry.AddGauge({"", "X."}), "metric name");
  EXPECT_DEATH(registry.AddGauge({"9lives", "X."}), "metric name");
  EXPECT_DEATH(registry.AddGauge({"a-b", "X."}), "metric name");
  EXPECT_DEATH(registry.AddCounterFamily({"l_total", "X."}, {"le"}), "label name");
  EXPECT_DEATH(registry.AddCounterFamily({"m_total", "X."}, {"a"}).With({"1", "2"}), "one value for each");
}

TEST(Registry, ManyThreadsMayUseItAtOnce) {
  Registry registry;
  auto& family = registry.AddCounterFamily({"x_total", "X."}, {"who"}, 8);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string name = "g" + std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        family.With({std::to_string(i % 16)}).Add();
        const Callback callback = registry.AddGaugeFunction({name, "G."}, [&] { return 1.0; });
        if (i % 10 == 0) static_cast<void>(WritePrometheus(registry));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  double sum = 0;
  const auto families = registry.Collect();
  for (const Sample& sample : families[0].samples) sum += std::get<double>(sample.value);
  EXPECT_EQ(sum, 800);
}

}  // namespace
}  // namespace attune::metrics

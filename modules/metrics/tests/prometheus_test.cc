#include "attune/metrics/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace attune::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Prometheus, WritesHelpTypeAndValue) {
  Registry registry;
  registry.AddCounter({"a_total", "Things done."}).Add(3);
  registry.AddGauge({"b", "Level."}).Set(-0.5);
  EXPECT_EQ(WritePrometheus(registry),
            "# HELP a_total Things done.\n# TYPE a_total counter\na_total 3\n"
            "# HELP b Level.\n# TYPE b gauge\nb -0.5\n");
}

TEST(Prometheus, EscapesWhatWouldBreakTheFormat) {
  Registry registry;
  registry.AddCounterFamily({"a_total", "One\nline \\ only \"quoted\"."}, {"path"})
      .With({"C:\\x\n\"y\" \xff caf\xc3\xa9"})
      .Add();
  EXPECT_EQ(WritePrometheus(registry),
            "# HELP a_total One\\nline \\\\ only \"quoted\".\n# TYPE a_total counter\n"
            "a_total{path=\"C:\\\\x\\n\\\"y\\\" \xef\xbf\xbd caf\xc3\xa9\"} 1\n");
}

TEST(Prometheus, WritesSpecialNumbersAsTheFormatSpellsThem) {
  Registry registry;
  registry.AddGauge({"a", "A."}).Set(std::numeric_limits<double>::quiet_NaN());
  registry.AddGauge({"b", "B."}).Set(std::numeric_limits<double>::infinity());
  registry.AddGauge({"c", "C."}).Set(-std::numeric_limits<double>::infinity());
  registry.AddGauge({"d", "D."}).Set(1e300);
  const std::string page = WritePrometheus(registry);
  EXPECT_THAT(page, HasSubstr("\na NaN\n"));
  EXPECT_THAT(page, HasSubstr("\nb +Inf\n"));
  EXPECT_THAT(page, HasSubstr("\nc -Inf\n"));
  EXPECT_THAT(page, HasSubstr("\nd 1e+300\n"));
}

TEST(Prometheus, DurationsAreHistogramsInSeconds) {
  Registry registry;
  auto& family = registry.AddHistogramFamily({"t_seconds", "Time."}, {"route"});
  family.With({"search"}).Record(std::chrono::milliseconds(3));
  family.With({"search"}).Record(std::chrono::seconds(2));
  const std::string page = WritePrometheus(registry);
  EXPECT_THAT(page, HasSubstr("# TYPE t_seconds histogram\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_bucket{route=\"search\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_bucket{route=\"search\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_bucket{route=\"search\",le=\"2.5\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_bucket{route=\"search\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_sum{route=\"search\"} 2.003\n"));
  EXPECT_THAT(page, HasSubstr("t_seconds_count{route=\"search\"} 2\n"));
}

TEST(Prometheus, CountsAreHistogramsInTheirOwnUnit) {
  Registry registry;
  auto& histogram = registry.AddHistogram({"batch_size", "Items."}, kCountBuckets);
  histogram.Record(std::uint64_t{4});
  histogram.Record(std::uint64_t{5});
  const std::string page = WritePrometheus(registry);
  EXPECT_THAT(page, HasSubstr("batch_size_bucket{le=\"2\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("batch_size_bucket{le=\"4\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("batch_size_bucket{le=\"8\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("batch_size_sum 9\n"));
}

TEST(Prometheus, BucketsNeverGoDown) {
  Registry registry;
  auto& histogram = registry.AddHistogram({"t_seconds", "Time."});
  for (std::uint64_t ns = 1; ns < 200'000'000'000; ns = ns * 3 / 2 + 1) histogram.Record(ns);
  std::istringstream page(WritePrometheus(registry));
  std::string line;
  double last = 0;
  int buckets = 0;
  while (std::getline(page, line)) {
    if (!line.starts_with("t_seconds_bucket")) continue;
    const double count = std::stod(line.substr(line.rfind(' ')));
    EXPECT_GE(count, last) << line;
    last = count;
    ++buckets;
  }
  EXPECT_GT(buckets, 10);
  EXPECT_EQ(last, static_cast<double>(histogram.Snapshot().count()));
}

TEST(Prometheus, AFamilyWithoutMembersIsNotWritten) {
  Registry registry;
  registry.AddCounterFamily({"none_total", "None."}, {"x"});
  EXPECT_THAT(WritePrometheus(registry), Not(HasSubstr("none_total")));
}

}  // namespace
}  // namespace attune::metrics

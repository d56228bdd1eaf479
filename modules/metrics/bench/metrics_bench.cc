// Counter and histogram beside what they must beat: one shared atomic, as most client libraries have it.
#include <benchmark/benchmark.h>

#include <atomic>

#include "attune/metrics/counter.h"
#include "attune/metrics/histogram.h"
#include "attune/metrics/log.h"
#include "attune/metrics/prometheus.h"

namespace {

using namespace attune::metrics;  // NOLINT(google-build-using-namespace)

void BM_CounterAdd(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) {
    counter.Add();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_CounterAdd)->Threads(1)->Threads(2);

void BM_CounterAdd_OneAtomic(benchmark::State& state) {
  static std::atomic<std::uint64_t> counter{0};
  for (auto _ : state) {
    counter.fetch_add(1, std::memory_order_relaxed);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_CounterAdd_OneAtomic)->Threads(1)->Threads(2);

void BM_CounterValue(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) benchmark::DoNotOptimize(counter.Value());
}
BENCHMARK(BM_CounterValue);

// Values that land in different buckets, cheaper to make than to record.
std::uint64_t NextValue(std::uint64_t& state) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return state >> 40U;
}

void BM_HistogramRecord(benchmark::State& state) {
  static Histogram histogram;
  std::uint64_t value = 1;
  for (auto _ : state) histogram.Record(NextValue(value));
}
BENCHMARK(BM_HistogramRecord)->Threads(1)->Threads(2);

// The same buckets as shared atomics: what sharding by thread saves.
void BM_HistogramRecord_SharedAtomics(benchmark::State& state) {
  static std::atomic<std::uint64_t> buckets[kDurationBuckets.bucket_count()];
  static std::atomic<std::uint64_t> sum{0};
  std::uint64_t value = 1;
  for (auto _ : state) {
    const std::uint64_t next = NextValue(value);
    sum.fetch_add(next, std::memory_order_relaxed);
    buckets[kDurationBuckets.IndexOf(next)].fetch_add(1, std::memory_order_relaxed);
  }
}
BENCHMARK(BM_HistogramRecord_SharedAtomics)->Threads(1)->Threads(2);

void BM_HistogramQuantile(benchmark::State& state) {
  Histogram histogram;
  std::uint64_t value = 1;
  for (int i = 0; i < 10'000; ++i) histogram.Record(NextValue(value));
  const HistogramSnapshot snapshot = histogram.Snapshot();
  for (auto _ : state) benchmark::DoNotOptimize(snapshot.Quantile(0.99));
}
BENCHMARK(BM_HistogramQuantile);

void BM_HistogramSnapshot(benchmark::State& state) {
  Histogram histogram;
  histogram.Record(std::uint64_t{1});
  for (auto _ : state) benchmark::DoNotOptimize(histogram.Snapshot());
}
BENCHMARK(BM_HistogramSnapshot);

void BM_WritePrometheus100(benchmark::State& state) {
  Registry registry;
  auto& counters = registry.AddCounterFamily({"a_total", "A."}, {"i"}, 100);
  for (int i = 0; i < 80; ++i) counters.With({std::to_string(i)}).Add();
  auto& histograms = registry.AddHistogramFamily({"b_seconds", "B."}, {"i"});
  for (int i = 0; i < 20; ++i) histograms.With({std::to_string(i)}).Record(std::uint64_t{1'000'000});
  for (auto _ : state) benchmark::DoNotOptimize(WritePrometheus(registry));
}
BENCHMARK(BM_WritePrometheus100);

class NullSink final : public LogSink {
 public:
  void Write(std::string_view line) noexcept override { benchmark::DoNotOptimize(line.data()); }
};

void BM_LogLine(benchmark::State& state) {
  NullSink sink;
  Logger log(attune::SystemClock(), sink, {.format = LogFormat::kJson, .burst = 1'000'000'000});
  for (auto _ : state) log.Info("file was read", {{"path", "/home/somebody/project/src/main.cc"}, {"bytes", 4711}});
}
BENCHMARK(BM_LogLine);

void BM_LogLine_Repeated(benchmark::State& state) {
  NullSink sink;
  Logger log(attune::SystemClock(), sink);
  for (auto _ : state) log.Info("file was read", {{"path", "/home/somebody/project/src/main.cc"}, {"bytes", 4711}});
}
BENCHMARK(BM_LogLine_Repeated);

void BM_LogLine_BelowLevel(benchmark::State& state) {
  NullSink sink;
  Logger log(attune::SystemClock(), sink);
  for (auto _ : state) log.Debug("file was read", {{"bytes", 4711}});
}
BENCHMARK(BM_LogLine_BelowLevel);

}  // namespace

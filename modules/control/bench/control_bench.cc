// What a knob costs where it is read, beside the alternatives; and what a decision costs.
#include <benchmark/benchmark.h>

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

#include "attune/control/admission.h"
#include "attune/control/journal.h"
#include "attune/control/knob_registry.h"
#include "attune/control/yield.h"

namespace {

using namespace attune::control;  // NOLINT(google-build-using-namespace)

KnobSpec Spec(const std::string& name) {
  return {.name = name, .domain = LinearRange{1, 64}, .whole = true, .default_value = 8, .help = "H.", .envelope = {}};
}

void BM_KnobRead(benchmark::State& state) {
  const Knob knob(Spec("a"));
  for (auto _ : state) benchmark::DoNotOptimize(knob.as_integer());
}
BENCHMARK(BM_KnobRead);

// The floor: a plain variable.
void BM_KnobRead_PlainInt(benchmark::State& state) {
  std::int64_t value = 8;
  benchmark::DoNotOptimize(value);
  for (auto _ : state) benchmark::DoNotOptimize(value);
}
BENCHMARK(BM_KnobRead_PlainInt);

// What is often done instead: a map of settings behind a mutex.
void BM_KnobRead_MapAndMutex(benchmark::State& state) {
  std::mutex mutex;
  std::unordered_map<std::string, double> settings = {{"ingest.threads", 8}, {"ingest.share", 1}};
  const std::string name = "ingest.threads";
  for (auto _ : state) {
    const std::scoped_lock lock(mutex);
    benchmark::DoNotOptimize(settings.find(name)->second);
  }
}
BENCHMARK(BM_KnobRead_MapAndMutex);

void BM_Propose(benchmark::State& state) {
  KnobRegistry knobs(attune::SystemClock());
  for (int i = 0; i < 50; ++i) knobs.Register(Spec("knob." + std::to_string(i)));
  KnobSpec spec = Spec("ingest.threads");
  spec.envelope.cooldown = attune::Duration(0);
  knobs.Register(spec);
  double value = 8;
  for (auto _ : state) benchmark::DoNotOptimize(knobs.Propose("ingest.threads", value = 17 - value, "bench"));
}
BENCHMARK(BM_Propose);

void BM_ListKnobs50(benchmark::State& state) {
  KnobRegistry knobs(attune::SystemClock());
  for (int i = 0; i < 50; ++i) knobs.Register(Spec("knob." + std::to_string(i)));
  for (auto _ : state) benchmark::DoNotOptimize(knobs.List());
}
BENCHMARK(BM_ListKnobs50);

void BM_AdmissionDecide(benchmark::State& state) {
  AdmissionController admission;
  std::uint32_t in_flight = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(admission.Decide(
        {.now = {}, .deadline = std::chrono::milliseconds(50), .in_flight = in_flight++ % 64, .workers = 4}));
  }
}
BENCHMARK(BM_AdmissionDecide);

void BM_AdmissionObserve(benchmark::State& state) {
  AdmissionController admission;
  std::int64_t i = 0;
  for (auto _ : state) admission.Observe({}, attune::Duration(1'000'000 + (++i % 64) * 50'000));
}
BENCHMARK(BM_AdmissionObserve);

void BM_YieldDecide(benchmark::State& state) {
  YieldController yield;
  attune::TimePoint now;
  for (auto _ : state) {
    now += std::chrono::seconds(1);
    benchmark::DoNotOptimize(yield.Decide({.now = now, .p99_seconds = 0.03, .completions = 10, .in_flight = 1}));
  }
}
BENCHMARK(BM_YieldDecide);

void BM_JournalAppend(benchmark::State& state) {
  Journal journal;
  for (auto _ : state) {
    journal.Append({.sequence = 0,
                    .time = {},
                    .knob = "ingest.share",
                    .from = "1",
                    .to = "0.5",
                    .controller = "yield",
                    .inputs = {{"p99_ms", 71.2}, {"goal_ms", 50}},
                    .reason = "p99 is near or above the goal"});
  }
}
BENCHMARK(BM_JournalAppend);

}  // namespace

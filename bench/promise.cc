// attune_promise: are the memory and the latency that were stated kept, while a
// folder is read? Starts a real `attune up` on a folder that it fills, sends searches
// at a fixed rate whatever the answers do (open loop: latency counts from the moment
// when a request was due), samples the resident memory from outside every 100 ms,
// and prints promised and kept side by side. Every search asks something else (queries.h), so that
// the cache of answers does not answer for the index; --repeats 0.1 is the share that does repeat.
// It fails when a search fails or the memory is not kept; the latency it only prints.
//
//   attune_promise --attune build/release/apps/attune/attune --megabytes 200 --memory 512M --p99 50ms --rate 200
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "attune/base/duration.h"
#include "attune/state/json.h"
#include "corpus.h"
#include "queries.h"
#include "served_process.h"

namespace attune::bench {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string attune = "build/release/apps/attune/attune";
  std::uint64_t megabytes = 200;
  std::string memory = "512M";
  std::string p99 = "50ms";
  double rate = 200;    // searches a second
  double seconds = 20;  // at least; the load lasts as long as the reading does
  QueriesConfig queries;
  std::vector<fs::path> corpus;
};

struct Outcome {
  Duration latency{};  // from when it was due
  int status = 0;
};

class OpenLoop {
 public:
  OpenLoop(std::uint16_t port, double rate, const Queries& queries)
      : port_(port), interval_(static_cast<Duration::rep>(1e9 / rate)), queries_(queries) {}

  void Start() {
    begin_ = SystemClock().Now();
    for (std::size_t i = 0; i < kSenders; ++i) senders_.emplace_back([this] { Send(); });
  }
  void Stop() {
    stopping_ = true;
    senders_.clear();
  }
  std::vector<Outcome> outcomes() const { return outcomes_; }

 private:
  // More than are ever due at once while answers come within 100 ms; an answer that
  // takes longer delays the next one of its sender, and that counts as latency.
  static constexpr std::size_t kSenders = 32;

  void Send() {
    HttpConnection connection(port_);
    while (!stopping_) {
      const std::uint64_t number = next_.fetch_add(1);
      const TimePoint due = begin_ + interval_ * static_cast<Duration::rep>(number);
      const Duration early = due - SystemClock().Now();
      if (early > Duration::zero()) std::this_thread::sleep_for(early);
      const HttpAnswer answer = connection.Get("/v1/search?limit=10&q=" + queries_.at(number));
      const Outcome outcome{.latency = SystemClock().Now() - due, .status = answer.status};
      const std::scoped_lock lock(mutex_);
      outcomes_.push_back(outcome);
    }
  }

  const std::uint16_t port_;
  const Duration interval_;
  const Queries& queries_;
  TimePoint begin_{};
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<Outcome> outcomes_;  // guarded by mutex_
  std::vector<std::jthread> senders_;
};

struct Kept {
  Duration p50{}, p99{}, worst{};
  std::uint64_t answered = 0, refused = 0, failed = 0;
};

Kept Evaluate(const std::vector<Outcome>& outcomes) {
  Kept kept;
  std::vector<Duration> latencies;
  for (const Outcome& outcome : outcomes) {
    if (outcome.status == 200) latencies.push_back(outcome.latency);
    if (outcome.status == 503) ++kept.refused;
    if (outcome.status != 200 && outcome.status != 503) ++kept.failed;
  }
  std::sort(latencies.begin(), latencies.end());
  kept.answered = latencies.size();
  if (latencies.empty()) return kept;
  kept.p50 = latencies[latencies.size() / 2];
  kept.p99 = latencies[latencies.size() * 99 / 100];
  kept.worst = latencies.back();
  return kept;
}

// Whether the first reading is over, and what it read.
struct ReadingState {
  bool active = true;
  std::uint64_t bytes = 0, files = 0;
};

// What the cache of answers had ready, "412 of 5,000".
std::string AnswersReady(HttpConnection& connection) {
  const auto status = state::ParseJson(connection.Get("/v1/status").body);
  const state::Value* const caches = status.ok() ? status->Find("caches") : nullptr;
  if (caches == nullptr || caches->AsArray() == nullptr) return "not known";
  for (const state::Value& cache : *caches->AsArray()) {
    const state::Value* const name = cache.Find("name");
    const state::Value* const hits = cache.Find("hits");
    const state::Value* const misses = cache.Find("misses");
    if (name == nullptr || name->AsString() != "answers" || hits == nullptr || misses == nullptr) continue;
    const std::uint64_t ready = hits->AsUint().value_or(0);
    return std::to_string(ready) + " of " + std::to_string(ready + misses->AsUint().value_or(0));
  }
  return "not known";
}

ReadingState AskReading(HttpConnection& connection) {
  ReadingState state;
  const HttpAnswer answer = connection.Get("/v1/status");
  const auto status = state::ParseJson(answer.body);
  if (!status.ok()) return state;
  const state::Value* const reading = status->Find("reading");
  if (reading == nullptr) return state;
  if (const auto* active = reading->Find("active")) state.active = active->AsBool().value_or(true);
  if (const auto* bytes = reading->Find("bytes_done")) state.bytes = bytes->AsUint().value_or(0);
  if (const auto* files = reading->Find("files_done")) state.files = files->AsUint().value_or(0);
  return state;
}

std::string Milliseconds(Duration duration) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.1f ms", std::chrono::duration<double, std::milli>(duration).count());
  return out.data();
}

std::string Mebibytes(Bytes bytes) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.0f MiB", static_cast<double>(bytes.count()) / (1U << 20U));
  return out.data();
}

void Row(const std::string& what, const std::string& promised, const std::string& kept, bool ok) {
  std::printf("| %-34s | %-10s | %-10s | %-4s |\n", what.c_str(), promised.c_str(), kept.c_str(), ok ? "yes" : "NO");
}

int Run(const Options& options) {
  const fs::path scratch = fs::temp_directory_path() / ("attune-promise-" + std::to_string(::getpid()));
  const fs::path folder = scratch / "folder";
  const auto corpus = CopyCorpus(options.corpus.empty() ? DefaultCorpusRoots() : options.corpus, folder,
                                 Bytes(options.megabytes * 1'000'000), 1'000'000);
  const auto limit = ParseBytes(options.memory);
  const auto promise = ParseDuration(options.p99);
  if (!corpus.ok() || !limit.ok() || !promise.ok()) {
    std::fprintf(stderr, "%s\n",
                 (!corpus.ok()  ? corpus.error()
                  : !limit.ok() ? limit.error()
                                : promise.error())
                     .message()
                     .c_str());
    return 2;
  }
  const auto queries = Queries::Draw(folder, options.queries);
  if (!queries.ok()) {
    std::fprintf(stderr, "%s\n", queries.error().message().c_str());
    return 2;
  }
  auto process = ServedProcess::Start({options.attune, "up", folder.string(), "--data", (scratch / "data").string(),
                                       "--port", "0", "--memory", options.memory, "--p99", options.p99});
  if (!process.ok()) {
    std::fprintf(stderr, "%s\n", process.error().message().c_str());
    return 1;
  }
  const TimePoint began = SystemClock().Now();
  OpenLoop load((*process)->port(), options.rate, *queries);
  load.Start();
  HttpConnection control((*process)->port());
  Bytes sampled_peak;
  TimePoint read_at{};
  ReadingState reading;
  for (TimePoint now = began;; now = SystemClock().Now()) {
    sampled_peak = std::max(sampled_peak, (*process)->ResidentBytes());
    if (read_at == TimePoint{} && now - began > std::chrono::seconds(1)) {
      reading = AskReading(control);
      if (!reading.active) read_at = now;
    }
    const bool long_enough = std::chrono::duration<double>(now - began).count() >= options.seconds;
    if (read_at != TimePoint{} && long_enough) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  load.Stop();
  const std::vector<Outcome> outcomes = load.outcomes();
  const Kept kept = Evaluate(outcomes);
  const std::string ready = AnswersReady(control);
  const double read_seconds = std::chrono::duration<double>(read_at - began).count();
  const Duration cpu = (*process)->CpuTime();
  const Bytes high_water = (*process)->ResidentPeak();
  (*process)->Stop();
  std::error_code error;
  fs::remove_all(scratch, error);

  std::printf(
      "read %.0f MB in %llu files in %.1f s (%.1f MB/s, %.1f s of CPU with the searches), %.0f searches/s "
      "meanwhile\n\n",
      static_cast<double>(corpus->bytes.count()) / 1e6, static_cast<unsigned long long>(corpus->files), read_seconds,
      static_cast<double>(corpus->bytes.count()) / 1e6 / read_seconds, std::chrono::duration<double>(cpu).count(),
      options.rate);
  std::printf("| %-34s | %-10s | %-10s | kept |\n|%s|%s|%s|------|\n", "what", "promised", "measured",
              std::string(36, '-').c_str(), std::string(12, '-').c_str(), std::string(12, '-').c_str());
  Row("resident memory, sampled peak", Mebibytes(*limit), Mebibytes(sampled_peak), sampled_peak <= *limit);
  Row("resident memory, kernel's peak", Mebibytes(*limit), Mebibytes(high_water), high_water <= *limit);
  Row("search p99 from the due time", Milliseconds(*promise), Milliseconds(kept.p99), kept.p99 <= *promise);
  Row("searches answered", "", std::to_string(kept.answered), kept.answered > 0);
  Row("searches refused (503)", "", std::to_string(kept.refused), true);
  Row("searches failed", "0", std::to_string(kept.failed), kept.failed == 0);
  std::printf("\np50 %s, worst %s; %zu of %zu searches were distinct (seed %llu), the cache of answers had %s\n",
              Milliseconds(kept.p50).c_str(), Milliseconds(kept.worst).c_str(),
              queries->distinct_among(outcomes.size()), outcomes.size(),
              static_cast<unsigned long long>(options.queries.seed), ready.c_str());
  // Latency depends on what else the machine does; memory does not.
  const bool memory_kept = sampled_peak <= *limit && high_water <= *limit;
  return kept.answered > 0 && kept.failed == 0 && memory_kept ? 0 : 1;
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--attune") options.attune = value;
    if (name == "--megabytes") options.megabytes = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--memory") options.memory = value;
    if (name == "--p99") options.p99 = value;
    if (name == "--rate") options.rate = std::strtod(value.c_str(), nullptr);
    if (name == "--repeats") options.queries.repeated = std::strtod(value.c_str(), nullptr);
    if (name == "--seed") options.queries.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--seconds") options.seconds = std::strtod(value.c_str(), nullptr);
    if (name == "--corpus") options.corpus.emplace_back(value);
  }
  return options;
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) { return attune::bench::Run(attune::bench::ParseOptions(argc, argv)); }

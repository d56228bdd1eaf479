// text_peers: attune's text index beside Xapian and SQLite FTS5, the same passages and queries, interleaved.
//
//   attune_text_peers [--rounds N] [--megabytes N] [--queries N] [--scratch DIR] [--only NAME] [DIR...]
//
// What differs: only attune splits camelCase and snake_case words, stems prose, keeps checksums, and syncs its files to
// disk; FTS5's merge to one segment ('optimize') is not in its indexing time; Xapian and FTS5 do not sync.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "corpus.h"
#include "engine.h"

namespace text_peers {
namespace {

struct Options {
  std::size_t rounds = 3;
  std::uint64_t megabytes = 100;
  std::size_t queries = 400;
  std::string scratch = std::filesystem::temp_directory_path().string();
  std::string only;
  std::vector<std::string> directories;
};

struct Sample {
  double wall_mb_s = 0;
  double cpu_mb_s = 0;
  double size_ratio = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double mean_cpu_ms = 0;
  std::size_t hits = 0;
};

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

std::uint64_t DirectoryBytes(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  }
  return bytes;
}

Sample Measure(Engine& engine, const Corpus& corpus, const std::vector<std::vector<std::string>>& queries,
               const std::string& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  Sample sample;
  const double megabytes = static_cast<double>(corpus.bytes) / 1e6;
  const double wall = Seconds(CLOCK_MONOTONIC);
  const double cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  engine.Index(corpus, directory);
  sample.cpu_mb_s = megabytes / (Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  sample.wall_mb_s = megabytes / (Seconds(CLOCK_MONOTONIC) - wall);
  engine.Prepare();
  sample.size_ratio = static_cast<double>(DirectoryBytes(directory)) / static_cast<double>(corpus.bytes);
  std::vector<double> times;
  for (int pass = 0; pass < 2; ++pass) {  // the first pass warms up
    times.clear();
    sample.hits = 0;
    const double query_cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (const auto& query : queries) {
      const double begin = Seconds(CLOCK_MONOTONIC);
      sample.hits += engine.Query(query);
      times.push_back((Seconds(CLOCK_MONOTONIC) - begin) * 1e3);
    }
    sample.mean_cpu_ms = (Seconds(CLOCK_PROCESS_CPUTIME_ID) - query_cpu) * 1e3 / static_cast<double>(queries.size());
  }
  std::sort(times.begin(), times.end());
  sample.p50_ms = times[times.size() / 2];
  sample.p99_ms = times[times.size() * 99 / 100];
  return sample;
}

// Reading every byte once, which no index can avoid.
double FloorMbPerSecond(const Corpus& corpus) {
  const double begin = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::uint64_t spaces = 0;
  for (const Chunk& chunk : corpus.chunks) {
    spaces += static_cast<std::uint64_t>(std::count(chunk.body.begin(), chunk.body.end(), ' '));
  }
  const double seconds = Seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
  std::printf("floor: every byte read once at %.0f MB/s (%llu blanks)\n",
              static_cast<double>(corpus.bytes) / 1e6 / seconds, static_cast<unsigned long long>(spaces));
  return seconds;
}

using Pick = std::function<double(const Sample&)>;

std::vector<double> Column(const std::vector<Sample>& samples, const Pick& pick) {
  std::vector<double> values;
  std::transform(samples.begin(), samples.end(), std::back_inserter(values), pick);
  return values;
}

void PrintRatio(const char* what, const std::vector<Sample>& ours, const std::vector<Sample>& theirs,
                const Pick& better) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ratios.push_back(better(ours[i]) / better(theirs[i]));
  }
  std::printf("  %-24s %6.1fx  (%.1f to %.1f)\n", what, Median(ratios), *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
}

void Report(const std::vector<std::unique_ptr<Engine>>& engines, const std::vector<std::vector<Sample>>& samples) {
  std::printf("%-22s %10s %10s %8s %10s %10s %10s %8s\n", "median of rounds", "MB/s cpu", "MB/s wall", "size", "p50 ms",
              "p99 ms", "mean cpu", "hits");
  for (std::size_t e = 0; e < engines.size(); ++e) {
    const auto median = [&](const Pick& pick) { return Median(Column(samples[e], pick)); };
    std::printf("%-22s %10.1f %10.1f %7.2fx %10.4f %10.4f %10.4f %8zu\n", engines[e]->name().c_str(),
                median([](const Sample& s) { return s.cpu_mb_s; }), median([](const Sample& s) { return s.wall_mb_s; }),
                median([](const Sample& s) { return s.size_ratio; }), median([](const Sample& s) { return s.p50_ms; }),
                median([](const Sample& s) { return s.p99_ms; }), median([](const Sample& s) { return s.mean_cpu_ms; }),
                samples[e].back().hits);
  }
  for (std::size_t e = 1; e < engines.size(); ++e) {
    std::printf("attune / %s (median of rounds, least to most)\n", engines[e]->name().c_str());
    PrintRatio("indexing, cpu", samples[0], samples[e], [](const Sample& s) { return s.cpu_mb_s; });
    PrintRatio("indexing, wall", samples[0], samples[e], [](const Sample& s) { return s.wall_mb_s; });
    PrintRatio("query p50", samples[0], samples[e], [](const Sample& s) { return 1 / s.p50_ms; });
    PrintRatio("query mean cpu", samples[0], samples[e], [](const Sample& s) { return 1 / s.mean_cpu_ms; });
    PrintRatio("query p99", samples[0], samples[e], [](const Sample& s) { return 1 / s.p99_ms; });
  }
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (argument == "--rounds") {
      options.rounds = std::max(1UL, std::strtoul(value().c_str(), nullptr, 10));
    } else if (argument == "--megabytes") {
      options.megabytes = std::strtoull(value().c_str(), nullptr, 10);
    } else if (argument == "--queries") {
      options.queries = std::max(1UL, std::strtoul(value().c_str(), nullptr, 10));
    } else if (argument == "--scratch") {
      options.scratch = value();
    } else if (argument == "--only") {
      options.only = value();
    } else {
      options.directories.push_back(argument);
    }
  }
  if (options.directories.empty()) {
    options.directories = DefaultDirectories();
  }
  return options;
}

int Main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  const Corpus corpus = ReadCorpus(options.directories, options.megabytes * 1'000'000);
  const auto queries = MakeQueries(corpus, options.queries);
  if (queries.empty()) {
    std::fprintf(stderr, "no text found below the given directories\n");
    return 1;
  }
  std::printf("corpus: %.1f MB in %llu files, %zu passages, %zu queries of 2 to 4 words, %zu rounds\n",
              static_cast<double>(corpus.bytes) / 1e6, static_cast<unsigned long long>(corpus.files),
              corpus.chunks.size(), queries.size(), options.rounds);
  FloorMbPerSecond(corpus);
  using Maker = std::function<std::unique_ptr<Engine>()>;
  const std::vector<Maker> makers = {MakeAttune, [] { return MakeXapian(true); }, [] { return MakeXapian(false); },
                                     MakeFts5};
  std::vector<std::unique_ptr<Engine>> engines;
  std::vector<Maker> chosen;
  for (const Maker& maker : makers) {
    auto engine = maker();
    if (options.only.empty() || engine->name() == options.only) {
      engines.push_back(std::move(engine));
      chosen.push_back(maker);
    }
  }
  std::vector<std::vector<Sample>> samples(engines.size());
  const std::string scratch = options.scratch + "/attune_text_peers_" + std::to_string(getpid());
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const std::size_t e = round % 2 == 0 ? i : chosen.size() - 1 - i;  // A B C, C B A
      const auto engine = chosen[e]();
      samples[e].push_back(Measure(*engine, corpus, queries, scratch));
    }
  }
  std::filesystem::remove_all(scratch);
  Report(engines, samples);
  return 0;
}

}  // namespace
}  // namespace text_peers

int main(int argc, char** argv) { return text_peers::Main(argc, argv); }

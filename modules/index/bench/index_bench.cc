// Building blocks of the text index on synthetic text; text_peers measures real trees beside other engines.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/base/check.h"
#include "attune/index/query.h"
#include "attune/index/snippet.h"
#include "attune/index/text_index.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::index {
namespace {

// Words whose frequencies fall off as 1/rank, some of them compound.
std::string Text(std::mt19937_64& random, std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    const auto rank = static_cast<std::uint64_t>(20000.0 / (1.0 + static_cast<double>(random() % 20000)));
    text += "w" + std::to_string(rank * 7919 % 20011);
    text += rank % 5 == 0 ? "HttpRequest" : rank % 7 == 0 ? "_of_name" : "";
    text += i % 9 == 8 ? '\n' : ' ';
  }
  return text;
}

struct Fixture {
  explicit Fixture(std::size_t passages) {
    auto opened = TextIndex::Open(files, clock, "/index", {});
    ATTUNE_CHECK(opened.ok(), "an empty directory opens");
    index = *std::move(opened);
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < passages; ++i) {
      bodies.push_back(Text(random, 150));
      bytes += bodies.back().size();
    }
  }
  void AddAll() {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      ATTUNE_CHECK(index->Add({.id = i, .path = "src/a.cc", .body = bodies[i]}).ok(), "a passage is added");
    }
    ATTUNE_CHECK(index->Publish().ok(), "passages are published");
  }

  ManualClock clock;
  sys::InMemoryFileSystem files{clock};
  std::unique_ptr<TextIndex> index;
  std::vector<std::string> bodies;
  std::size_t bytes = 0;
};

void Indexing(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto fixture = std::make_unique<Fixture>(static_cast<std::size_t>(state.range(0)));
    state.ResumeTiming();
    fixture->AddAll();
    bytes += fixture->bytes;
    state.PauseTiming();
    fixture.reset();
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(Indexing)->Arg(2000)->Unit(benchmark::kMillisecond);

// What a saved file costs: ten passages become searchable in an index that holds many.
void PublishOneFile(benchmark::State& state) {
  Fixture fixture(2000);
  fixture.AddAll();
  std::uint64_t id = 1'000'000;
  for (auto _ : state) {
    for (std::size_t i = 0; i < 10; ++i) {
      ATTUNE_CHECK(fixture.index->Add({.id = id++, .path = "src/b.cc", .body = fixture.bodies[i]}).ok(), "added");
    }
    ATTUNE_CHECK(fixture.index->Publish().ok(), "published");
  }
}
BENCHMARK(PublishOneFile)->Unit(benchmark::kMicrosecond);

void Merging(benchmark::State& state) {
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    state.PauseTiming();
    Fixture fixture(2000);
    for (std::size_t i = 0; i < fixture.bodies.size(); ++i) {
      ATTUNE_CHECK(fixture.index->Add({.id = i, .body = fixture.bodies[i]}).ok(), "added");
      if (i % 250 == 249) {
        ATTUNE_CHECK(fixture.index->Publish().ok(), "published");
      }
    }
    state.ResumeTiming();
    for (bool more = true; more;) {
      const auto report = fixture.index->Maintain(1_MiB);
      ATTUNE_CHECK(report.ok(), "a step of maintenance");
      bytes += report->processed.count();
      more = report->more;
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(Merging)->Unit(benchmark::kMillisecond);

void Searching(benchmark::State& state, const char* text) {
  static Fixture* const fixture = [] {
    auto* made = new Fixture(20000);  // NOLINT(cppcoreguidelines-owning-memory): lives as long as the process
    made->AddAll();
    return made;
  }();
  const Query query = ParseQuery(text);
  std::size_t hits = 0;
  for (auto _ : state) {
    const auto top = fixture->index->Search(query, {}, {.limit = 10});
    ATTUNE_CHECK(top.ok(), "a search without a deadline");
    hits = top->hits.size();
  }
  state.counters["hits"] = static_cast<double>(hits);
}
BENCHMARK_CAPTURE(Searching, one_word, "w15838")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Searching, four_words, "w15838 w3746 request w11665")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Searching, required, "+w15838 +request")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Searching, phrase, "\"http request\"")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Searching, prefix, "w15*")->Unit(benchmark::kMicrosecond);

void MakingASnippet(benchmark::State& state) {
  std::mt19937_64 random(1);
  const std::string body = Text(random, 300);
  const std::vector<HighlightTerm> terms = {{"request", HighlightTerm::Match::kExact},
                                            {"w15838", HighlightTerm::Match::kExact}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(MakeSnippet(body, terms, {}));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(MakingASnippet)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace attune::index

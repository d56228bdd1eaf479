// attune_freshness: how long after a file is saved its words are found, and how long
// after it is deleted they are gone, in a folder of real text that has been read.
//
//   attune_freshness --attune build/release/apps/attune/attune --files 2000 --rounds 40
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "attune/state/json.h"
#include "corpus.h"
#include "served_process.h"

namespace attune::bench {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string attune = "build/release/apps/attune/attune";
  std::uint64_t files = 2'000;
  int rounds = 40;
};

constexpr Duration kPatience = std::chrono::seconds(10);  // after that the row says "never"
constexpr auto kBetweenLooks = std::chrono::microseconds(500);

// A word that no other text has: letters alone, because digits would be words of their own.
std::string Word(int number) {
  std::string word = "freshly";
  for (int left = number; left > 0; left /= 20) word += static_cast<char>('b' + left % 20);
  return word + "zyx";
}

bool Finds(HttpConnection& connection, const std::string& word) {
  const auto answer = state::ParseJson(connection.Get("/v1/search?q=" + word).body);
  const state::Value* const hits = answer.ok() ? answer->Find("hits") : nullptr;
  return hits != nullptr && hits->At(0) != nullptr;
}

// Milliseconds until a search for `word` finds it (or no longer does).
Result<double> Until(HttpConnection& connection, const std::string& word, bool found) {
  const TimePoint began = SystemClock().Now();
  while (Finds(connection, word) != found) {
    if (SystemClock().Now() - began > kPatience) {
      return Error(ErrorCode::kDeadline, "'" + word + "' was still " + (found ? "not found" : "found") + " after 10 s");
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return std::chrono::duration<double, std::milli>(SystemClock().Now() - began).count();
}

bool StillReading(HttpConnection& connection) {
  const auto status = state::ParseJson(connection.Get("/v1/status").body);
  const state::Value* const reading = status.ok() ? status->Find("reading") : nullptr;
  const state::Value* const active = reading != nullptr ? reading->Find("active") : nullptr;
  return active == nullptr || active->AsBool().value_or(true);
}

void Print(const char* what, std::vector<double> milliseconds) {
  std::sort(milliseconds.begin(), milliseconds.end());
  const std::size_t count = milliseconds.size();
  std::printf("%s after %.1f ms (median of %zu; p90 %.1f, largest %.1f)\n", what, milliseconds[count / 2], count,
              milliseconds[count * 9 / 10], milliseconds.back());
}

Status Measure(const Options& options, const fs::path& scratch) {
  ATTUNE_ASSIGN_OR_RETURN(const auto process,
                          ServedProcess::Start({options.attune, "up", (scratch / "folder").string(), "--data",
                                                (scratch / "data").string(), "--port", "0"}));
  HttpConnection connection(process->port());
  while (StillReading(connection)) std::this_thread::sleep_for(std::chrono::milliseconds(20));

  std::vector<double> saved;
  std::vector<double> changed;
  std::vector<double> deleted;
  for (int round = 0; round < options.rounds; ++round) {
    const fs::path file = scratch / "folder" / ("note" + std::to_string(round) + ".md");
    const auto save = [&](const std::string& word) { std::ofstream(file) << "# A note\n\nIt says " << word << ".\n"; };
    save(Word(2 * round));
    ATTUNE_ASSIGN_OR_RETURN(const double found, Until(connection, Word(2 * round), true));
    save(Word(2 * round + 1));
    ATTUNE_ASSIGN_OR_RETURN(const double found_change, Until(connection, Word(2 * round + 1), true));
    fs::remove(file);
    ATTUNE_ASSIGN_OR_RETURN(const double gone, Until(connection, Word(2 * round + 1), false));
    saved.push_back(found);
    changed.push_back(found_change);
    deleted.push_back(gone);
  }
  Print("a new file is found   ", saved);
  Print("a changed file is found", changed);
  Print("a deleted file is gone ", deleted);
  return OkStatus();
}

int Run(const Options& options) {
  const fs::path scratch = fs::temp_directory_path() / ("attune-freshness-" + std::to_string(::getpid()));
  Status measured;
  const auto corpus = CopyCorpus(DefaultCorpusRoots(), scratch / "folder", Bytes(~0ULL >> 1U), options.files);
  if (corpus.ok()) {
    std::printf("%llu files, %.0f MB, watched\n", static_cast<unsigned long long>(corpus->files),
                static_cast<double>(corpus->bytes.count()) / 1e6);
    measured = Measure(options, scratch);
  } else {
    measured = corpus.error();
  }
  std::error_code error;
  fs::remove_all(scratch, error);
  if (!measured.ok()) std::fprintf(stderr, "%s\n", measured.error().message().c_str());
  return measured.ok() ? 0 : 1;
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--attune") options.attune = value;
    if (name == "--files") options.files = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--rounds") options.rounds = std::max(1, std::atoi(value.c_str()));
  }
  return options;
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) { return attune::bench::Run(attune::bench::ParseOptions(argc, argv)); }

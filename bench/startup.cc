// attune_startup: how long from the start of the process to its first answer, on a
// folder that has not changed since the last time.
//
//   attune_startup --attune build/release/apps/attune/attune --files 10000
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
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
  std::uint64_t files = 10'000;
  int rounds = 7;
};

struct Start {
  double ready_seconds = 0;    // until /readyz answers 200
  double checked_seconds = 0;  // until the folder has been compared and nothing is left to read
  std::uint64_t files_read = 0;
};

// Until the folder is compared with what is remembered.
void WaitUntilChecked(HttpConnection& connection, std::uint64_t& files_read) {
  for (;;) {
    const auto status = state::ParseJson(connection.Get("/v1/status").body);
    const state::Value* const reading = status.ok() ? status->Find("reading") : nullptr;
    const state::Value* const active = reading != nullptr ? reading->Find("active") : nullptr;
    if (active != nullptr && !active->AsBool().value_or(true)) {
      const state::Value* const sources = status->Find("sources");
      const state::Value* const source = sources != nullptr ? sources->At(0) : nullptr;
      const state::Value* const read = source != nullptr ? source->Find("files_read") : nullptr;
      files_read = read != nullptr ? read->AsUint().value_or(0) : 0;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Result<Start> Once(const Options& options, const fs::path& scratch) {
  const TimePoint began = SystemClock().Now();
  ATTUNE_ASSIGN_OR_RETURN(const auto process,
                          ServedProcess::Start({options.attune, "up", (scratch / "folder").string(), "--data",
                                                (scratch / "data").string(), "--port", "0"}));
  HttpConnection connection(process->port());
  while (connection.Get("/readyz").status != 200) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Start start;
  start.ready_seconds = std::chrono::duration<double>(SystemClock().Now() - began).count();
  WaitUntilChecked(connection, start.files_read);
  start.checked_seconds = std::chrono::duration<double>(SystemClock().Now() - began).count();
  return start;
}

int Run(const Options& options) {
  const fs::path scratch = fs::temp_directory_path() / ("attune-startup-" + std::to_string(::getpid()));
  const auto corpus = CopyCorpus(DefaultCorpusRoots(), scratch / "folder", Bytes(~0ULL >> 1U), options.files);
  if (!corpus.ok()) {
    std::fprintf(stderr, "%s\n", corpus.error().message().c_str());
    return 2;
  }
  std::vector<double> ready;
  std::vector<double> checked;
  std::uint64_t read_again = 0;
  for (int round = 0; round <= options.rounds; ++round) {
    const auto start = Once(options, scratch);
    if (!start.ok()) {
      std::fprintf(stderr, "%s\n", start.error().message().c_str());
      return 1;
    }
    if (round == 0) continue;  // reads everything
    ready.push_back(start->ready_seconds);
    checked.push_back(start->checked_seconds);
    read_again += start->files_read;
  }
  std::error_code error;
  fs::remove_all(scratch, error);
  std::sort(ready.begin(), ready.end());
  std::sort(checked.begin(), checked.end());
  std::printf(
      "%llu files, %.0f MB, unchanged, %d starts: ready after %.3f s (median; %.3f to %.3f), compared after %.3f s, "
      "%llu files read again\n",
      static_cast<unsigned long long>(corpus->files), static_cast<double>(corpus->bytes.count()) / 1e6, options.rounds,
      ready[ready.size() / 2], ready.front(), ready.back(), checked[checked.size() / 2],
      static_cast<unsigned long long>(read_again));
  return 0;
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--attune") options.attune = value;
    if (name == "--files") options.files = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--rounds") options.rounds = std::atoi(value.c_str());
  }
  return options;
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) { return attune::bench::Run(attune::bench::ParseOptions(argc, argv)); }

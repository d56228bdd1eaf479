// The engine in a program: open a data folder, keep a note, find it again.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <future>
#include <string>

#include "attune/engine/engine.h"
#include "attune/metrics/log.h"
#include "attune/sys/file_system.h"

int main() {
  using namespace attune;
  const auto folder = std::filesystem::temp_directory_path() / ("attune-example-" + std::to_string(::getpid()));
  metrics::StderrSink sink;
  metrics::Logger log(SystemClock(), sink);
  engine::EngineConfig config;
  config.data_dir = folder.string();

  bool found = false;
  {
    auto engine = engine::Engine::Open(config, {SystemClock(), sys::RealFileSystem(), log});
    if (!engine.ok()) {
      std::fprintf(stderr, "%s\n", engine.error().ToString().c_str());
      return 1;
    }
    std::promise<bool> remembered;
    (*engine)->Remember({.text = "The spare key hangs behind the blue door.", .tags = {"house"}},
                        [&](Result<engine::Note> note) { remembered.set_value(note.ok()); });
    if (!remembered.get_future().get()) return 1;

    const auto answer = (*engine)->Search({.query = "keys door"});  // the stem of "keys" is "key"
    if (answer.ok() && !answer->hits.empty()) {
      std::printf("%s: %s\n", answer->hits[0].id.c_str(), answer->hits[0].snippet.c_str());
      found = true;
    }
  }
  std::filesystem::remove_all(folder);
  return found ? 0 : 1;
}

// A stranger's program on the installed package: remembers a sentence and finds it.
#include <attune/base/bytes.h>
#include <attune/engine/engine.h>
#include <attune/metrics/log.h>
#include <attune/sys/file_system.h>

#include <cstdio>
#include <filesystem>
#include <future>

namespace {

int Fail(const char* what, const attune::Error& error) {
  std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
  return 1;
}

int RememberAndFind(attune::engine::Engine& engine) {
  std::promise<attune::Result<attune::engine::Note>> promise;
  attune::engine::Note draft;
  draft.text = "the consumer remembers quokkas";
  engine.Remember(draft, [&](attune::Result<attune::engine::Note> note) { promise.set_value(std::move(note)); });
  const auto note = promise.get_future().get();
  if (!note.ok()) return Fail("remember", note.error());
  const auto found = engine.Search({.query = "quokkas"});
  if (!found.ok()) return Fail("search", found.error());
  return found->hits.size() == 1 && found->hits.front().id == "n" + std::to_string(note->id) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::filesystem::remove_all(argv[1]);
  attune::metrics::StderrSink sink;
  attune::metrics::Logger log(attune::SystemClock(), sink, {});
  attune::engine::EngineConfig config;
  config.data_dir = argv[1];
  config.memory = *attune::ParseBytes("256M");
  const auto engine = attune::engine::Engine::Open(config, {attune::SystemClock(), attune::sys::RealFileSystem(), log});
  if (!engine.ok()) return Fail("open", engine.error());
  return RememberAndFind(**engine);
}

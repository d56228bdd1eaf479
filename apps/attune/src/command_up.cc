// attune up: reads folders, watches them, serves searches until it is told to stop.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "attune/base/duration.h"
#include "attune/engine/engine.h"
#include "attune/metrics/log.h"
#include "attune/server/serve.h"
#include "attune/server/to_json.h"
#include "attune/state/json.h"
#include "attune/sys/file_system.h"
#include "attune/sys/signal_wait.h"
#include "command_context.h"
#include "print.h"
#include "progress.h"
#include "session.h"

namespace attune::app {
namespace {

metrics::LogConfig LogConfigOf(const engine::Settings& settings) {
  metrics::LogConfig config;
  for (const auto level :
       {metrics::LogLevel::kDebug, metrics::LogLevel::kInfo, metrics::LogLevel::kWarning, metrics::LogLevel::kError}) {
    if (metrics::ToString(level) == settings.log_level) config.level_min = level;
  }
  config.format = settings.log_format == "json" ? metrics::LogFormat::kJson : metrics::LogFormat::kText;
  return config;
}

Result<std::vector<std::string>> AbsoluteFolders(const std::vector<std::string>& folders) {
  std::vector<std::string> absolute;
  for (const std::string& folder : folders) {
    std::error_code error;
    const auto path = std::filesystem::canonical(folder, error);
    if (error || !std::filesystem::is_directory(path, error)) {
      return Error(ErrorCode::kInvalidArgument, "'" + folder + "' is not a folder that can be read");
    }
    absolute.push_back(path.string());
  }
  return absolute;
}

std::string RateText(double bytes_per_second) { return bytes_per_second > 0 ? Megabytes(bytes_per_second) + "/s" : ""; }

void ShowProgress(const engine::Engine& engine, ProgressBar& bar) {
  const engine::ReadingStatus reading = engine.status().reading;
  bar.Show({.done = reading.files_done,
            .total = reading.files_total,
            .amount = std::to_string(reading.files_done) + "/" + std::to_string(reading.files_total) + " files",
            .rate = RateText(reading.bytes_per_second),
            .remaining = reading.remaining,
            .what = reading.current});
}

struct Totals {
  std::uint64_t documents = 0, read = 0, skipped = 0;
  std::uint64_t bytes = 0;
};

Totals TotalsOf(const engine::EngineStatus& status) {
  Totals totals;
  for (const engine::SourceStatus& source : status.sources) {
    totals.documents += source.documents;
    totals.read += source.files_read;
    totals.bytes += source.bytes_read.count();
    for (const engine::SkipCount& skip : source.skipped) totals.skipped += skip.files;
  }
  return totals;
}

std::string ReadingSummary(const engine::EngineStatus& status) {
  const Totals totals = TotalsOf(status);
  return "read " + Thousands(totals.read) + " files (" + Megabytes(static_cast<double>(totals.bytes)) + ") in " +
         ToString(status.uptime) + ", " + Thousands(totals.documents) + " remembered, " + Thousands(totals.skipped) +
         " left out";
}

// Waits for the end of the first reading, with a bar; false when a signal came first.
bool WatchReading(engine::Engine& engine, sys::SignalWait& signals, bool terminal) {
  std::stop_source stop;
  std::atomic<bool> read{false};
  std::jthread waiter([&] {
    engine.WaitUntilRead(stop.get_token());
    read = true;
  });
  ProgressBar bar(terminal);
  bool signalled = false;
  while (!read && !signalled) {
    ShowProgress(engine, bar);
    signalled = signals.WaitFor(std::chrono::milliseconds(read ? 0 : 100)).has_value();
  }
  stop.request_stop();
  return !signalled;
}

void PrintReport(const CommandContext& context, const engine::Engine& engine) {
  std::string json;
  state::JsonWriter out(json);
  server::WriteJson(out, engine.status());
  if (context.json) {
    std::printf("%s\n", json.c_str());
    return;
  }
  if (const auto status = state::ParseJson(json); status.ok()) PrintStatus(*status);
}

// What happens to a server, as a line for people or as one for programs.
void Tell(const CommandContext& context, const state::Object& event, const std::string& words) {
  std::printf("%s\n", context.json ? state::PrintJson(event).c_str() : words.c_str());
  std::fflush(stdout);
}

void TellRead(const CommandContext& context, const engine::EngineStatus& status) {
  const Totals totals = TotalsOf(status);
  Tell(context,
       {{"event", "read"},
        {"files", totals.read},
        {"bytes", totals.bytes},
        {"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(status.uptime).count()},
        {"documents", totals.documents},
        {"skipped", totals.skipped}},
       ReadingSummary(status));
}

Status ServeUntilSignal(const CommandContext& context, engine::Engine& engine, metrics::Logger& log,
                        sys::SignalWait& signals) {
  ATTUNE_ASSIGN_OR_RETURN(server::ServerConfig config, ServerConfigOf(context.settings, engine));
  ATTUNE_ASSIGN_OR_RETURN(const auto server, server::Server::Start(engine, log, std::move(config)));
  engine.set_address(server->address());
  Tell(context, {{"event", "listening"}, {"address", server->address()}},
       "attune is listening on " + server->address());
  engine.Start();
  if (WatchReading(engine, signals, context.terminal)) {
    TellRead(context, engine.status());
    signals.Wait();
  }
  Tell(context, {{"event", "stopping"}}, "stopping");
  return OkStatus();
}

}  // namespace

Status RunUp(const CommandContext& context, const std::vector<std::string>& folders, bool once) {
  ATTUNE_ASSIGN_OR_RETURN(const std::vector<std::string> roots, AbsoluteFolders(folders));
  engine::EngineConfig config = context.settings.engine;
  if (roots.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(config.data_dir, FindDataDir(context));
  } else {
    ATTUNE_ASSIGN_OR_RETURN(config.data_dir, DataDirFor(context, roots.front()));
  }
  config.roots = roots;
  config.name = context.name;
  ATTUNE_ASSIGN_OR_RETURN(const auto signals, sys::SignalWait::Create());
  metrics::StderrSink sink;
  metrics::Logger log(SystemClock(), sink, LogConfigOf(context.settings));
  ATTUNE_ASSIGN_OR_RETURN(const auto engine, engine::Engine::Open(config, {SystemClock(), sys::RealFileSystem(), log}));
  for (const auto& [name, value] : context.settings.pins) {
    const auto pinned = engine->PinKnob(name, value);
    if (!pinned.ok()) return pinned.error();
  }
  if (!once) return ServeUntilSignal(context, *engine, log, *signals);
  engine->Start();
  const bool complete = WatchReading(*engine, *signals, context.terminal);
  if (!context.json) std::fprintf(stderr, "%s\n", ReadingSummary(engine->status()).c_str());
  PrintReport(context, *engine);
  if (!complete) return Error(ErrorCode::kCancelled, "stopped before everything was read; the next start goes on");
  return OkStatus();
}

}  // namespace attune::app

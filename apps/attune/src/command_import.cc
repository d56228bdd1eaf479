// attune chat import: hands an export to whoever has the data folder open, and shows how
// far it is.
#include <chrono>
#include <filesystem>
#include <future>
#include <string>

#include "attune/state/value.h"
#include "command_context.h"
#include "print.h"
#include "progress.h"
#include "session.h"

namespace attune::app {
namespace {

using state::Object;
using state::Value;

constexpr auto kRedrawEvery = std::chrono::milliseconds(150);

// Both ways of a session give the same status; an import that is not in it yet (its
// file is being sent) or no longer shows nothing.
void ShowProgress(Session& session, const std::string& name, ProgressBar& bar) {
  const auto status = session.Call("status", {});
  if (!status.ok()) return;
  for (const Value& import : List(*status, "imports")) {
    if (Text(import, "name") != name) continue;
    const double done = Number(import, "bytes_done");
    const double total = Number(import, "bytes_total");
    const double seconds = Number(import, "running_ms") / 1000;
    ProgressState state{.done = static_cast<std::uint64_t>(done), .total = static_cast<std::uint64_t>(total)};
    state.amount = Megabytes(done) + " of " + Megabytes(total);
    if (done > 0 && seconds > 0) {
      state.rate = Megabytes(done / seconds) + "/s";
      state.remaining =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>((total - done) * seconds / done));
    }
    bar.Show(state);
  }
}

Result<Value> ImportWithBar(Session& session, const Object& arguments, const std::string& name) {
  auto answer = std::async(std::launch::async, [&] { return session.Call("import_chats", arguments); });
  ProgressBar bar(true);
  while (answer.wait_for(kRedrawEvery) != std::future_status::ready) ShowProgress(session, name, bar);
  return answer.get();
}

}  // namespace

Status RunChatImport(const CommandContext& context, const std::string& file) {
  ATTUNE_ASSIGN_OR_RETURN(const auto session, Session::Open(context));
  const std::string name = std::filesystem::path(file).filename().string();
  const Object arguments{{"path", file}, {"name", name}};
  ATTUNE_ASSIGN_OR_RETURN(const Value report, context.terminal ? ImportWithBar(*session, arguments, name)
                                                               : session->Call("import_chats", arguments));
  if (context.json) {
    PrintAsJson(report);
  } else {
    PrintImport(report);
  }
  return OkStatus();
}

}  // namespace attune::app

#include "session.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "attune/engine/data_folder.h"
#include "attune/metrics/log.h"
#include "attune/server/client.h"
#include "attune/server/operations.h"
#include "attune/server/serve.h"
#include "attune/server/url.h"
#include "attune/state/json.h"
#include "attune/sys/file_lock.h"
#include "attune/sys/file_system.h"

namespace attune::app {
namespace {

using server::Operation;
using server::Parameter;
using server::Place;
using state::Object;
using state::Value;

constexpr auto kHolderPoll = std::chrono::milliseconds(20);
// Whoever types a question once would type it again; a server promises its latency to many.
constexpr auto kBusyWait = std::chrono::seconds(10);
constexpr Duration kOneQuestionP99 = std::chrono::seconds(10);
constexpr Duration kRepairWait = std::chrono::minutes(1);  // who asks one question waits no longer than this

const Operation& OperationOf(std::string_view name) {
  const Operation* const operation = server::FindOperation(name);
  ATTUNE_CHECK(operation != nullptr, "the command line calls operations that exist");
  return *operation;
}

std::string TextOf(const Value& value) {
  if (const auto text = value.AsString()) return std::string(*text);
  return state::PrintJson(value);
}

class RemoteSession final : public Session {
 public:
  RemoteSession(std::string address, std::string token) : address_(std::move(address)), token_(std::move(token)) {}

  Result<std::string> CallText(std::string_view name, const Object& arguments) override {
    const Operation& operation = OperationOf(name);
    server::ClientRequest request;
    request.method = server::NameOf(operation.method);
    request.url = address_ + UrlPath(operation, arguments);
    request.token = token_;
    request.timeout = std::chrono::minutes(10);  // an import takes its time
    if (operation.body == server::BodyKind::kUpload) {
      if (const Value* path = arguments.Find(server::kUploadPathField)) request.body_file = TextOf(*path);
      request.content_type = "application/octet-stream";
    } else if (operation.body == server::BodyKind::kJson) {
      request.body = state::PrintJson(Body(operation, arguments));
    }
    const TimePoint give_up_at = SystemClock().Now() + kBusyWait;
    while (true) {
      ATTUNE_ASSIGN_OR_RETURN(server::ClientResponse response, server::Fetch(request));
      if (response.status < 300) return std::move(response.body);
      const bool busy = response.status == 503 && (operation.method == server::Method::kGet || name == "search");
      const Duration pause = RetryAfter(response);
      if (!busy || SystemClock().Now() + pause > give_up_at) return ErrorOf(response);
      std::this_thread::sleep_for(pause);
    }
  }

  const std::string& address() const noexcept override { return address_; }
  engine::Engine* engine() noexcept override { return nullptr; }
  Status Serve() override { return OkStatus(); }
  void WaitUntilSearchable() override {}

 private:
  static std::string UrlPath(const Operation& operation, const Object& arguments) {
    std::string path(operation.path);
    std::string query;
    for (const Parameter& parameter : operation.parameters) {
      const Value* const value = arguments.Find(parameter.name);
      if (value == nullptr) continue;
      if (parameter.place == Place::kPath) {
        const std::string name = "{" + std::string(parameter.name) + "}";
        path.replace(path.find(name), name.size(), server::PercentEncode(TextOf(*value)));
      }
      if (parameter.place == Place::kQuery) {
        query +=
            (query.empty() ? "?" : "&") + std::string(parameter.name) + "=" + server::PercentEncode(TextOf(*value));
      }
    }
    return path + query;
  }

  static Value Body(const Operation& operation, const Object& arguments) {
    Object body;
    for (const Parameter& parameter : operation.parameters) {
      const Value* const value = arguments.Find(parameter.name);
      if (parameter.place == Place::kBody && value != nullptr) body.Set(parameter.name, *value);
    }
    return body;
  }

  // When a busy server wants to be asked again.
  static Duration RetryAfter(const server::ClientResponse& response) {
    const auto problem = state::ParseJson(response.body);
    const Value* const after = problem.ok() ? problem->Find("retry_after_ms") : nullptr;
    const double milliseconds = after != nullptr ? after->AsDouble().value_or(0) : 0;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(milliseconds, 10.0, 10'000.0)));
  }

  // What a problem document says, as the engine said it.
  static Error ErrorOf(const server::ClientResponse& response) {
    std::string detail = "the server answered " + std::to_string(response.status);
    if (const auto problem = state::ParseJson(response.body); problem.ok()) {
      if (const Value* text = problem->Find("detail")) detail = TextOf(*text);
    }
    switch (response.status) {
      case 401:
      case 403:
        return {ErrorCode::kDenied, detail + " (the token comes from --token-file)"};
      case 404:
        return {ErrorCode::kNotFound, detail};
      case 409:
        return {ErrorCode::kConflict, detail};
      case 503:
        return {ErrorCode::kExhausted, detail};
      default:
        return {response.status < 500 ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable, detail};
    }
  }

  const std::string address_;
  const std::string token_;
};

class LocalSession final : public Session {
 public:
  explicit LocalSession(engine::Settings settings)
      : settings_(std::move(settings)), log_(SystemClock(), sink_, {.level_min = metrics::LogLevel::kWarning}) {}

  Status Start(const std::string& data_dir) {
    engine::EngineConfig config = settings_.engine;
    config.data_dir = data_dir;
    config.roots.clear();
    // The first search finds nothing in memory: late is better than refused where nobody else waits.
    config.p99 = std::max(config.p99, kOneQuestionP99);
    ATTUNE_ASSIGN_OR_RETURN(engine_,
                            engine::Engine::Open(std::move(config), {SystemClock(), sys::RealFileSystem(), log_}));
    return OkStatus();
  }

  Result<std::string> CallText(std::string_view name, const Object& arguments) override {
    if (name == "search") WaitUntilSearchable();
    std::promise<Result<server::Answer>> promise;
    auto answered = promise.get_future();
    server::Invoke(*engine_, OperationOf(name), arguments,
                   [&](Result<server::Answer> answer) { promise.set_value(std::move(answer)); });
    ATTUNE_ASSIGN_OR_RETURN(server::Answer answer, answered.get());
    return std::move(answer.body);
  }

  const std::string& address() const noexcept override { return address_; }
  engine::Engine* engine() noexcept override { return engine_.get(); }

  Status Serve() override {
    ATTUNE_ASSIGN_OR_RETURN(server::ServerConfig config, ServerConfigOf(settings_, *engine_));
    config.http.address = "127.0.0.1";
    config.http.port = 0;
    ATTUNE_ASSIGN_OR_RETURN(server_, server::Server::Start(*engine_, log_, std::move(config)));
    return OkStatus();
  }
  void WaitUntilSearchable() override {
    if (!engine_->WaitUntilSearchable(engine_->clock().Now() + kRepairWait, {})) {
      log_.Warning("the index is still being completed from the database; answers may miss something");
    }
  }

 private:
  const engine::Settings settings_;
  const std::string address_;
  metrics::StderrSink sink_;
  metrics::Logger log_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<server::Server> server_;  // ends before the engine
};

// Nothing when somebody else took the folder meanwhile.
Result<std::unique_ptr<Session>> OpenHere(const CommandContext& context, const std::string& data_dir) {
  auto local = std::make_unique<LocalSession>(context.settings);
  const Status started = local->Start(data_dir);
  if (started.ok()) return std::unique_ptr<Session>(std::move(local));
  if (started.error().code() == ErrorCode::kConflict) return std::unique_ptr<Session>();
  return started.error();
}

}  // namespace

Result<std::string> TokenOf(const engine::Settings& settings) {
  if (settings.token_file.empty()) return std::string();
  return server::ReadToken(sys::RealFileSystem(), settings.token_file);
}

Result<server::ServerConfig> ServerConfigOf(const engine::Settings& settings, const engine::Engine& engine) {
  server::ServerConfig config;
  config.http.address = settings.address;
  config.http.port = settings.port;
  config.hosts_allowed = settings.hosts;
  config.upload_dir = engine.folder().temporary_directory();
  ATTUNE_ASSIGN_OR_RETURN(config.token, TokenOf(settings));
  return config;
}

Result<std::unique_ptr<Session>> Session::Open(const CommandContext& context) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string data_dir, FindDataDir(context));
  const engine::DataFolder folder(data_dir);
  const auto info = sys::RealFileSystem().Stat(folder.database_path());
  if (!info.ok()) {
    return Error(ErrorCode::kNotFound, "nothing is remembered in " + data_dir + " yet; start with: attune up DIR");
  }
  const TimePoint give_up_at = SystemClock().Now() + kHolderWait;
  while (true) {
    const auto holder = sys::FileLock::ReadHolder(folder.lock_path());
    const bool held = holder.ok() && holder->has_value();
    if (held && (*holder)->note.starts_with("http")) {
      ATTUNE_ASSIGN_OR_RETURN(std::string token, TokenOf(context.settings));
      return std::unique_ptr<Session>(new RemoteSession((*holder)->note, std::move(token)));
    }
    if (!held) {
      ATTUNE_ASSIGN_OR_RETURN(auto here, OpenHere(context, data_dir));
      if (here) return here;
    }
    if (SystemClock().Now() > give_up_at) {
      return Error(ErrorCode::kConflict, (held ? "process " + std::to_string((*holder)->pid) : "another process") +
                                             " has " + data_dir +
                                             " open and offers no server (attune up --once and chat import do not); "
                                             "try again when it has ended");
    }
    std::this_thread::sleep_for(kHolderPoll);
  }
}

Result<Value> Session::Call(std::string_view operation, const Object& arguments) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, CallText(operation, arguments));
  if (text.empty()) return Value();
  return state::ParseJson(text);
}

}  // namespace attune::app

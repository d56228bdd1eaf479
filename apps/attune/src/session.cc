#include "session.h"

#include <future>
#include <utility>

#include "attune/engine/data_folder.h"
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
    ATTUNE_ASSIGN_OR_RETURN(server::ClientResponse response, server::Fetch(request));
    if (response.status < 300) return std::move(response.body);
    return ErrorOf(response);
  }

  const std::string& address() const noexcept override { return address_; }
  engine::Engine* engine() noexcept override { return nullptr; }

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
  LocalSession() : log_(SystemClock(), sink_, {.level_min = metrics::LogLevel::kWarning}) {}

  Status Start(engine::EngineConfig config) {
    ATTUNE_ASSIGN_OR_RETURN(engine_,
                            engine::Engine::Open(std::move(config), {SystemClock(), sys::RealFileSystem(), log_}));
    return OkStatus();
  }

  Result<std::string> CallText(std::string_view name, const Object& arguments) override {
    std::promise<Result<server::Answer>> promise;
    auto answered = promise.get_future();
    server::Invoke(*engine_, OperationOf(name), arguments,
                   [&](Result<server::Answer> answer) { promise.set_value(std::move(answer)); });
    ATTUNE_ASSIGN_OR_RETURN(server::Answer answer, answered.get());
    return std::move(answer.body);
  }

  const std::string& address() const noexcept override { return address_; }
  engine::Engine* engine() noexcept override { return engine_.get(); }

 private:
  const std::string address_;
  metrics::StderrSink sink_;
  metrics::Logger log_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace

Result<std::string> TokenOf(const engine::Settings& settings) {
  if (settings.token_file.empty()) return std::string();
  return server::ReadToken(sys::RealFileSystem(), settings.token_file);
}

Result<std::unique_ptr<Session>> Session::Open(const CommandContext& context) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string data_dir, FindDataDir(context));
  const engine::DataFolder folder(data_dir);
  const auto info = sys::RealFileSystem().Stat(folder.database_path());
  if (!info.ok()) {
    return Error(ErrorCode::kNotFound, "nothing is remembered in " + data_dir + " yet; start with: attune up DIR");
  }
  const auto holder = sys::FileLock::ReadHolder(folder.lock_path());
  if (holder.ok() && *holder) {
    if (!(*holder)->note.starts_with("http")) {
      return Error(ErrorCode::kConflict, "process " + std::to_string((*holder)->pid) + " has " + data_dir +
                                             " open and no server yet; try again in a moment");
    }
    ATTUNE_ASSIGN_OR_RETURN(std::string token, TokenOf(context.settings));
    return std::unique_ptr<Session>(new RemoteSession((*holder)->note, std::move(token)));
  }
  auto local = std::make_unique<LocalSession>();
  engine::EngineConfig config = context.settings.engine;
  config.data_dir = data_dir;
  config.roots.clear();
  ATTUNE_RETURN_IF_ERROR(local->Start(std::move(config)));
  return std::unique_ptr<Session>(std::move(local));
}

Result<Value> Session::Call(std::string_view operation, const Object& arguments) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, CallText(operation, arguments));
  if (text.empty()) return Value();
  return state::ParseJson(text);
}

}  // namespace attune::app

#include "attune/server/mcp.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "attune/base/duration.h"
#include "attune/control/nearest_name.h"
#include "attune/engine/engine.h"
#include "attune/state/fields.h"
#include "attune/state/json.h"
#include "json_rpc.h"
#include "mcp_results.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

using state::Value;

constexpr std::array<std::string_view, 3> kRevisions{"2025-06-18", "2025-03-26", "2024-11-05"};
constexpr std::string_view kBatchRevision = "2025-03-26";
constexpr std::string_view kStructuredRevision = "2025-06-18";  // the first with output schemas
constexpr std::size_t kBatchMax = 32;                           // each may be a search
constexpr std::size_t kDepthMax = 64;                           // our deepest argument has four levels
constexpr std::size_t kNotesListed = 50;                        // what a person would look through

using Send = std::function<void(std::string)>;

std::function<void(const Error&)> Refusal(const Value& id, const Send& done) {
  return [id, done](const Error& why) { done(RpcErrorText(id, {RpcError::kBusy, why.message()})); };
}

// Collects the replies of a batch and sends them as one array when the last has come.
class Batch {
 public:
  Batch(std::size_t count, Send done) : waiting_(count), done_(std::move(done)) {}

  void Add(const std::string& reply) {
    std::unique_lock lock(mutex_);
    if (!reply.empty()) replies_.append(replies_.empty() ? "[" : ",").append(reply);
    if (--waiting_ > 0) return;
    std::string all = replies_.empty() ? std::string() : replies_ + "]";
    lock.unlock();
    done_(std::move(all));
  }

 private:
  std::mutex mutex_;
  std::size_t waiting_;  // guarded by mutex_, as is the rest
  std::string replies_;
  Send done_;
};

}  // namespace

class McpSession::State : public std::enable_shared_from_this<State> {
 public:
  State(engine::Engine& engine, McpConfig config) : engine_(engine), config_(config) {}

  void Receive(std::string_view text, Send done);
  bool initialized() const {
    const std::lock_guard lock(mutex_);
    return !revision_.empty();
  }

 private:
  void ReceiveBatch(const state::Array& messages, Send done);
  void ReceiveOne(const Value& value, Send done);
  void Notify(const RpcMessage& message);
  void Answer(const RpcMessage& message, Send done);
  void Initialize(const RpcMessage& message, const Send& done);
  void CallTool(const RpcMessage& message, Send done);
  void ListResources(const RpcMessage& message, Send done);
  void ReadResource(const RpcMessage& message, Send done);

  // A request that waits for the engine. Its reply is dropped when it was cancelled.
  bool Begin(const std::string& key);
  bool End(const std::string& key);  // whether its reply is still wanted
  void Cancel(const Value* id);

  std::string revision() const {
    const std::lock_guard lock(mutex_);
    return revision_;
  }

  engine::Engine& engine_;
  const McpConfig config_;
  mutable std::mutex mutex_;
  std::string revision_;                   // guarded by mutex_; empty before "initialize"
  std::map<std::string, bool> in_flight_;  // guarded by mutex_; id as JSON, whether cancelled
};

void McpSession::State::Receive(std::string_view text, Send done) {
  Result<Value> value = state::ParseJson(text, {.depth_max = kDepthMax, .size_max = config_.message_max});
  if (!value.ok()) {
    const bool too_large = value.error().code() == ErrorCode::kExhausted;
    done(RpcErrorText({}, {too_large ? RpcError::kInvalidRequest : RpcError::kParse, value.error().message()}));
    return;
  }
  if (const state::Array* batch = value->AsArray()) {
    ReceiveBatch(*batch, std::move(done));
  } else {
    ReceiveOne(*value, std::move(done));
  }
}

void McpSession::State::ReceiveBatch(const state::Array& messages, Send done) {
  const auto refuse = [&](std::string why) { done(RpcErrorText({}, {RpcError::kInvalidRequest, std::move(why)})); };
  if (revision() != kBatchRevision) return refuse("send one message at a time: this revision has no batches");
  if (messages.empty()) return refuse("an empty batch asks nothing");
  if (messages.size() > kBatchMax) {
    return refuse("a batch has at most " + std::to_string(kBatchMax) + " messages, found " +
                  std::to_string(messages.size()));
  }
  auto batch = std::make_shared<Batch>(messages.size(), std::move(done));
  for (const Value& message : messages) {
    ReceiveOne(message, [batch](const std::string& reply) { batch->Add(reply); });
  }
}

void McpSession::State::ReceiveOne(const Value& value, Send done) {
  const std::variant<RpcMessage, RpcFault> read = ReadRpcMessage(value);
  if (const auto* fault = std::get_if<RpcFault>(&read)) {
    done(RpcErrorText(fault->id, fault->error));
    return;
  }
  const RpcMessage& message = std::get<RpcMessage>(read);
  if (message.kind != RpcMessage::Kind::kRequest) {
    Notify(message);
    done({});
    return;
  }
  const std::string key = state::PrintJson(message.id);
  if (!Begin(key)) {
    done(RpcErrorText(message.id,
                      {RpcError::kBusy, "the id is in use, or more than " + std::to_string(config_.in_flight_max) +
                                            " requests are waiting; try again later"}));
    return;
  }
  auto reply = [self = shared_from_this(), key, done = std::move(done)](std::string text) {
    done(self->End(key) ? std::move(text) : std::string());
  };
  Answer(message, std::move(reply));
}

void McpSession::State::Notify(const RpcMessage& message) {
  if (message.kind == RpcMessage::Kind::kNotification && message.method == "notifications/cancelled") {
    Cancel(message.parameters.Find("requestId"));
  }
}

// What the engine has begun it also ends; only the reply is given up.
void McpSession::State::Cancel(const Value* id) {
  if (id == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto found = in_flight_.find(state::PrintJson(*id));
  if (found != in_flight_.end()) found->second = true;
}

bool McpSession::State::Begin(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return in_flight_.size() < config_.in_flight_max && in_flight_.emplace(key, false).second;
}

bool McpSession::State::End(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = in_flight_.find(key);
  const bool wanted = found != in_flight_.end() && !found->second;
  if (found != in_flight_.end()) in_flight_.erase(found);
  return wanted;
}

void McpSession::State::Answer(const RpcMessage& message, Send done) {
  const std::string_view method = message.method;
  const std::string spoken = revision();
  const bool structured = spoken == kStructuredRevision;
  if (method == "initialize") return Initialize(message, done);
  if (method == "ping") return done(RpcResultText(message.id, "{}"));
  if (spoken.empty()) {
    return done(RpcErrorText(message.id, {RpcError::kInvalidRequest,
                                          "the session begins with 'initialize', found '" + message.method + "'"}));
  }
  if (method == "tools/call") return CallTool(message, std::move(done));
  if (method == "resources/read") return ReadResource(message, std::move(done));
  const bool is_list = method == "tools/list" || method == "resources/list" || method == "resources/templates/list";
  if (is_list && message.parameters.Find("cursor") != nullptr) {
    return done(
        RpcErrorText(message.id, {RpcError::kInvalidParameters, "parameter 'cursor': every list has one page"}));
  }
  if (method == "tools/list") return done(RpcResultText(message.id, ToolListResult(structured)));
  if (method == "resources/templates/list") return done(RpcResultText(message.id, ResourceTemplatesResult()));
  if (method == "resources/list") return ListResources(message, std::move(done));
  done(RpcErrorText(message.id, {RpcError::kUnknownMethod, "there is no method '" + message.method + "'"}));
}

void McpSession::State::Initialize(const RpcMessage& message, const Send& done) {
  const Result<std::string_view> asked = state::RequireString(message.parameters, "protocolVersion", "params");
  if (!asked.ok()) {
    done(RpcErrorText(message.id, {RpcError::kInvalidParameters, asked.error().message()}));
    return;
  }
  const bool known = std::ranges::find(kRevisions, *asked) != kRevisions.end();
  const std::string spoken(known ? *asked : kRevisions.front());
  {
    const std::lock_guard lock(mutex_);
    if (revision_.empty()) revision_ = spoken;
  }
  done(RpcResultText(message.id, InitializeResult(spoken, engine_.status().version)));
}

void McpSession::State::CallTool(const RpcMessage& message, Send done) {
  const Result<std::string_view> name = state::RequireString(message.parameters, "name", "params");
  if (!name.ok()) {
    return done(RpcErrorText(message.id, {RpcError::kInvalidParameters, name.error().message()}));
  }
  const Operation* tool = FindTool(*name);
  if (tool == nullptr) {
    std::vector<std::string> names;
    for (const Operation& operation : Operations()) {
      if (!operation.tool.empty()) names.emplace_back(operation.tool);
    }
    std::string why = "there is no tool '" + std::string(*name) + "'";
    if (const auto nearest = control::NearestName(*name, names)) why += "; did you mean '" + *nearest + "'?";
    return done(RpcErrorText(message.id, {RpcError::kInvalidParameters, why}));
  }
  const Value* arguments = message.parameters.Find("arguments");
  const bool structured = revision() == kStructuredRevision;
  auto reply = [self = shared_from_this(), tool, structured, id = message.id,
                done = std::move(done)](const Result<server::Answer>& answer) {
    if (answer.ok()) return done(RpcResultText(id, ToolAnswerResult(*tool, *answer, structured)));
    std::string why = answer.error().message();
    if (answer.error().code() == ErrorCode::kExhausted || answer.error().code() == ErrorCode::kDeadline) {
      why += " (try again in " + ToString(self->engine_.retry_after()) + ")";
    }
    done(RpcResultText(id, ToolErrorResult(why)));
  };
  Invoke(engine_, *tool, arguments == nullptr ? Value() : *arguments, std::move(reply));
}

void McpSession::State::ListResources(const RpcMessage& message, Send done) {
  auto refused = Refusal(message.id, done);
  auto work = [self = shared_from_this(), id = message.id, done = std::move(done)] {
    const Result<std::vector<engine::Note>> notes = self->engine_.Notes(kNotesListed, 0);
    if (notes.ok()) return done(RpcResultText(id, ResourceListResult(*notes)));
    done(RpcErrorText(id, {RpcError::kInternal, notes.error().message()}));
  };
  RunOn(engine_, exec::Lane::kInteractive, std::move(work), std::move(refused));
}

void McpSession::State::ReadResource(const RpcMessage& message, Send done) {
  const Result<std::string_view> uri = state::RequireString(message.parameters, "uri", "params");
  if (!uri.ok()) {
    return done(RpcErrorText(message.id, {RpcError::kInvalidParameters, uri.error().message()}));
  }
  if (!uri->starts_with(kPassageUriPrefix)) {
    return done(RpcErrorText(message.id, {RpcError::kNoResource, "there is no resource '" + std::string(*uri) +
                                                                     "'; passages are attune://passage/{id}"}));
  }
  auto refused = Refusal(message.id, done);
  auto work = [self = shared_from_this(), id = message.id, uri = std::string(*uri), done = std::move(done)] {
    const Result<engine::Passage> passage = self->engine_.ReadPassage(uri.substr(kPassageUriPrefix.size()));
    if (passage.ok()) return done(RpcResultText(id, ResourceReadResult(uri, *passage)));
    const bool absent =
        passage.error().code() == ErrorCode::kNotFound || passage.error().code() == ErrorCode::kInvalidArgument;
    done(RpcErrorText(id, {absent ? RpcError::kNoResource : RpcError::kInternal, passage.error().message()}));
  };
  RunOn(engine_, exec::Lane::kInteractive, std::move(work), std::move(refused));
}

McpSession::McpSession(engine::Engine& engine, McpConfig config) : state_(std::make_shared<State>(engine, config)) {}

void McpSession::Receive(std::string_view message, std::function<void(std::string)> done) {
  state_->Receive(message, std::move(done));
}

bool McpSession::initialized() const { return state_->initialized(); }

std::span<const std::string_view> McpSession::Revisions() { return kRevisions; }

std::string McpRefusal(std::string_view message, const std::string& why) {
  const Result<Value> value = state::ParseJson(message, {.depth_max = kDepthMax});
  if (!value.ok()) return RpcErrorText({}, {RpcError::kParse, value.error().message()});
  const auto refuse = [&why](const Value& one) -> std::string {
    const std::variant<RpcMessage, RpcFault> read = ReadRpcMessage(one);
    if (const auto* fault = std::get_if<RpcFault>(&read)) return RpcErrorText(fault->id, fault->error);
    const RpcMessage& request = std::get<RpcMessage>(read);
    if (request.kind != RpcMessage::Kind::kRequest) return {};
    return RpcErrorText(request.id, {RpcError::kInternal, why});
  };
  const state::Array* const batch = value->AsArray();
  if (batch == nullptr) return refuse(*value);
  std::string replies;
  for (const Value& one : *batch) {
    const std::string reply = refuse(one);
    if (!reply.empty()) replies.append(replies.empty() ? "[" : ",").append(reply);
  }
  return replies.empty() ? replies : replies + "]";
}

}  // namespace attune::server

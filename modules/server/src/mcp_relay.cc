#include "attune/server/mcp_relay.h"

#include <utility>
#include <variant>

#include "attune/server/mcp.h"
#include "attune/state/json.h"
#include "json_rpc.h"
#include "mcp_headers.h"

namespace attune::server {
namespace {

constexpr std::string_view kInitialized = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

bool IsOpening(const std::string& message) {
  const auto value = state::ParseJson(message);
  if (!value.ok()) return false;
  const auto read = ReadRpcMessage(*value);
  const auto* const request = std::get_if<RpcMessage>(&read);
  return request != nullptr && request->kind == RpcMessage::Kind::kRequest && request->method == "initialize";
}

bool IsJsonRpc(const std::string& body) {
  const auto value = state::ParseJson(body);
  if (!value.ok()) return false;
  const state::Array* const batch = value->AsArray();
  const state::Value* const version = batch == nullptr ? value->Find("jsonrpc") : nullptr;
  return batch != nullptr || (version != nullptr && version->AsString() == "2.0");
}

// The words of a problem document, or the status alone.
std::string WordsOf(const ClientResponse& response, const std::string& address) {
  std::string words = address + " answered with status " + std::to_string(response.status);
  const auto problem = state::ParseJson(response.body);
  if (!problem.ok()) return words;
  for (const char* key : {"detail", "remedy"}) {
    const state::Value* const text = problem->Find(key);
    if (text != nullptr && text->AsString()) words.append(": ").append(*text->AsString());
  }
  if (response.status == 401) words += " (attune mcp takes it from --token-file)";
  return words;
}

}  // namespace

void McpRelay::Connect(std::string address, std::string token) {
  address_ = std::move(address);
  token_ = std::move(token);
  session_.clear();
}

Result<std::string> McpRelay::Exchange(const std::string& message) {
  const bool opens = opening_.empty() && IsOpening(message);
  if (opens) opening_ = message;
  if (!opens && !opening_.empty() && session_.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(const std::string trouble, BeginAgain());
    if (!trouble.empty()) return McpRefusal(message, trouble);
  }
  ATTUNE_ASSIGN_OR_RETURN(const Delivery delivery, Post(message));
  if (!delivery.trouble.empty()) return McpRefusal(message, delivery.trouble);
  const ClientResponse& response = delivery.response;
  if (response.status == 404 && !session_.empty()) {
    session_.clear();
    return Error(ErrorCode::kUnavailable, address_ + " no longer knows the session");
  }
  if (const std::string* const session = response.Find(kSessionHeader)) session_ = *session;
  if (response.status == 202 || response.status == 204) return std::string();
  if (IsJsonRpc(response.body)) return response.body;
  return McpRefusal(message, WordsOf(response, address_));
}

Result<std::string> McpRelay::BeginAgain() {
  ATTUNE_ASSIGN_OR_RETURN(const Delivery begun, Post(opening_));
  if (!begun.trouble.empty()) return begun.trouble;
  const std::string* const session = begun.response.Find(kSessionHeader);
  if (session == nullptr) return WordsOf(begun.response, address_);
  session_ = *session;
  ATTUNE_ASSIGN_OR_RETURN(const Delivery told, Post(std::string(kInitialized)));
  return told.trouble;
}

Result<McpRelay::Delivery> McpRelay::Post(const std::string& message) const {
  bool reached = false;
  ClientRequest request;
  request.method = "POST";
  request.url = address_ + "/mcp";
  request.token = token_;
  request.body = message;
  request.timeout = answer_within_;
  request.on_reached = [&reached] { reached = true; };
  request.headers.push_back({"Accept", "application/json, text/event-stream"});
  if (!session_.empty()) request.headers.push_back({std::string(kSessionHeader), session_});
  Result<ClientResponse> response = Fetch(request);
  if (response.ok()) return Delivery{.response = *std::move(response), .trouble = {}};
  if (!reached) return Error(ErrorCode::kUnavailable, response.error().message());
  return Delivery{
      .response = {},
      .trouble = response.error().message() + "; it may have been carried out, so look before asking again"};
}

}  // namespace attune::server

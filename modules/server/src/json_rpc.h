#pragma once
// JSON-RPC 2.0 messages as MCP uses them.
//
// Threads    pure functions over values.

#include <string>
#include <string_view>
#include <variant>

#include "attune/state/value.h"

namespace attune::server {

struct RpcError {
  static constexpr int kParse = -32700;
  static constexpr int kInvalidRequest = -32600;
  static constexpr int kUnknownMethod = -32601;
  static constexpr int kInvalidParameters = -32602;
  static constexpr int kInternal = -32603;
  static constexpr int kNoResource = -32002;
  static constexpr int kBusy = -32000;

  int code = kInternal;
  std::string message;
};

struct RpcMessage {
  enum class Kind : std::uint8_t { kRequest, kNotification, kResponse };
  Kind kind = Kind::kRequest;
  state::Value id;  // of a request
  std::string method;
  state::Value parameters;  // null when absent
};

// What is wrong, and the id if it could be read, so that the error reaches its request.
struct RpcFault {
  state::Value id;
  RpcError error;
};

std::variant<RpcMessage, RpcFault> ReadRpcMessage(const state::Value& value);

std::string RpcResultText(const state::Value& id, std::string_view result_json);
std::string RpcErrorText(const state::Value& id, const RpcError& error);

}  // namespace attune::server

#pragma once
// McpSession: one conversation in the Model Context Protocol, as messages in and messages
// out. It knows no transport; mcp_stdio.h and mcp_http.h carry it.
//
//   McpSession session(engine);
//   session.Receive(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", [](std::string reply) { Send(reply); });
//
// Revisions  2025-06-18, 2025-03-26 and 2024-11-05; a client that asks for another one is
//            offered the first. Batches exist in 2025-03-26 alone.
// Ownership  borrows the engine, which outlives every call that is under way; the session
//            itself may go earlier, its answers then still come.
// Threads    thread-safe. `done` is called exactly once for each message, on the caller's thread
//            or on one of the engine.
// Bounds     message_max bytes and 64 levels for a message, in_flight_max calls at a time,
//            kBatchMax messages in a batch.
// Errors     all become JSON-RPC errors: -32700 no JSON, -32600 no request, -32601 no such method,
//            -32602 wrong parameters, -32002 no such resource, -32000 too much at once. A tool that
//            fails, or is called with wrong arguments, answers a result with isError, so that
//            the model reads what was wrong.

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"

namespace attune::engine {
class Engine;
}

namespace attune::server {

struct McpConfig {
  Bytes message_max{8ULL << 20U};  // one message; a chat message of 4 MiB fits, escaped
  std::size_t in_flight_max = 64;  // calls of one session that wait for the engine
};

class McpSession {
 public:
  explicit McpSession(engine::Engine& engine, McpConfig config = {});

  // `done` gets the reply, or an empty text when the message wants none.
  void Receive(std::string_view message, std::function<void(std::string reply)> done);

  bool initialized() const;  // "initialize" has been answered

  static std::span<const std::string_view> Revisions();  // newest first

 private:
  class State;
  std::shared_ptr<State> state_;
};

// What a client hears about a message that never reached a session: an error for each request in it,
// empty when it has none. Any text may come.
std::string McpRefusal(std::string_view message, const std::string& why);

}  // namespace attune::server

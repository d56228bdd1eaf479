#pragma once
// MCP on standard input and output: one JSON-RPC message a line, as assistants start a
// local server.
//
//   return ServeMcpStdio(engine, {.input = 0, .output = 1}, stop);   // until the input ends
//
// The second form hands the messages to whoever carries them elsewhere (mcp_relay.h).
//
// Ownership  borrows the engine and the descriptors; closes neither.
// Threads    runs on the calling thread until the end, with one more that writes. Nothing
//            else may write to `output` meanwhile.
// Bounds     a line is at most line_max bytes: a longer one is answered with an error and
//            skipped. While kRepliesWaitingMax replies wait for a reader that does not read,
//            no further message is taken.
// Errors     kUnavailable when reading or writing fails; a closed output is the end as well. A
//            stop request ends it with OK; replies under way are still written.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/server/mcp.h"

namespace attune::server {

struct McpStdioConfig {
  int input = 0;
  int output = 1;
  Bytes line_max{8ULL << 20U};
};

Status ServeMcpStdio(engine::Engine& engine, const McpStdioConfig& config, std::stop_token stop);

// Gets one message at a time, on the calling thread, and calls `done` exactly once for each, on any
// thread: with the reply, or an empty text when the message wants none.
using McpReceiver = std::function<void(std::string_view message, std::function<void(std::string reply)> done)>;
Status ServeMcpStdio(const McpReceiver& receive, const McpStdioConfig& config, std::stop_token stop);

}  // namespace attune::server

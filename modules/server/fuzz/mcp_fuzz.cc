// MCP messages before and after "initialize": every message gets exactly one end, and every
// reply is JSON.
#include <cstdint>
#include <string_view>

#include "../tests/fake_engine.h"
#include "attune/base/check.h"
#include "attune/server/mcp.h"
#include "attune/state/json.h"

namespace {

void Receive(attune::server::McpSession& session, std::string_view message) {
  std::atomic<int> ends{0};
  session.Receive(message, [&](const std::string& reply) {
    if (!reply.empty()) ATTUNE_CHECK(attune::state::ParseJson(reply).ok(), "a reply is JSON");
    ends.fetch_add(1);
    ends.notify_all();
  });
  ends.wait(0);
  ATTUNE_CHECK(ends == 1, "one end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune;
  static server::FakeEngine engine;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  server::McpSession session(engine);
  Receive(session, text);
  const char* revision = size % 2 == 0 ? "2025-06-18" : "2025-03-26";
  Receive(session, std::string(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")") +
                       revision + "\"}}");
  Receive(session, text);
  // The same bytes where they are most likely to be read as something.
  for (const char* method : {"tools/call", "resources/read", "tools/list"}) {
    Receive(session,
            std::string(R"({"jsonrpc":"2.0","id":1,"method":")") + method + "\",\"params\":" + std::string(text) + "}");
  }
  return 0;
}

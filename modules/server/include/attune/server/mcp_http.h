#pragma once
// McpEndpoint: MCP over HTTP ("streamable HTTP"). A POST carries one message and is
// answered with JSON, or with 202 when there is nothing to say; there is no stream from the
// server, so GET is not offered.
//
// Sessions   begin with "initialize"; its answer names one in Mcp-Session-Id, and every later
//            request must. DELETE ends one; so does idle_max without a request.
// Ownership  owns the sessions; borrows engine and clock, which outlive it.
// Threads    thread-safe. `done` may be called on a thread of the engine.
// Bounds     sessions_max; beyond it the one that has been idle longest makes room if it has
//            been idle for evict_after, else 503.
// Errors     as HTTP: 400 without a session or with an unknown revision, 404 for a session that is
//            gone (the client begins a new one), 406 and 415 for the wrong types.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "attune/base/clock.h"
#include "attune/server/http_message.h"
#include "attune/server/mcp.h"

namespace attune::server {

struct McpEndpointConfig {
  std::size_t sessions_max = 64;  // assistants on one machine; a session is under 1 KiB when idle
  Duration idle_max = std::chrono::minutes(30);
  Duration evict_after = std::chrono::minutes(1);
  McpConfig session = {};
};

class McpEndpoint {
 public:
  McpEndpoint(engine::Engine& engine, const Clock& clock, McpEndpointConfig config = {});

  void Post(const HttpRequest& request, Respond done);
  HttpResponse Delete(const HttpRequest& request);
  std::size_t sessions() const;

 private:
  struct Entry {
    std::shared_ptr<McpSession> session;
    TimePoint used;
  };

  void Begin(const HttpRequest& request, const Respond& done);
  Result<std::string> Keep(std::shared_ptr<McpSession> session);  // its id; kExhausted when there is no room
  std::shared_ptr<McpSession> Find(const std::string& id);
  void DropIdle(TimePoint now);  // REQUIRES: mutex_ held
  bool MakeRoom(TimePoint now);  // REQUIRES: mutex_ held

  engine::Engine& engine_;
  const Clock& clock_;
  const McpEndpointConfig config_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> sessions_;  // guarded by mutex_
};

}  // namespace attune::server

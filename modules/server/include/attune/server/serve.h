#pragma once
// Server: an engine over HTTP: the API of operations.h, live events, MCP and the page.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto server, Server::Start(*engine, log, {.upload_dir = data_dir + "/tmp"}));
//   std::cout << server->address() << '\n';   // http://127.0.0.1:7420
//
// Ownership  owns its sockets and threads; borrows engine and log, which outlive it.
// Threads    thread-safe. One server per engine: it registers metrics under fixed names.
// Cost       see http_server.h.
// Errors     Start: kDenied for an address beyond this machine without a token, kConflict when the
//            port is taken, kInvalidArgument names the field.
// Shutdown   the destructor ends streams at once, lets requests end, and waits for what the
//            engine still owes.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/engine/engine.h"
#include "attune/metrics/log.h"
#include "attune/server/event_feed.h"
#include "attune/server/http_server.h"
#include "attune/server/mcp_http.h"
#include "attune/sys/file_system.h"

namespace attune::server {

struct ServerConfig {
  HttpServerConfig http = {};
  std::string token = {};                       // asked of everybody when not empty
  std::vector<std::string> hosts_allowed = {};  // further Host names: "box.local" or "box.local:8080"
  std::string upload_dir = {};                  // for bodies on their way to an import; made when missing
  Bytes json_max{8ULL << 20U};                  // a body; parsing it takes a multiple of that for a moment
  Bytes upload_max{4ULL << 30U};                // an export file; goes to disk, not to memory
  Bytes gzip_min{4ULL << 10U};                  // smaller answers are sent as they are
  bool gzip_on_loopback = false;                // costs more than it saves there
  EventFeedConfig events = {};
  McpEndpointConfig mcp = {};
};

// kInvalidArgument or kDenied names the field, its value and the remedy.
Status Validate(const ServerConfig& config);

class Server {
 public:
  static Result<std::unique_ptr<Server>> Start(engine::Engine& engine, metrics::Logger& log, ServerConfig config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept;
  std::string address() const;  // "http://127.0.0.1:7420"
  void Stop();                  // what the destructor does; twice does nothing more

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The token in a file: its first line, visible ASCII characters, at least 16 of them.
Result<std::string> ReadToken(const sys::FileSystem& files, const std::string& path);

}  // namespace attune::server

#pragma once
// HttpServer: HTTP/1.1 on a TCP port. It reads requests, hands them to an HttpHandler
// and writes the answers; what a path means is not its business.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto server, HttpServer::Start({.port = 0}, handler, SystemClock()));
//   Connect(server->port());
//
// Ownership  owns the sockets and the threads; borrows handler and clock, which outlive it.
// Threads    io_threads of its own. The handler is called on them. port() and Stop are thread-safe.
// Cost       a connection takes about 3 KiB plus what it sends; a request one coroutine resume
//            for each system call. No thread waits for a client.
// Slow clients  a header must arrive within header_timeout of its first byte (else 408), a body
//            within body_timeout plus its size at 64 KiB/s (else 408); an answer of which nothing
//            is accepted for write_timeout closes the connection.
// Too much   beyond connections_max a new connection gets 503 and is closed; beyond
//            requests_in_flight_max a request gets 503 with Retry-After.
// Order      answers to pipelined requests come in the order of the requests.
// Errors     Start: kInvalidArgument for an address that is none, kConflict when the port is
//            taken, kDenied when the system forbids it.
// Shutdown   the destructor stops accepting, lets requests in flight end for stop_grace, then
//            closes what is left, and returns when the handler owes no answer any more.

#include <cstdint>
#include <memory>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/server/http_message.h"

namespace attune::server {

struct HttpServerConfig {
  std::string address = "127.0.0.1";  // an IP address; names are not resolved
  std::uint16_t port = 0;             // 0: any free one
  std::uint32_t io_threads = 1;       // one carries tens of thousands of requests a second

  Bytes header_max{16ULL << 10U};  // request line and headers together
  Bytes url_max{8ULL << 10U};

  Duration idle_timeout = std::chrono::seconds(75);    // between requests of a kept connection
  Duration header_timeout = std::chrono::seconds(10);  // from the first byte to the empty line
  Duration body_timeout = std::chrono::seconds(30);    // plus one second for every 64 KiB received
  Duration write_timeout = std::chrono::seconds(20);   // without any progress
  Duration stop_grace = std::chrono::seconds(3);

  std::size_t connections_max = 512;  // a descriptor and its buffers each
  std::size_t requests_in_flight_max = 256;
};

// kInvalidArgument names the field, its value and what is allowed.
Status Validate(const HttpServerConfig& config);

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerConfig config, HttpHandler& handler, const Clock& clock);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept;
  std::size_t connections() const noexcept;  // open now
  void Stop();                               // what the destructor does; twice does nothing more

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace attune::server

#pragma once
// HttpConnection: one client's connection: reads requests, asks the handler, writes answers, until
// either side has had enough.
//
//   auto connection = std::make_shared<HttpConnection>(world, std::move(socket));
//   connection->Start();                 // its coroutine keeps it alive
//   connection->ExpireIfLate(now);       // now and then
//
// Ownership  the coroutine owns it; whoever made it keeps a weak reference. Borrows the world, which outlives it.
// Threads    the public members from any thread; all else happens on the socket's strand.
// Bounds     those of HttpServerConfig: header, URL, body, and a time for each; a body that is slower than 64 KiB/s
//            on average is given up.
//
// Includes Boost.Beast: for http_server.cc and http_connection.cc alone.

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "attune/server/http_server.h"
#include "in_flight.h"

namespace attune::server {

class HttpConnection;

struct HttpConnectionWorld {
  const HttpServerConfig& config;
  HttpHandler& handler;
  const Clock& clock;
  std::shared_ptr<InFlight> in_flight;
  std::function<void(const HttpConnection*)> closed;  // the last thing that a connection does
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(const HttpConnectionWorld& world, boost::asio::ip::tcp::socket socket);

  void Start();
  void ExpireIfLate(TimePoint now);  // ends what has taken longer than it may
  void BeginStop();                  // ends it between requests
  void Abort();                      // at once

 private:
  enum class ReadEnd : std::uint8_t { kComplete, kGone, kRefused };
  // What became of reading a head or a body; a refusal has the status and the reason.
  struct ReadResult {
    explicit ReadResult(ReadEnd which) : end(which) {}
    ReadResult(int code, std::string why) : end(ReadEnd::kRefused), status(code), detail(std::move(why)) {}
    ReadEnd end;
    int status = 0;
    std::string detail;
  };
  using Parser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;
  static constexpr Duration::rep kNever = std::numeric_limits<Duration::rep>::max();

  boost::asio::awaitable<void> Run(std::shared_ptr<HttpConnection> self);  // `self` keeps it alive meanwhile
  boost::asio::awaitable<bool> ServeOne();
  boost::asio::awaitable<ReadResult> ReadHead(Parser& parser);
  boost::asio::awaitable<ReadResult> ReadBody(Parser& parser, const BodyPlan& plan, HttpRequest& request);
  boost::asio::awaitable<HttpResponse> Ask(HttpRequest request);
  boost::asio::awaitable<bool> Respond(HttpResponse response, bool head_only, bool keep_alive);  // whether it was sent
  boost::asio::awaitable<bool> WriteStream(BodyStream& stream, bool chunked);
  boost::asio::awaitable<bool> Write(std::string_view head, std::string_view body);
  boost::asio::awaitable<void> Linger();
  ReadResult Explain(const boost::system::error_code& error, const Parser& parser) const;
  HttpRequest TakeHead(const Parser& parser) const;
  void Deliver(HttpResponse response);

  void Allow(Duration time);
  void AllowForever() { deadline_.store(kNever, std::memory_order_relaxed); }
  void Expire();
  void CancelAll();

  const HttpConnectionWorld& world_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer wake_;  // never expires; cancelling it resumes the coroutine
  boost::beast::flat_buffer buffer_;
  std::string scratch_;
  std::string peer_;
  // Written on the strand, read by the sweep; a value that is an instant old does no harm.
  std::atomic<Duration::rep> deadline_{kNever};

  // The rest belongs to the strand.
  bool idle_ = false;       // between requests: nothing is lost by closing
  bool streaming_ = false;  // waiting for more of a stream
  bool closing_ = false;
  bool expired_ = false;
  bool http10_ = false;
  std::optional<HttpResponse> answer_;
};

}  // namespace attune::server

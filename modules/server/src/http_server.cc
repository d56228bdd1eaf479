// Accepts connections, and looks after how many there are and how long they take.

#include "attune/server/http_server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "awaiting.h"
#include "http_connection.h"
#include "in_flight.h"
#include "response_text.h"

namespace attune::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptRetry(100);  // out of descriptors: wait for some to come back

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerConfig config, HttpHandler& handler, const Clock& clock)
      : config_(std::move(config)), handler_(handler), clock_(clock), acceptor_(context_), sweep_(context_) {}

  Status Listen();
  void Run();
  void Stop();

  std::uint16_t port() const noexcept { return port_; }
  std::size_t connections() const noexcept {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

 private:
  asio::awaitable<void> Accept();
  void Adopt(tcp::socket socket);
  void TurnAway(tcp::socket socket);
  void ScheduleSweep();
  void Sweep();
  Duration SweepPeriod() const;
  void Remove(const HttpConnection* connection);
  template <typename Function>
  void ForEachConnection(Function function);

  const HttpServerConfig config_;
  HttpHandler& handler_;
  const Clock& clock_;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  asio::steady_timer sweep_;
  std::uint16_t port_ = 0;
  std::vector<std::thread> threads_;
  std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();
  const HttpConnectionWorld world_{.config = config_,
                                   .handler = handler_,
                                   .clock = clock_,
                                   .in_flight = in_flight_,
                                   .closed = [this](const HttpConnection* connection) { Remove(connection); }};
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::condition_variable none_open_;
  std::vector<std::weak_ptr<HttpConnection>> connections_;  // guarded by mutex_
  bool stopped_ = false;                                    // guarded by mutex_
};

Status HttpServer::Impl::Listen() {
  ErrorOf error;
  const asio::ip::address address = asio::ip::make_address(config_.address, error);
  if (error) return Error(ErrorCode::kInvalidArgument, "'" + config_.address + "' is not an IP address");
  const tcp::endpoint endpoint(address, config_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  const std::string place = config_.address + " port " + std::to_string(config_.port);
  if (error == asio::error::address_in_use) {
    return Error(ErrorCode::kConflict, place + " is in use by another program; choose another port (0: any free one)");
  }
  if (error == asio::error::access_denied) {
    return Error(ErrorCode::kDenied, "the system does not allow to listen on " + place);
  }
  if (error) return Error(ErrorCode::kInvalidArgument, "cannot listen on " + place + ": " + error.message());
  port_ = acceptor_.local_endpoint(error).port();
  handler_.Bound(port_);
  return OkStatus();
}

void HttpServer::Impl::Run() {
  auto accept = [this]() -> asio::awaitable<void> { return Accept(); };
  asio::co_spawn(context_, std::move(accept), asio::detached);
  ScheduleSweep();
  for (std::uint32_t i = 0; i < config_.io_threads; ++i) {
    threads_.emplace_back([this] { context_.run(); });
  }
}

asio::awaitable<void> HttpServer::Impl::Accept() {
  asio::steady_timer pause(context_);
  while (!stopping_) {
    tcp::socket socket(asio::make_strand(context_));
    const auto [error] = co_await acceptor_.async_accept(socket, kAsTuple);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      pause.expires_after(kAcceptRetry);
      co_await pause.async_wait(kAsTuple);
      continue;
    }
    if (connections() >= config_.connections_max) {
      TurnAway(std::move(socket));
    } else {
      Adopt(std::move(socket));
    }
  }
}

void HttpServer::Impl::Adopt(tcp::socket socket) {
  auto connection = std::make_shared<HttpConnection>(world_, std::move(socket));
  {
    const std::lock_guard lock(mutex_);
    connections_.push_back(connection);
  }
  connection->Start();
  if (stopping_) connection->BeginStop();
}

void HttpServer::Impl::TurnAway(tcp::socket socket) {
  HttpResponse refusal = handler_.Refuse(503, "too many connections are open; try again in a second");
  refusal.headers.push_back({"Retry-After", "1"});
  const std::string text =
      RenderHead(refusal, {.keep_alive = false, .now = clock_.WallNow()}) + std::string(refusal.bytes());
  ErrorOf ignored;
  socket.non_blocking(true, ignored);
  socket.send(asio::buffer(text), 0, ignored);  // a new socket takes this much at once, or the client gets nothing
}

Duration HttpServer::Impl::SweepPeriod() const {
  const Duration shortest =
      std::min({config_.idle_timeout, config_.header_timeout, config_.body_timeout, config_.write_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

void HttpServer::Impl::ScheduleSweep() {
  sweep_.expires_after(SweepPeriod());
  sweep_.async_wait([this](const ErrorOf& error) {
    if (error || stopping_) return;
    Sweep();
    ScheduleSweep();
  });
}

void HttpServer::Impl::Sweep() {
  const TimePoint now = clock_.Now();
  ForEachConnection([now](HttpConnection& connection) { connection.ExpireIfLate(now); });
}

template <typename Function>
void HttpServer::Impl::ForEachConnection(Function function) {
  std::vector<std::shared_ptr<HttpConnection>> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : connections_) {
      if (auto connection = weak.lock()) open.push_back(std::move(connection));
    }
  }
  for (const auto& connection : open) function(*connection);
}

void HttpServer::Impl::Remove(const HttpConnection* connection) {
  const std::lock_guard lock(mutex_);
  std::erase_if(connections_, [connection](const auto& weak) {
    const auto other = weak.lock();
    return !other || other.get() == connection;
  });
  if (connections_.empty()) none_open_.notify_all();
}

void HttpServer::Impl::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  stopping_ = true;
  auto close = [this] {
    ErrorOf ignored;
    acceptor_.close(ignored);
    sweep_.cancel();
  };
  asio::post(context_, std::move(close));
  ForEachConnection([](HttpConnection& connection) { connection.BeginStop(); });
  {
    std::unique_lock lock(mutex_);
    none_open_.wait_for(lock, config_.stop_grace, [this] { return connections_.empty(); });
  }
  in_flight_->WaitUntilNone();
  ForEachConnection([](HttpConnection& connection) { connection.Abort(); });
  for (std::thread& thread : threads_) thread.join();  // the context runs out of work
  in_flight_->WaitUntilNone();                         // a request that was still being read has been answered since
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { impl_->Stop(); }

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerConfig config, HttpHandler& handler,
                                                      const Clock& clock) {
  ATTUNE_RETURN_IF_ERROR(Validate(config));
  auto impl = std::make_unique<Impl>(std::move(config), handler, clock);
  ATTUNE_RETURN_IF_ERROR(impl->Listen());
  impl->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
std::size_t HttpServer::connections() const noexcept { return impl_->connections(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace attune::server

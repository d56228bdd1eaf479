// One of the two translation units that include Boost.Beast. Each connection is a coroutine on
// its own strand; the only other traffic to it are posts: an answer, a deadline, the end.
//
// g++ 12 destroys a temporary lambda or aggregate inside a co_await expression twice, so
// everything with a destructor gets a name first.

#include "attune/server/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "in_flight.h"
#include "response_text.h"

namespace attune::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using ErrorOf = boost::system::error_code;
using Parser = http::request_parser<http::buffer_body>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr Duration::rep kNever = std::numeric_limits<Duration::rep>::max();
constexpr std::size_t kScratchBytes = 16 << 10;          // of a body, at a time
constexpr std::uint64_t kBodyBytesPerSecond = 64 << 10;  // a slower upload than this on average is given up
constexpr Duration kLingerTimeout = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = 64 << 20;  // many clients read no answer before their whole body is sent
constexpr Duration kStreamPing = std::chrono::seconds(15);  // proxies cut silent streams after 30 to 60 s
constexpr std::chrono::milliseconds kAcceptRetry(100);      // out of descriptors: wait for some to come back

enum class ReadEnd : std::uint8_t { kComplete, kGone, kRefused };

// What became of reading a head or a body; a refusal has the status and the reason.
struct ReadResult {
  explicit ReadResult(ReadEnd which) : end(which) {}
  ReadResult(int code, std::string why) : end(ReadEnd::kRefused), status(code), detail(std::move(why)) {}
  ReadEnd end;
  int status = 0;
  std::string detail;
};

}  // namespace

class HttpServer::Impl {
 public:
  class Connection;

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
  friend class Connection;
  asio::awaitable<void> Accept();
  void Adopt(tcp::socket socket);
  void TurnAway(tcp::socket socket);
  void ScheduleSweep();
  void Sweep();
  Duration SweepPeriod() const;
  void Remove(Connection* connection);
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
  std::atomic<bool> stopping_{false};

  mutable std::mutex mutex_;
  std::condition_variable none_open_;
  std::vector<std::weak_ptr<Connection>> connections_;  // guarded by mutex_
  bool stopped_ = false;                                // guarded by mutex_
};

class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, tcp::socket socket)
      : server_(server), socket_(std::move(socket)), wake_(socket_.get_executor()), buffer_(BufferMax(server.config_)) {
    ErrorOf ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    const tcp::endpoint remote = socket_.remote_endpoint(ignored);
    const std::string address = remote.address().to_string(ignored);
    peer_ = (remote.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(remote.port());
  }

  void Start() {
    auto self = shared_from_this();
    auto run = [self]() -> asio::awaitable<void> { return self->Run(self); };
    asio::co_spawn(socket_.get_executor(), std::move(run), asio::detached);
  }

  // Any thread. What follows happens on the strand.
  void ExpireIfLate(TimePoint now) {
    if (now.time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
    auto expire = [self = shared_from_this()] { self->Expire(); };
    asio::post(socket_.get_executor(), std::move(expire));
  }
  void BeginStop() {
    auto stop = [self = shared_from_this()] {
      self->closing_ = true;
      if (self->idle_) self->CancelAll();
      if (self->streaming_) self->wake_.cancel();
    };
    asio::post(socket_.get_executor(), std::move(stop));
  }
  void Abort() {
    auto abort = [self = shared_from_this()] {
      self->closing_ = true;
      ErrorOf ignored;
      self->socket_.close(ignored);
      if (self->streaming_) self->wake_.cancel();
    };
    asio::post(socket_.get_executor(), std::move(abort));
  }

 private:
  static std::size_t BufferMax(const HttpServerConfig& config) {
    return static_cast<std::size_t>(config.header_max.count()) * 2 + 4096;
  }

  asio::awaitable<void> Run(std::shared_ptr<Connection> self);
  asio::awaitable<bool> ServeOne();
  asio::awaitable<ReadResult> ReadHead(Parser& parser);
  asio::awaitable<ReadResult> ReadBody(Parser& parser, const BodyPlan& plan, HttpRequest& request);
  asio::awaitable<HttpResponse> Ask(HttpRequest request);
  asio::awaitable<bool> Respond(HttpResponse response, bool head_only, bool keep_alive);  // whether it was sent
  asio::awaitable<bool> WriteStream(BodyStream& stream, bool chunked);
  asio::awaitable<bool> Write(std::string_view head, std::string_view body);
  asio::awaitable<void> Linger();
  ReadResult Explain(const ErrorOf& error, const Parser& parser) const;
  HttpRequest TakeHead(const Parser& parser) const;
  void Deliver(HttpResponse response);

  void Allow(Duration time) {
    deadline_.store((server_.clock_.Now() + time).time_since_epoch().count(), std::memory_order_relaxed);
  }
  void AllowForever() { deadline_.store(kNever, std::memory_order_relaxed); }
  void Expire() {
    if (server_.clock_.Now().time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
    AllowForever();
    expired_ = true;
    CancelAll();
  }
  void CancelAll() {
    ErrorOf ignored;
    socket_.cancel(ignored);
    if (streaming_) wake_.cancel();
  }

  Impl& server_;
  tcp::socket socket_;
  asio::steady_timer wake_;  // never expires; cancelling it resumes the coroutine
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

asio::awaitable<void> HttpServer::Impl::Connection::Run(std::shared_ptr<Connection> self) {
  bool open = true;
  while (open && !closing_) open = co_await ServeOne();
  ErrorOf ignored;
  socket_.close(ignored);
  server_.Remove(self.get());
}

// One request and its answer. False when the connection is to be closed.
asio::awaitable<bool> HttpServer::Impl::Connection::ServeOne() {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(server_.config_.header_max.count()));
  parser.body_limit(boost::none);  // the handler says how much when it knows the path
  expired_ = false;
  http10_ = false;
  ReadResult read = co_await ReadHead(parser);
  if (read.end == ReadEnd::kGone) co_return false;
  if (read.end == ReadEnd::kRefused) {
    HttpResponse refusal = server_.handler_.Refuse(read.status, std::move(read.detail));
    if (co_await Respond(std::move(refusal), false, false)) co_await Linger();
    co_return false;
  }

  HttpRequest request = TakeHead(parser);
  http10_ = parser.get().version() < 11;
  const bool head_only = request.method == Method::kHead;
  const bool keep_alive = parser.get().keep_alive() && !closing_;
  std::variant<BodyPlan, HttpResponse> plan = server_.handler_.Admit(request);
  if (auto* refusal = std::get_if<HttpResponse>(&plan)) {
    const bool whole = parser.is_done();  // no body that would have to be read away
    const bool written = co_await Respond(std::move(*refusal), head_only, keep_alive && whole);
    if (written && !whole) co_await Linger();
    const bool stays = written && keep_alive && whole;
    co_return stays;
  }
  read = co_await ReadBody(parser, std::get<BodyPlan>(plan), request);
  if (read.end == ReadEnd::kGone) co_return false;
  if (read.end == ReadEnd::kRefused) {
    HttpResponse refusal = server_.handler_.Refuse(read.status, std::move(read.detail));
    if (co_await Respond(std::move(refusal), head_only, false)) co_await Linger();
    co_return false;
  }
  HttpResponse response = co_await Ask(std::move(request));
  const bool stays = keep_alive && !(response.stream && http10_);  // there a stream ends with its connection
  const bool written = co_await Respond(std::move(response), head_only, stays);
  const bool open = written && stays;
  co_return open;
}

asio::awaitable<ReadResult> HttpServer::Impl::Connection::ReadHead(Parser& parser) {
  if (buffer_.size() == 0) {
    idle_ = true;
    Allow(server_.config_.idle_timeout);
    const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(4096), kAsTuple);
    idle_ = false;
    if (error) co_return ReadResult(ReadEnd::kGone);
    buffer_.commit(count);
  }
  Allow(server_.config_.header_timeout);
  const auto [error, count] = co_await http::async_read_header(socket_, buffer_, parser, kAsTuple);
  AllowForever();
  if (error) co_return Explain(error, parser);
  if (parser.get().target().size() > server_.config_.url_max.count()) {
    co_return ReadResult(414, "the URL is longer than " + ToString(server_.config_.url_max));
  }
  co_return ReadResult(ReadEnd::kComplete);
}

asio::awaitable<ReadResult> HttpServer::Impl::Connection::ReadBody(Parser& parser, const BodyPlan& plan,
                                                                   HttpRequest& request) {
  const std::string too_large = "the body is larger than " + ToString(plan.size_max);
  if (parser.content_length().value_or(0) > plan.size_max.count()) co_return ReadResult(413, too_large);
  if (parser.is_done()) co_return ReadResult(ReadEnd::kComplete);
  if (const std::string* expect = request.Find("Expect"); expect && EqualsIgnoringCase(*expect, "100-continue")) {
    if (!co_await Write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return ReadResult(ReadEnd::kGone);
  }
  if (!plan.upload_dir.empty()) {
    Result<std::shared_ptr<UploadFile>> file = UploadFile::Create(plan.upload_dir);
    if (!file.ok()) co_return ReadResult(507, file.error().message());
    request.upload = *std::move(file);
  }
  scratch_.resize(kScratchBytes);
  const TimePoint begin = server_.clock_.Now();
  std::uint64_t total = 0;
  while (!parser.is_done()) {
    parser.get().body().data = scratch_.data();
    parser.get().body().size = scratch_.size();
    parser.get().body().more = true;
    const Duration earned = std::chrono::seconds(total / kBodyBytesPerSecond);
    Allow(begin + server_.config_.body_timeout + earned - server_.clock_.Now());
    auto [error, count] = co_await http::async_read(socket_, buffer_, parser, kAsTuple);
    AllowForever();
    if (error == http::error::need_buffer) error = {};
    if (error) co_return Explain(error, parser);
    const std::string_view received(scratch_.data(), scratch_.size() - parser.get().body().size);
    total += received.size();
    if (total > plan.size_max.count()) co_return ReadResult(413, too_large);
    if (!request.upload) {
      request.body.append(received);
    } else if (Status appended = request.upload->Append(received); !appended.ok()) {
      co_return ReadResult(507, appended.error().message());
    }
  }
  scratch_ = {};
  if (request.upload) {
    if (Status finished = request.upload->Finish(); !finished.ok()) {
      co_return ReadResult(507, finished.error().message());
    }
  }
  co_return ReadResult(ReadEnd::kComplete);
}

ReadResult HttpServer::Impl::Connection::Explain(const ErrorOf& error, const Parser& parser) const {
  const std::string part = parser.is_header_done() ? "body" : "header";
  if (expired_) return {408, "the " + part + " of the request did not arrive in time"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    if (parser.get().target().empty()) {  // the first line has not ended
      return {414, "the URL is longer than " + ToString(server_.config_.url_max)};
    }
    return {431, "the header is larger than " + ToString(server_.config_.header_max)};
  }
  if (error == http::error::bad_version) return {505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
  if (error == http::error::partial_message || error == asio::error::eof) {
    return {400, "the connection ended inside the " + part + " of the request"};
  }
  if (error.category() == http::make_error_code(http::error::bad_method).category()) {
    return {400, "the " + part + " of the request is malformed: " + error.message()};
  }
  return ReadResult(ReadEnd::kGone);
}

HttpRequest HttpServer::Impl::Connection::TakeHead(const Parser& parser) const {
  HttpRequest request;
  const auto& message = parser.get();
  const auto method = message.method_string();
  request.method = ParseMethod(std::string_view(method.data(), method.size()));
  request.target.assign(message.target().data(), message.target().size());
  for (const auto& field : message) {
    request.headers.push_back({std::string(field.name_string().data(), field.name_string().size()),
                               std::string(field.value().data(), field.value().size())});
  }
  request.peer = peer_;
  return request;
}

asio::awaitable<HttpResponse> HttpServer::Impl::Connection::Ask(HttpRequest request) {
  const std::shared_ptr<InFlight> in_flight = server_.in_flight_;
  if (in_flight->Enter() > server_.config_.requests_in_flight_max) {
    in_flight->Leave();
    HttpResponse busy = server_.handler_.Refuse(503, "too many requests are being answered; try again in a second");
    busy.headers.push_back({"Retry-After", "1"});
    co_return busy;
  }
  answer_.reset();
  // The coroutine keeps the connection alive until the answer is there, so the callback
  // needs no reference of its own, which could be the last one on a foreign thread.
  server::Respond done = [weak = weak_from_this(), in_flight](HttpResponse response) {
    if (auto self = weak.lock()) {
      Connection& connection = *self;
      auto deliver = [self = std::move(self), response = std::move(response)]() mutable {
        self->Deliver(std::move(response));
      };
      // Runs at once when the handler answers at once: the coroutine does not wait yet.
      asio::dispatch(connection.socket_.get_executor(), std::move(deliver));
    }
    in_flight->Leave();
  };
  server_.handler_.Handle(std::move(request), std::move(done));
  while (!answer_) {
    wake_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await wake_.async_wait(kAsTuple);
  }
  HttpResponse response = *std::move(answer_);
  answer_.reset();
  co_return response;
}

void HttpServer::Impl::Connection::Deliver(HttpResponse response) {
  answer_ = std::move(response);
  wake_.cancel();
}

asio::awaitable<bool> HttpServer::Impl::Connection::Respond(HttpResponse response, bool head_only, bool keep_alive) {
  HeadOptions options{.keep_alive = keep_alive, .framing = BodyFraming::kLength, .now = server_.clock_.WallNow()};
  if (!response.stream) {
    const std::string head = RenderHead(response, options);
    const bool with_body = !head_only && HasBody(response.status);
    co_return co_await Write(head, with_body ? response.bytes() : std::string_view());
  }
  options.framing = http10_ ? BodyFraming::kUntilClose : BodyFraming::kChunked;
  const std::string head = RenderHead(response, options);
  if (!co_await Write(head, {})) co_return false;
  if (!head_only && !co_await WriteStream(*response.stream, !http10_)) co_return false;
  co_return true;
}

asio::awaitable<bool> HttpServer::Impl::Connection::WriteStream(BodyStream& stream, bool chunked) {
  stream.OnReady([weak = weak_from_this(), executor = socket_.get_executor()] {
    auto resume = [weak] {
      if (const auto self = weak.lock(); self && self->streaming_) self->wake_.cancel();
    };
    asio::post(executor, std::move(resume));
  });
  bool alive = true;
  while (alive && !closing_) {
    std::string bytes = stream.Take();
    if (bytes.empty() && stream.finished()) break;
    if (bytes.empty() && expired_) bytes = stream.KeepAlive();
    expired_ = false;
    if (!bytes.empty()) {
      const std::string framed = chunked ? Chunk(bytes) : std::move(bytes);
      alive = co_await Write(framed, {});
      continue;
    }
    streaming_ = true;
    Allow(kStreamPing);
    wake_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await wake_.async_wait(kAsTuple);
    streaming_ = false;
    AllowForever();
  }
  stream.OnReady({});
  if (alive && chunked) alive = co_await Write(kLastChunk, {});
  co_return alive;
}

asio::awaitable<bool> HttpServer::Impl::Connection::Write(std::string_view head, std::string_view body) {
  std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  while (parts[0].size() + parts[1].size() > 0) {
    Allow(server_.config_.write_timeout);
    const auto [error, count] = co_await socket_.async_write_some(parts, kAsTuple);
    AllowForever();
    if (error) co_return false;
    const std::size_t of_head = std::min(count, parts[0].size());
    parts[0] += of_head;
    parts[1] += count - of_head;
  }
  co_return true;
}

// Closing with unread bytes resets the connection, and the client may lose the answer that
// says why. So what it still sends is read away for a moment.
asio::awaitable<void> HttpServer::Impl::Connection::Linger() {
  ErrorOf ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  scratch_.resize(kScratchBytes);
  std::size_t total = 0;
  Allow(kLingerTimeout);
  while (total < kLingerBytes && !closing_) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(scratch_), kAsTuple);
    if (error) break;
    total += count;
  }
  AllowForever();
}

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
  auto connection = std::make_shared<Connection>(*this, std::move(socket));
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
  ForEachConnection([now](Connection& connection) { connection.ExpireIfLate(now); });
}

template <typename Function>
void HttpServer::Impl::ForEachConnection(Function function) {
  std::vector<std::shared_ptr<Connection>> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : connections_) {
      if (auto connection = weak.lock()) open.push_back(std::move(connection));
    }
  }
  for (const auto& connection : open) function(*connection);
}

void HttpServer::Impl::Remove(Connection* connection) {
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
  ForEachConnection([](Connection& connection) { connection.BeginStop(); });
  {
    std::unique_lock lock(mutex_);
    none_open_.wait_for(lock, config_.stop_grace, [this] { return connections_.empty(); });
  }
  in_flight_->WaitUntilNone();
  ForEachConnection([](Connection& connection) { connection.Abort(); });
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

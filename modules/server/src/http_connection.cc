// Each connection is a coroutine on its own strand; the only other traffic to it are posts: an
// answer, a deadline, the end.
//
// g++ 12 destroys a temporary lambda or aggregate inside a co_await expression twice, so
// everything with a destructor gets a name first.

#include "http_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "attune/base/ascii.h"
#include "awaiting.h"
#include "response_text.h"

namespace attune::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t kScratchBytes = 16 << 10;          // of a body, at a time
constexpr std::uint64_t kBodyBytesPerSecond = 64 << 10;  // a slower upload than this on average is given up
constexpr Duration kLingerTimeout = std::chrono::seconds(2);
constexpr std::size_t kLingerBytes = 64 << 20;  // many clients read no answer before their whole body is sent
constexpr Duration kStreamPing = std::chrono::seconds(15);  // proxies cut silent streams after 30 to 60 s

std::size_t BufferMax(const HttpServerConfig& config) {
  return static_cast<std::size_t>(config.header_max.count()) * 2 + 4096;
}

}  // namespace

HttpConnection::HttpConnection(const HttpConnectionWorld& world, tcp::socket socket)
    : world_(world), socket_(std::move(socket)), wake_(socket_.get_executor()), buffer_(BufferMax(world_.config)) {
  ErrorOf ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  const tcp::endpoint remote = socket_.remote_endpoint(ignored);
  const std::string address = remote.address().to_string(ignored);
  peer_ = (remote.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(remote.port());
}

void HttpConnection::Start() {
  auto self = shared_from_this();
  auto run = [self]() -> asio::awaitable<void> { return self->Run(self); };
  asio::co_spawn(socket_.get_executor(), std::move(run), asio::detached);
}

void HttpConnection::ExpireIfLate(TimePoint now) {
  if (now.time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
  auto expire = [self = shared_from_this()] { self->Expire(); };
  asio::post(socket_.get_executor(), std::move(expire));
}

void HttpConnection::BeginStop() {
  auto stop = [self = shared_from_this()] {
    self->closing_ = true;
    if (self->idle_) self->CancelAll();
    if (self->streaming_) self->wake_.cancel();
  };
  asio::post(socket_.get_executor(), std::move(stop));
}

void HttpConnection::Abort() {
  auto abort = [self = shared_from_this()] {
    self->closing_ = true;
    ErrorOf ignored;
    self->socket_.close(ignored);
    if (self->streaming_) self->wake_.cancel();
  };
  asio::post(socket_.get_executor(), std::move(abort));
}

void HttpConnection::Allow(Duration time) {
  deadline_.store((world_.clock.Now() + time).time_since_epoch().count(), std::memory_order_relaxed);
}

void HttpConnection::Expire() {
  if (world_.clock.Now().time_since_epoch().count() < deadline_.load(std::memory_order_relaxed)) return;
  AllowForever();
  expired_ = true;
  CancelAll();
}

void HttpConnection::CancelAll() {
  ErrorOf ignored;
  socket_.cancel(ignored);
  if (streaming_) wake_.cancel();
}

asio::awaitable<void> HttpConnection::Run(std::shared_ptr<HttpConnection> self) {
  bool open = true;
  while (open && !closing_) open = co_await ServeOne();
  ErrorOf ignored;
  socket_.close(ignored);
  world_.closed(self.get());
}

// One request and its answer. False when the connection is to be closed.
asio::awaitable<bool> HttpConnection::ServeOne() {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(world_.config.header_max.count()));
  parser.body_limit(boost::none);  // the handler says how much when it knows the path
  expired_ = false;
  http10_ = false;
  ReadResult read = co_await ReadHead(parser);
  if (read.end == ReadEnd::kGone) co_return false;
  if (read.end == ReadEnd::kRefused) {
    HttpResponse refusal = world_.handler.Refuse(read.status, std::move(read.detail));
    if (co_await Respond(std::move(refusal), false, false)) co_await Linger();
    co_return false;
  }

  HttpRequest request = TakeHead(parser);
  http10_ = parser.get().version() < 11;
  const bool head_only = request.method == Method::kHead;
  const bool keep_alive = parser.get().keep_alive() && !closing_;
  std::variant<BodyPlan, HttpResponse> plan = world_.handler.Admit(request);
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
    HttpResponse refusal = world_.handler.Refuse(read.status, std::move(read.detail));
    if (co_await Respond(std::move(refusal), head_only, false)) co_await Linger();
    co_return false;
  }
  HttpResponse response = co_await Ask(std::move(request));
  const bool stays = keep_alive && !(response.stream && http10_);  // there a stream ends with its connection
  const bool written = co_await Respond(std::move(response), head_only, stays);
  const bool open = written && stays;
  co_return open;
}

asio::awaitable<HttpConnection::ReadResult> HttpConnection::ReadHead(Parser& parser) {
  if (buffer_.size() == 0) {
    idle_ = true;
    Allow(world_.config.idle_timeout);
    const auto [error, count] = co_await socket_.async_read_some(buffer_.prepare(4096), kAsTuple);
    idle_ = false;
    if (error) co_return ReadResult(ReadEnd::kGone);
    buffer_.commit(count);
  }
  Allow(world_.config.header_timeout);
  const auto [error, count] = co_await http::async_read_header(socket_, buffer_, parser, kAsTuple);
  AllowForever();
  if (error) co_return Explain(error, parser);
  if (parser.get().target().size() > world_.config.url_max.count()) {
    co_return ReadResult(414, "the URL is longer than " + ToString(world_.config.url_max));
  }
  co_return ReadResult(ReadEnd::kComplete);
}

asio::awaitable<HttpConnection::ReadResult> HttpConnection::ReadBody(Parser& parser, const BodyPlan& plan,
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
  const TimePoint begin = world_.clock.Now();
  std::uint64_t total = 0;
  while (!parser.is_done()) {
    parser.get().body().data = scratch_.data();
    parser.get().body().size = scratch_.size();
    parser.get().body().more = true;
    const Duration earned = std::chrono::seconds(total / kBodyBytesPerSecond);
    Allow(begin + world_.config.body_timeout + earned - world_.clock.Now());
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

HttpConnection::ReadResult HttpConnection::Explain(const ErrorOf& error, const Parser& parser) const {
  const std::string part = parser.is_header_done() ? "body" : "header";
  if (expired_) return {408, "the " + part + " of the request did not arrive in time"};
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    if (parser.get().target().empty()) {  // the first line has not ended
      return {414, "the URL is longer than " + ToString(world_.config.url_max)};
    }
    return {431, "the header is larger than " + ToString(world_.config.header_max)};
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

HttpRequest HttpConnection::TakeHead(const Parser& parser) const {
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

asio::awaitable<HttpResponse> HttpConnection::Ask(HttpRequest request) {
  const std::shared_ptr<InFlight> in_flight = world_.in_flight;
  if (in_flight->Enter() > world_.config.requests_in_flight_max) {
    in_flight->Leave();
    HttpResponse busy = world_.handler.Refuse(503, "too many requests are being answered; try again in a second");
    busy.headers.push_back({"Retry-After", "1"});
    co_return busy;
  }
  answer_.reset();
  // The coroutine keeps the connection alive until the answer is there, so the callback
  // needs no reference of its own, which could be the last one on a foreign thread.
  server::Respond done = [weak = weak_from_this(), in_flight](HttpResponse response) {
    if (auto self = weak.lock()) {
      HttpConnection& connection = *self;
      auto deliver = [self = std::move(self), response = std::move(response)]() mutable {
        self->Deliver(std::move(response));
      };
      // Runs at once when the handler answers at once: the coroutine does not wait yet.
      asio::dispatch(connection.socket_.get_executor(), std::move(deliver));
    }
    in_flight->Leave();
  };
  world_.handler.Handle(std::move(request), std::move(done));
  while (!answer_) {
    wake_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await wake_.async_wait(kAsTuple);
  }
  HttpResponse response = *std::move(answer_);
  answer_.reset();
  co_return response;
}

void HttpConnection::Deliver(HttpResponse response) {
  answer_ = std::move(response);
  wake_.cancel();
}

asio::awaitable<bool> HttpConnection::Respond(HttpResponse response, bool head_only, bool keep_alive) {
  HeadOptions options{.keep_alive = keep_alive, .framing = BodyFraming::kLength, .now = world_.clock.WallNow()};
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

asio::awaitable<bool> HttpConnection::WriteStream(BodyStream& stream, bool chunked) {
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

asio::awaitable<bool> HttpConnection::Write(std::string_view head, std::string_view body) {
  std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  while (parts[0].size() + parts[1].size() > 0) {
    Allow(world_.config.write_timeout);
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
asio::awaitable<void> HttpConnection::Linger() {
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

}  // namespace attune::server

// Includes Boost.Beast, as http_server.cc and http_connection.cc do. One exchange is one coroutine on
// an event loop of its own. As in http_server.cc, what has a destructor gets a name before it
// goes into a co_await expression.

#include "attune/server/client.h"

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "attune/base/ascii.h"
#include "attune/base/duration.h"
#include "attune/server/url.h"
#include "awaiting.h"

namespace attune::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::uint32_t kHeaderMax = 64 << 10;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Where the answer goes. Both answer whether to go on.
struct Receiver {
  std::function<bool(const ClientResponse& head)> on_head;
  std::function<bool(std::string_view bytes)> on_body;
  bool long_lived = false;  // the timeout is of silence
};

class Exchange {
 public:
  Exchange(const ClientRequest& request, ServerUrl url, Receiver receiver)
      : request_(request), url_(std::move(url)), receiver_(std::move(receiver)), stream_(context_) {}

  Status Run(std::stop_token stop) {
    ATTUNE_RETURN_IF_ERROR(OpenBody());
    auto talk = [this]() -> asio::awaitable<void> {
      Status outcome = co_await Talk();
      status_ = std::move(outcome);
      stream_.close();
    };
    asio::co_spawn(context_, std::move(talk), asio::detached);
    auto cancel = [this] {
      asio::post(context_, [this] {
        stopped_ = true;
        stream_.close();
      });
    };
    const std::stop_callback on_stop(std::move(stop), cancel);
    context_.run();
    return std::move(status_);
  }

 private:
  Status OpenBody() {
    if (request_.body_file.empty()) return OkStatus();
    std::error_code failure;
    body_bytes_ = std::filesystem::file_size(request_.body_file, failure);
    if (!failure) file_.reset(std::fopen(request_.body_file.c_str(), "rbe"));
    if (!file_) return Error(ErrorCode::kNotFound, "cannot read '" + request_.body_file + "'");
    return OkStatus();
  }

  Error Failed(const std::string& what, const ErrorOf& error) const {
    if (stopped_) return {ErrorCode::kCancelled, "stopped while talking to " + url_.authority};
    if (error == beast::error::timeout) {
      return {ErrorCode::kDeadline, url_.authority + " did not answer within " + ToString(request_.timeout)};
    }
    return {ErrorCode::kUnavailable, what + " " + url_.authority + ": " + error.message()};
  }

  std::string Head() const {
    const std::uint64_t length = file_ ? body_bytes_ : request_.body.size();
    std::string head = request_.method + " " + url_.target + " HTTP/1.1\r\nHost: " + url_.authority +
                       "\r\nUser-Agent: attune\r\nConnection: close\r\n";
    const bool has_body = length > 0 || request_.method == "POST" || request_.method == "PUT";
    if (has_body)
      head += "Content-Type: " + request_.content_type + "\r\nContent-Length: " + std::to_string(length) + "\r\n";
    if (!request_.token.empty()) head += "Authorization: Bearer " + request_.token + "\r\n";
    for (const Header& header : request_.headers) head += header.name + ": " + header.value + "\r\n";
    return head + "\r\n";
  }

  asio::awaitable<Status> Talk() {
    stream_.expires_after(request_.timeout);
    tcp::resolver resolver(context_);
    const std::string port = std::to_string(url_.port);
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(url_.host, port, kAsTuple);
    if (unresolved) co_return Failed("cannot find", unresolved);
    const auto [unreached, endpoint] = co_await stream_.async_connect(endpoints, kAsTuple);
    if (unreached) co_return Failed("cannot reach", unreached);
    if (request_.on_reached) request_.on_reached();
    // A server that refuses a body answers before it has read it; then writing fails
    // and the answer is there nevertheless.
    const ErrorOf unsent = co_await Send();
    Status received = co_await Receive();
    if (!received.ok() && unsent) co_return Failed("cannot send to", unsent);
    co_return received;
  }

  asio::awaitable<ErrorOf> Send() {
    const std::string head = Head();
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(request_.body)};
    const auto [error, count] = co_await asio::async_write(stream_, parts, kAsTuple);
    if (error || !file_) co_return error;
    std::string piece(kPieceBytes, '\0');
    for (std::uint64_t left = body_bytes_; left > 0;) {
      const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
      const std::size_t got = std::fread(piece.data(), 1, wanted, file_.get());
      if (got == 0) co_return asio::error::make_error_code(asio::error::eof);  // the file shrank meanwhile
      if (!receiver_.long_lived) stream_.expires_after(request_.timeout);
      const auto [failed, written] = co_await asio::async_write(stream_, asio::buffer(piece.data(), got), kAsTuple);
      if (failed) co_return failed;
      left -= got;
    }
    co_return ErrorOf();
  }

  asio::awaitable<Status> Receive() {
    beast::flat_buffer buffer;
    Parser parser;
    parser.header_limit(kHeaderMax);
    parser.body_limit(boost::none);
    if (request_.method == "HEAD") parser.skip(true);
    const auto [failed, count] = co_await http::async_read_header(stream_, buffer, parser, kAsTuple);
    if (failed) co_return NotHttp(failed);
    ClientResponse head;
    head.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get()) {
      head.headers.push_back({std::string(field.name_string().data(), field.name_string().size()),
                              std::string(field.value().data(), field.value().size())});
    }
    if (!receiver_.on_head(head)) co_return OkStatus();
    std::string piece(kPieceBytes, '\0');
    std::uint64_t total = 0;
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      if (receiver_.long_lived) stream_.expires_after(request_.timeout);
      const auto [error, read] = co_await http::async_read_some(stream_, buffer, parser, kAsTuple);
      const std::string_view bytes(piece.data(), piece.size() - parser.get().body().size);
      total += bytes.size();
      if (!receiver_.long_lived && total > request_.answer_max.count()) {
        co_return Error(ErrorCode::kExhausted,
                        "the answer of " + url_.authority + " is larger than " + ToString(request_.answer_max));
      }
      if (!bytes.empty() && !receiver_.on_body(bytes)) co_return OkStatus();
      if (error && error != http::error::need_buffer) co_return NotHttp(error);
    }
    co_return OkStatus();
  }

  Status NotHttp(const ErrorOf& error) const {
    const bool ended = error == http::error::end_of_stream || error == http::error::partial_message;
    const ErrorOf broken = http::make_error_code(http::error::bad_version);
    if (!ended && error.category() == broken.category()) {
      return Error(ErrorCode::kCorruption, "the answer of " + url_.authority + " is not HTTP: " + error.message());
    }
    return Failed("no answer from", error);
  }

  const ClientRequest& request_;
  const ServerUrl url_;
  Receiver receiver_;
  asio::io_context context_{1};
  beast::tcp_stream stream_;
  File file_;
  std::uint64_t body_bytes_ = 0;
  bool stopped_ = false;
  Status status_;
};

}  // namespace

const std::string* ClientResponse::Find(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (EqualsIgnoringCase(header.name, name)) return &header.value;
  }
  return nullptr;
}

Result<ClientResponse> Fetch(const ClientRequest& request) {
  ATTUNE_ASSIGN_OR_RETURN(ServerUrl url, ParseServerUrl(request.url));
  ClientResponse response;
  Receiver receiver;
  receiver.on_head = [&](const ClientResponse& head) {
    response = head;
    return true;
  };
  receiver.on_body = [&](std::string_view bytes) {
    response.body.append(bytes);
    return true;
  };
  Exchange exchange(request, std::move(url), std::move(receiver));
  ATTUNE_RETURN_IF_ERROR(exchange.Run({}));
  return response;
}

Status FollowEvents(const ClientRequest& request, const std::function<bool(const ServerSentEvent&)>& on_event,
                    std::stop_token stop) {
  ATTUNE_ASSIGN_OR_RETURN(ServerUrl url, ParseServerUrl(request.url));
  SseParser parser;
  int status = 0;
  Receiver receiver;
  receiver.long_lived = true;
  receiver.on_head = [&](const ClientResponse& head) {
    status = head.status;
    return status == 200;
  };
  receiver.on_body = [&](std::string_view bytes) { return parser.Feed(bytes, on_event); };
  Exchange exchange(request, std::move(url), std::move(receiver));
  ATTUNE_RETURN_IF_ERROR(exchange.Run(std::move(stop)));
  if (status != 200) {
    return Error(ErrorCode::kUnavailable, request.url + " answered with status " + std::to_string(status));
  }
  return OkStatus();
}

}  // namespace attune::server

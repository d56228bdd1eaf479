#pragma once
// HttpRequest, HttpResponse and HttpHandler: HTTP as plain values, without a socket.
// The server on sockets (http_server.h), the API (api.h) and the tests meet here.
//
//   void Handle(HttpRequest request, Respond done) override {
//     done({.status = 200, .content_type = "text/plain", .body = "hello\n"});
//   }
//
// Threads    values are thread-compatible; HttpHandler says what it promises.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/server/upload_file.h"

namespace attune::server {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kOptions, kOther };
std::string_view NameOf(Method method) noexcept;  // "GET"; "" for kOther
Method ParseMethod(std::string_view text) noexcept;

struct Header {
  std::string name;
  std::string value;
};

struct HttpRequest {
  Method method = Method::kGet;
  std::string target;  // path and query as they were sent
  std::vector<Header> headers;
  std::string body;                    // empty when the body went to `upload`
  std::shared_ptr<UploadFile> upload;  // complete; removed with its last owner
  std::string peer;                    // "127.0.0.1:51234"

  // The first header of that name; null when there is none.
  const std::string* Find(std::string_view name) const noexcept;
  std::size_t Count(std::string_view name) const noexcept;
};

// A body without a known end. The connection calls Take on its own thread; OnReady
// may be called from there too, the callback from any thread.
class BodyStream {
 public:
  BodyStream() = default;
  BodyStream(const BodyStream&) = delete;
  BodyStream& operator=(const BodyStream&) = delete;
  virtual ~BodyStream() = default;

  // What is to be sent now; empty when there is nothing yet. At most about 64 KiB.
  virtual std::string Take() = 0;
  virtual bool finished() const = 0;    // nothing will come any more
  virtual std::string KeepAlive() = 0;  // to be sent after a long silence, so that proxies keep the connection
  // `wake` is called when Take may have something; an empty function ends that.
  virtual void OnReady(std::function<void()> wake) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = {};     // empty: no such header
  std::vector<Header> headers = {};  // besides Content-Type, Content-Length, Date and Connection
  std::string body = {};
  std::string_view static_body = {};        // instead of `body`: bytes that live as long as the program
  std::shared_ptr<BodyStream> stream = {};  // instead of both

  std::string_view bytes() const noexcept { return static_body.empty() ? std::string_view(body) : static_body; }
};

using Respond = std::function<void(HttpResponse)>;

// How the body of a request is to be read.
struct BodyPlan {
  Bytes size_max{0};
  std::string upload_dir = {};  // not empty: into a temporary file there instead of memory
};

class HttpHandler {
 public:
  HttpHandler() = default;
  HttpHandler(const HttpHandler&) = delete;
  HttpHandler& operator=(const HttpHandler&) = delete;
  virtual ~HttpHandler() = default;

  // Called once, before the first request.
  virtual void Bound(std::uint16_t port) = 0;

  // Asked when the header is complete, before a byte of the body is read. A response
  // refuses the request; the body is then not read. Must not block.
  virtual std::variant<BodyPlan, HttpResponse> Admit(const HttpRequest& head) = 0;

  // Must not block. `done` is called exactly once, on any thread, now or later.
  virtual void Handle(HttpRequest request, Respond done) = 0;

  // The answer to what never became a request (broken syntax, a limit, a timeout).
  virtual HttpResponse Refuse(int status, std::string detail) = 0;
};

// "Not Found" for 404.
std::string_view ReasonPhrase(int status) noexcept;

}  // namespace attune::server

#include "attune/server/serve.h"

#include <utility>

#include "access.h"
#include "api.h"

namespace attune::server {
namespace {

constexpr std::size_t kTokenBytesMin = 16;  // 64 bits even when written in hexadecimal
constexpr Bytes kTokenFileMax{4096};

bool IsVisible(std::string_view token) {
  for (const char c : token) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace

Status Validate(const ServerConfig& config) {
  ATTUNE_RETURN_IF_ERROR(Validate(config.http));
  if (!IsLoopback(config.http.address) && config.token.empty()) {
    return Error(ErrorCode::kDenied,
                 "address '" + config.http.address +
                     "' can be reached from other machines, and without a token everybody there "
                     "could read what attune remembers; add --token-file FILE, or stay on 127.0.0.1");
  }
  if (!IsVisible(config.token)) {
    return Error(ErrorCode::kInvalidArgument, "the token must be visible ASCII characters without spaces");
  }
  if (config.upload_dir.empty()) return Error(ErrorCode::kInvalidArgument, "upload_dir must name a folder");
  return OkStatus();
}

class Server::Impl {
 public:
  Impl(engine::Engine& engine, metrics::Logger& log, const ServerConfig& config)
      : engine_(engine), config_(config), api_(engine, log, config) {}

  Status Start() {
    ATTUNE_ASSIGN_OR_RETURN(http_, HttpServer::Start(config_.http, api_, engine_.clock()));
    connections_ = engine_.metrics().AddGaugeFunction({"attune_http_connections", "HTTP connections that are open."},
                                                      [this] { return static_cast<double>(http_->connections()); });
    engine_.set_address(address());
    return OkStatus();
  }
  void Stop() {
    if (!http_) return;
    http_->Stop();
    engine_.set_address({});
  }
  std::uint16_t port() const noexcept { return http_->port(); }
  std::string address() const {
    const std::string& host = config_.http.address;
    const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return "http://" + shown + ":" + std::to_string(port());
  }

 private:
  engine::Engine& engine_;
  const ServerConfig config_;
  Api api_;
  std::unique_ptr<HttpServer> http_;  // ends before the API that it asks
  metrics::Callback connections_;     // and this before the server that it reads
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->Stop(); }

Result<std::unique_ptr<Server>> Server::Start(engine::Engine& engine, metrics::Logger& log, ServerConfig config) {
  ATTUNE_RETURN_IF_ERROR(Validate(config));
  auto impl = std::make_unique<Impl>(engine, log, config);
  ATTUNE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }
std::string Server::address() const { return impl_->address(); }
void Server::Stop() { impl_->Stop(); }

Result<std::string> ReadToken(const sys::FileSystem& files, const std::string& path) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string text, files.Read(path, kTokenFileMax));
  std::string token = text.substr(0, text.find_first_of("\r\n"));
  if (token.size() < kTokenBytesMin || !IsVisible(token)) {
    return Error(ErrorCode::kInvalidArgument,
                 "the first line of '" + path + "' must be a token of at least " + std::to_string(kTokenBytesMin) +
                     " visible ASCII characters without spaces; make one with: openssl rand -hex 32 > '" + path + "'");
  }
  return token;
}

}  // namespace attune::server

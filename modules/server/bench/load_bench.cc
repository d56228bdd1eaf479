// Requests a second over loopback, from client threads that keep their connections. Each
// iteration is one request and its whole answer on one connection.

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "../tests/fake_engine.h"
#include "attune/metrics/log.h"
#include "attune/server/serve.h"

namespace attune::server {
namespace {

struct Running {
  Running() {
    auto started = Server::Start(engine, log, {.upload_dir = "/tmp"});
    ATTUNE_CHECK(started.ok(), "a server starts");
    server = *std::move(started);
  }
  FakeEngine engine;
  metrics::MemorySink sink;
  metrics::Logger log{SystemClock(), sink};
  std::unique_ptr<Server> server;
};
Running& Shared() {
  static Running running;
  return running;
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ATTUNE_CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0, "it listens");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(socket_); }

  // How many bytes the answer had.
  std::size_t Ask(const std::string& request) {
    ATTUNE_CHECK(::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()),
                 "it is sent");
    text_.clear();
    while (true) {
      const std::size_t end = text_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t field = text_.find("Content-Length: ");
        const std::size_t wanted = end + 4 + std::strtoul(text_.c_str() + field + 16, nullptr, 10);
        if (text_.size() >= wanted) return wanted;
      }
      char buffer[65536];
      const ssize_t count = ::recv(socket_, buffer, sizeof(buffer), 0);
      ATTUNE_CHECK(count > 0, "an answer comes");
      text_.append(buffer, static_cast<std::size_t>(count));
    }
  }

 private:
  int socket_;
  std::string text_;
};

void Load(benchmark::State& state, const char* path) {
  const std::uint16_t port = Shared().server->port();
  Connection connection(port);
  const std::string request =
      std::string("GET ") + path + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n";
  std::size_t bytes = 0;
  for (auto _ : state) bytes += connection.Ask(request);
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

BENCHMARK_CAPTURE(Load, health, "/healthz")->Threads(1)->Threads(8)->UseRealTime();
BENCHMARK_CAPTURE(Load, search_two_hits, "/v1/search?q=group+commit")->Threads(1)->Threads(8)->UseRealTime();
BENCHMARK_CAPTURE(Load, status, "/v1/status")->Threads(8)->UseRealTime();
BENCHMARK_CAPTURE(Load, page, "/")->Threads(8)->UseRealTime();

}  // namespace
}  // namespace attune::server

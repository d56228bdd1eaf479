// What arrives on a socket and is not a well-behaved request.

#include <gmock/gmock.h>

#include <thread>

#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class HttpProtocol : public ServerTest {};

TEST_F(HttpProtocol, GarbageIsA400AndTheConnectionCloses) {
  StartServer();
  for (const std::string& garbage :
       {std::string("garbage\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("\x16\x03\x01\x02\x01hello\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"), std::string("GET / HTTP/1.1\r\n: no name\r\n\r\n"),
        std::string("GET /\x01 HTTP/1.1\r\n\r\n"), std::string("GET / HTTP/1.1\r\nA: \x01\r\n\r\n")}) {
    const std::string answer = Exchange(garbage);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << garbage;
    EXPECT_THAT(answer, HasSubstr("application/problem+json"));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
  }
}

TEST_F(HttpProtocol, OtherVersionsAreRefused) {
  StartServer();
  EXPECT_THAT(Exchange("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  EXPECT_THAT(Exchange("GET / HTTP/1.1 extra\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  EXPECT_THAT(Exchange("GET /a b HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  EXPECT_THAT(Exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
}

TEST_F(HttpProtocol, TheHeaderHasALimitToTheByte) {
  StartServer();
  const std::size_t limit = 16 << 10;
  const std::string base = Request("GET /healthz", "X: \r\n");
  const auto with_size = [&](std::size_t size) {
    std::string request = base;
    request.insert(request.size() - 4, std::string(size - base.size(), 'a'));
    return request;
  };
  EXPECT_THAT(Exchange(with_size(limit - 64)), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Exchange(with_size(limit + 64)), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Exchange(with_size(limit * 4)), StartsWith("HTTP/1.1 431 "));
  std::string many = "GET /healthz HTTP/1.1\r\n";
  for (int i = 0; i < 100'000; ++i) many += "A: b\r\n";
  EXPECT_THAT(Exchange(many), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpProtocol, AnOverlongUrlIsA414) {
  StartServer();
  EXPECT_THAT(Exchange(Request("GET /healthz?" + std::string(8000, 'a'))), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Exchange(Request("GET /healthz?" + std::string(9000, 'a'))), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(Exchange("GET /" + std::string(100'000, 'a')), StartsWith("HTTP/1.1 414 "));
}

TEST_F(HttpProtocol, ABodyBeyondItsLimitIsRefusedBeforeItIsRead) {
  ServerConfig config;
  config.json_max = Bytes(1000);
  StartServer(config);
  RawConnection connection(server_->port());
  connection.Send(Request("POST /v1/search", "Content-Length: 1001\r\n"));
  EXPECT_THAT(connection.ReadResponse(), StartsWith("HTTP/1.1 413 "));

  const std::string chunk = "400\r\n" + std::string(0x400, ' ') + "\r\n";
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Transfer-Encoding: chunked\r\n", chunk + "0\r\n\r\n")),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Content-Length: 99999999999999999999999\r\n")),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Content-Length: 18446744073709551615\r\n")),
              StartsWith("HTTP/1.1 4"));
}

TEST_F(HttpProtocol, AnUploadBeyondItsLimitLeavesNoFile) {
  ServerConfig config;
  config.upload_max = Bytes(100'000);
  StartServer(config);
  const auto response = Post("/v1/chats/import", std::string(100'001, 'x'));
  EXPECT_EQ(response.status, 413);
  std::string chunked;
  for (int i = 0; i < 30; ++i) chunked += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  EXPECT_THAT(Exchange(Request("POST /v1/chats/import", "Transfer-Encoding: chunked\r\n", chunked + "0\r\n\r\n")),
              StartsWith("HTTP/1.1 413 "));
  server_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() + "/tmp"));
  EXPECT_EQ(engine_.last_import(), "");
}

TEST_F(HttpProtocol, BodyFramingThatContradictsItselfIsRefused) {
  StartServer();
  const std::string body = R"({"query":"x"})";
  for (const char* headers : {"Content-Length: 13\r\nContent-Length: 14\r\n", "Content-Length: -1\r\n",
                              "Content-Length: 1a\r\n", "Content-Length: \r\n"}) {
    EXPECT_THAT(Exchange(Request("POST /v1/search", headers, body)), StartsWith("HTTP/1.1 400 ")) << headers;
  }
  // Two framings at once are how requests are smuggled past a proxy.
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n", body)),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Transfer-Encoding: chunked\r\n", "zz\r\n")),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Transfer-Encoding: chunked\r\n", "5\r\n{\"que0\r\n\r\n")),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpProtocol, ATruncatedBodyIsA400) {
  StartServer();
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Content-Length: 100\r\n", "{\"query\"")),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("ended inside the body")));
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHos"),
              AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("ended inside the header")));
  EXPECT_THAT(Exchange(""), IsEmpty());
}

TEST_F(HttpProtocol, AChunkedBodyIsABody) {
  StartServer();
  const std::string chunks = "5\r\n{\"que\r\n8;ext=1\r\nry\":\"x\"}\r\n0\r\nTrailer: 1\r\n\r\n";
  EXPECT_THAT(Exchange(Request("POST /v1/search", "Transfer-Encoding: chunked\r\n", chunks)),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(engine_.last_search().query, "x");
}

TEST_F(HttpProtocol, ExpectContinueIsAnsweredBeforeTheBody) {
  StartServer();
  RawConnection connection(server_->port());
  connection.Send(Request("POST /v1/search", "Content-Length: 13\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(connection.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.Send(R"({"query":"x"})");
  EXPECT_THAT(connection.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpProtocol, ConnectionsAreKeptAndPipelinedAnswersComeInOrder) {
  StartServer();
  engine_.HoldSearches();
  RawConnection connection(server_->port());
  const std::string search = Request("GET /v1/search?q=x");
  connection.Send(search + Request("GET /healthz") +
                  Request("POST /v1/search", "Content-Length: 13\r\n", R"({"query":"y"})") +
                  Request("GET /v1/knobs", "Connection: close\r\n"));
  while (engine_.held() == 0) std::this_thread::yield();
  engine_.ReleaseSearches();
  EXPECT_THAT(connection.ReadResponse(), HasSubstr("\"hits\""));
  EXPECT_THAT(connection.ReadResponse(), HasSubstr("ok\n"));
  EXPECT_THAT(connection.ReadResponse(), HasSubstr("\"hits\""));
  const std::string last = connection.ReadAll();
  EXPECT_THAT(last, HasSubstr("\"knobs\""));
  EXPECT_THAT(last, HasSubstr("Connection: close"));
}

TEST_F(HttpProtocol, ARefusalWithoutABodyKeepsTheConnection) {
  StartServer();
  RawConnection connection(server_->port());
  connection.Send(Request("GET /nothing"));
  EXPECT_THAT(connection.ReadResponse(), StartsWith("HTTP/1.1 404 "));
  connection.Send(Request("GET /healthz"));
  EXPECT_THAT(connection.ReadResponse(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpProtocol, Http10ClosesUnlessAskedToKeep) {
  StartServer();
  RawConnection connection(server_->port());
  connection.Send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_THAT(connection.ReadAll(), HasSubstr("Connection: close"));
}

// Time is the manual clock's: it moves when the test says so.
class SlowClients : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerConfig config;
    config.upload_dir = folder_.path();
    config.http.header_timeout = std::chrono::milliseconds(100);
    config.http.body_timeout = std::chrono::milliseconds(100);
    config.http.idle_timeout = std::chrono::seconds(60);
    config.http.write_timeout = std::chrono::milliseconds(100);
    auto server = Server::Start(engine_, log_, std::move(config));
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
  }
  // The answer to a request that stops in the middle. The clock moves on until it comes: when
  // exactly the server has read the first part cannot be seen from outside.
  std::string AnswerToPartial(std::string_view bytes) {
    RawConnection connection(server_->port());
    connection.Send(bytes);
    std::jthread time([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        clock_.Advance(std::chrono::milliseconds(1));
        std::this_thread::yield();
      }
    });
    return connection.ReadAll();
  }
  std::string Host() const { return "Host: localhost:" + std::to_string(server_->port()) + "\r\n"; }

  TemporaryFolder folder_;
  ManualClock clock_;
  FakeEngine engine_{clock_};
  metrics::MemorySink sink_;
  metrics::Logger log_{clock_, sink_};
  std::unique_ptr<Server> server_;
};

TEST_F(SlowClients, AHeaderThatStopsIsA408) {
  EXPECT_THAT(AnswerToPartial("GET /healthz HTTP/1.1\r\nX-Slow: "),
              AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("header of the request did not arrive in time")));
}

TEST_F(SlowClients, ABodyThatStopsIsA408) {
  EXPECT_THAT(AnswerToPartial("POST /v1/search HTTP/1.1\r\n" + Host() + "Content-Length: 100\r\n\r\n{"),
              AllOf(StartsWith("HTTP/1.1 408 "), HasSubstr("body of the request did not arrive in time")));
}

TEST_F(SlowClients, AnUploadThatStopsLeavesNoFile) {
  EXPECT_THAT(AnswerToPartial("POST /v1/chats/import HTTP/1.1\r\n" + Host() + "Content-Length: 100\r\n\r\n{"),
              StartsWith("HTTP/1.1 408 "));
  server_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(SlowClients, AnIdleConnectionIsClosedWithoutAWord) { EXPECT_EQ(AnswerToPartial(""), ""); }

TEST_F(SlowClients, AClientThatReadsNothingDoesNotHoldTheOthers) {
  engine_.set_snippet(std::string(4 << 20, 's'));
  RawConnection lazy(server_->port(), 4096);
  lazy.Send("GET /v1/search?q=x HTTP/1.1\r\n" + Host() + "\r\n");
  EXPECT_NE(lazy.ReadUntil("\r\n"), "");  // the answer has begun, and the buffers are full
  const auto other = Fetch({.url = server_->address() + "/healthz"});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->status, 200);
  // Its connection is given up, so the rest of the answer never comes.
  std::jthread time([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      clock_.Advance(std::chrono::milliseconds(1));
      std::this_thread::yield();
    }
  });
  while (engine_.metrics().Collect().empty()) {
  }
  const auto connections = [&] {
    for (const auto& family : engine_.metrics().Collect()) {
      if (family.description.name == "attune_http_connections") return std::get<double>(family.samples[0].value);
    }
    return -1.0;
  };
  while (connections() > 0) std::this_thread::yield();
  EXPECT_LT(lazy.ReadAll().size(), std::size_t{8} << 20);
}

class Overload : public ServerTest {};

TEST_F(Overload, BeyondTheLimitOfRequestsInFlightIsA503) {
  ServerConfig config;
  config.http.requests_in_flight_max = 2;
  StartServer(config);
  engine_.HoldSearches();
  RawConnection first(server_->port());
  RawConnection second(server_->port());
  first.Send(Request("GET /v1/search?q=x"));
  second.Send(Request("GET /v1/search?q=x"));
  while (engine_.held() < 2) std::this_thread::yield();
  const auto third = Get("/v1/search?q=x");
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(*third.Find("Retry-After"), "1");
  engine_.ReleaseSearches();
  EXPECT_THAT(first.ReadResponse(), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(second.ReadResponse(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(Get("/v1/search?q=x").status, 200);
}

TEST_F(Overload, BeyondTheLimitOfConnectionsIsA503AndAClose) {
  ServerConfig config;
  config.http.connections_max = 2;
  StartServer(config);
  RawConnection first(server_->port());
  RawConnection second(server_->port());
  for (auto* connection : {&first, &second}) {
    connection->Send(Request("GET /healthz"));
    EXPECT_THAT(connection->ReadResponse(), StartsWith("HTTP/1.1 200 "));
  }
  RawConnection third(server_->port());
  EXPECT_THAT(third.ReadAll(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: ")));
  first.Close();
  // The server notices the end of the first in its own time.
  int status = 503;
  while (status == 503) {
    const auto again = Fetch({.url = server_->address() + "/healthz"});
    if (again.ok()) status = again->status;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(Overload, AClientThatLeavesWhileItsSearchRunsHarmsNobody) {
  StartServer();
  engine_.HoldSearches();
  {
    RawConnection leaver(server_->port());
    leaver.Send(Request("GET /v1/search?q=x"));
    while (engine_.held() == 0) std::this_thread::yield();
  }
  engine_.ReleaseSearches();
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(Overload, StoppingAnswersWhatWasAsked) {
  StartServer();
  engine_.HoldSearches();
  RawConnection waiting(server_->port());
  waiting.Send(Request("GET /v1/search?q=x"));
  RawConnection idle(server_->port());
  while (engine_.held() == 0) std::this_thread::yield();
  std::thread stop([this] { server_->Stop(); });
  EXPECT_EQ(idle.ReadAll(), "");  // closed at once
  engine_.ReleaseSearches();
  EXPECT_THAT(waiting.ReadAll(), HasSubstr("\"hits\""));
  stop.join();
}

TEST(HttpServerStart, ProblemsAreNamed) {
  FakeEngine engine;
  metrics::MemorySink sink;
  metrics::Logger log(SystemClock(), sink);
  const auto start = [&](ServerConfig config) {
    config.upload_dir = "/tmp";
    auto server = Server::Start(engine, log, std::move(config));
    return server.ok() ? std::string("started") : server.error().ToString();
  };
  EXPECT_THAT(start({.http = {.address = "0.0.0.0"}}), AllOf(HasSubstr("DENIED"), HasSubstr("--token-file")));
  EXPECT_THAT(start({.http = {.address = "192.168.1.7"}}), HasSubstr("--token-file"));
  EXPECT_THAT(start({.http = {.address = "localhost"}, .token = "0123456789abcdef"}), HasSubstr("not an IP address"));
  EXPECT_THAT(start({.http = {.io_threads = 0}}), HasSubstr("io_threads"));
  EXPECT_THAT(start({.token = "with space in it"}), HasSubstr("visible ASCII"));
}

TEST(HttpServerStart, ATakenPortIsAConflict) {
  FakeEngine one;
  FakeEngine two;
  metrics::MemorySink sink;
  metrics::Logger log(SystemClock(), sink);
  auto first = Server::Start(one, log, {.upload_dir = "/tmp"});
  ASSERT_TRUE(first.ok());
  auto second = Server::Start(two, log, {.http = {.port = (*first)->port()}, .upload_dir = "/tmp"});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
}

TEST(HttpServerStart, TheLoopbackOfVersionSixWorks) {
  FakeEngine engine;
  metrics::MemorySink sink;
  metrics::Logger log(SystemClock(), sink);
  auto server = Server::Start(engine, log, {.http = {.address = "::1"}, .upload_dir = "/tmp"});
  if (!server.ok()) GTEST_SKIP() << "this machine has no IPv6 loopback: " << server.error().message();
  const auto response = Fetch({.url = (*server)->address() + "/v1/status"});
  ASSERT_TRUE(response.ok()) << response.error().ToString();
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace attune::server

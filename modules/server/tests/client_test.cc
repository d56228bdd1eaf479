#include "attune/server/client.h"

#include <gmock/gmock.h>

#include <fstream>

#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::HasSubstr;

TEST(Client, RefusesWhatIsNoUrlOfAServer) {
  for (const char* url : {"", "localhost:1", "https://localhost/", "http://", "http://:80/", "http://x:0/",
                          "http://x:65536/", "http://x:1a/", "http://x/a b", "http://x/\r\nHost: y"}) {
    const auto response = Fetch({.url = url});
    ASSERT_FALSE(response.ok()) << url;
    EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument) << url;
  }
}

TEST(Client, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    FakeEngine engine;
    metrics::MemorySink sink;
    metrics::Logger log(SystemClock(), sink);
    port = (*Server::Start(engine, log, {.upload_dir = "/tmp"}))->port();
  }
  const auto response = Fetch({.url = "http://127.0.0.1:" + std::to_string(port) + "/"});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(response.error().message(), HasSubstr("127.0.0.1:" + std::to_string(port)));
}

class ClientTest : public ServerTest {};

TEST_F(ClientTest, GivesUpAtItsTimeout) {
  StartServer();
  engine_.HoldSearches();
  const auto response = Fetch({.url = server_->address() + "/v1/search?q=x", .timeout = std::chrono::milliseconds(20)});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kDeadline);
  engine_.ReleaseSearches();
}

TEST_F(ClientTest, AnAnswerBeyondItsLimitIsAnError) {
  StartServer();
  const auto response = Fetch({.url = server_->address() + "/v1/openapi.json", .answer_max = Bytes(1000)});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code(), ErrorCode::kExhausted);
}

TEST_F(ClientTest, SendsAFileInPieces) {
  StartServer();
  const std::string path = folder_.path() + "/export.jsonl";
  std::string content;
  for (int i = 0; i < 50'000; ++i) content += "{\"content\":\"" + std::to_string(i) + "\"}\n";
  std::ofstream(path, std::ios::binary) << content;
  const auto response = Ask({.method = "POST", .url = "/v1/chats/import", .body_file = path});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(engine_.last_import(), content);
  const auto absent =
      Fetch({.method = "POST", .url = server_->address() + "/v1/chats/import", .body_file = path + ".no"});
  EXPECT_EQ(absent.error().code(), ErrorCode::kNotFound);
}

TEST_F(ClientTest, ReadsARefusalThatComesBeforeTheBodyIsSent) {
  ServerConfig config;
  config.upload_max = Bytes(1000);
  StartServer(config);
  const auto response = Post("/v1/chats/import", std::string(8 << 20, 'x'));
  EXPECT_EQ(response.status, 413);
}

TEST_F(ClientTest, AStreamThatIsRefusedNamesTheStatus) {
  StartServer({.token = "0123456789abcdef"});
  const auto status =
      FollowEvents({.url = server_->address() + "/v1/events"}, [](const ServerSentEvent&) { return true; }, {});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message(), HasSubstr("401"));
}

}  // namespace
}  // namespace attune::server

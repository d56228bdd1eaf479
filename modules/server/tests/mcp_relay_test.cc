// A client that knows only a pipe, before servers whose sessions end and which come and go.

#include "attune/server/mcp_relay.h"

#include <gmock/gmock.h>

#include "attune/server/mcp.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kOpening =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18"}})";
constexpr const char* kSearch =
    R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"query":"x"}}})";
constexpr const char* kNotification = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";

class Relay : public ServerTest {
 protected:
  void Begin(McpRelay& relay) {
    const auto reply = relay.Exchange(kOpening);
    ASSERT_TRUE(reply.ok()) << reply.error().ToString();
    EXPECT_THAT(*reply, HasSubstr("serverInfo"));
  }
  static std::string Reply(McpRelay& relay, const std::string& message) {
    const auto reply = relay.Exchange(message);
    EXPECT_TRUE(reply.ok()) << reply.error().ToString();
    return reply.ok() ? *reply : "";
  }
};

TEST_F(Relay, CarriesAConversation) {
  StartServer();
  McpRelay relay;
  relay.Connect(server_->address(), "");
  Begin(relay);
  EXPECT_EQ(Reply(relay, kNotification), "");
  EXPECT_THAT(Reply(relay, kSearch), AllOf(HasSubstr("structuredContent"), HasSubstr("\"id\":7")));
  EXPECT_THAT(Reply(relay, "no JSON"), HasSubstr("-32700"));
}

TEST_F(Relay, ASessionThatEndedIsBegunAgainAndTheMessageIsNotLost) {
  // One session at most, and the next client may push it out at once.
  StartServer({.mcp = {.sessions_max = 1, .evict_after = Duration::zero()}});
  McpRelay relay;
  relay.Connect(server_->address(), "");
  Begin(relay);
  McpRelay other;
  other.Connect(server_->address(), "");
  Begin(other);
  const auto gone = relay.Exchange(kSearch);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code(), ErrorCode::kUnavailable);
  relay.Connect(server_->address(), "");
  EXPECT_THAT(Reply(relay, kSearch), HasSubstr("structuredContent"));
}

TEST_F(Relay, AServerThatIsGoneIsUnavailableAndTheNextOneGoesOn) {
  StartServer();
  McpRelay relay;
  relay.Connect(server_->address(), "");
  Begin(relay);
  server_.reset();
  const auto gone = relay.Exchange(kSearch);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code(), ErrorCode::kUnavailable);
  FakeEngine next_engine;
  auto next = Server::Start(next_engine, log_, {.upload_dir = folder_.path() + "/tmp"});
  ASSERT_TRUE(next.ok()) << next.error().ToString();
  relay.Connect((*next)->address(), "");
  EXPECT_THAT(Reply(relay, kSearch), HasSubstr("structuredContent"));
}

TEST_F(Relay, WhatIsNoJsonRpcBecomesAnErrorOfItsRequest) {
  StartServer({.token = "0123456789abcdef"});
  McpRelay relay;
  relay.Connect(server_->address(), "");
  EXPECT_THAT(Reply(relay, kOpening), AllOf(HasSubstr("\"id\":0"), HasSubstr("\"error\""), HasSubstr("token")));
  EXPECT_EQ(Reply(relay, kNotification), "");
  EXPECT_THAT(Reply(relay, kSearch), AllOf(HasSubstr("\"id\":7"), HasSubstr("token")));
  relay.Connect(server_->address(), "0123456789abcdef");
  EXPECT_THAT(Reply(relay, kSearch), HasSubstr("structuredContent"));
}

TEST_F(Relay, ARequestThatMayHaveBeenCarriedOutIsNotSentAgain) {
  StartServer();
  McpRelay relay(std::chrono::milliseconds(50));
  relay.Connect(server_->address(), "");
  Begin(relay);
  engine_.HoldSearches();
  EXPECT_THAT(Reply(relay, kSearch), AllOf(HasSubstr("\"id\":7"), HasSubstr("may have been carried out")));
  EXPECT_EQ(engine_.held(), 1U);
  engine_.ReleaseSearches();
}

TEST(McpRefusal, AnswersEachRequestAndNothingElse) {
  EXPECT_EQ(McpRefusal(kSearch, "why"), R"({"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"why"}})");
  EXPECT_EQ(McpRefusal(kNotification, "why"), "");
  EXPECT_THAT(McpRefusal("[", "why"), HasSubstr("-32700"));
  EXPECT_THAT(McpRefusal("7", "why"), HasSubstr("-32600"));
  const std::string batch = std::string("[") + kSearch + "," + kNotification + "," + kOpening + "]";
  const auto replies = state::ParseJson(McpRefusal(batch, "why"));
  ASSERT_TRUE(replies.ok() && replies->AsArray() != nullptr);
  EXPECT_EQ(replies->AsArray()->size(), 2U);
}

}  // namespace
}  // namespace attune::server

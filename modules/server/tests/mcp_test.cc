// Conversations in the Model Context Protocol: the session by itself, over HTTP and over pipes.

#include "attune/server/mcp.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "attune/server/mcp_http.h"
#include "attune/server/mcp_stdio.h"
#include "attune/server/openapi.h"
#include "conforms.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using state::Value;
using ::testing::HasSubstr;

constexpr std::string_view kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},)"
    R"("clientInfo":{"name":"test","version":"1"}}})";

std::string Call(int id, std::string_view method, std::string_view params = "{}") {
  return "{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + ",\"method\":\"" + std::string(method) +
         "\",\"params\":" + std::string(params) + "}";
}
std::string ToolCall(std::string_view name, std::string_view arguments) {
  return Call(9, "tools/call", "{\"name\":\"" + std::string(name) + "\",\"arguments\":" + std::string(arguments) + "}");
}

class Mcp : public ::testing::Test {
 protected:
  // The reply to a message, whichever thread it comes on.
  std::string Text(std::string_view message) {
    std::string reply;
    std::atomic<bool> done{false};
    session_.Receive(message, [&](std::string text) {
      reply = std::move(text);
      done = true;
      done.notify_all();
    });
    done.wait(false);
    return reply;
  }
  Value Reply(std::string_view message) {
    const std::string text = Text(message);
    Result<Value> value = state::ParseJson(text);
    EXPECT_TRUE(value.ok()) << text;
    return value.ok() ? *std::move(value) : Value();
  }
  std::int64_t ErrorOf(std::string_view message) {
    const Value reply = Reply(message);
    const Value* error = reply.Find("error");
    return error == nullptr ? 0 : error->Find("code")->AsInt().value_or(0);
  }
  Value ResultOf(std::string_view message) {
    const Value reply = Reply(message);
    const Value* result = reply.Find("result");
    EXPECT_NE(result, nullptr) << state::PrintJson(reply);
    return result == nullptr ? Value() : *result;
  }
  static std::string TextContent(const Value& result) {
    return std::string(*result.Find("content")->At(0)->Find("text")->AsString());
  }
  void Begin() { ASSERT_NE(Text(kInitialize), ""); }

  FakeEngine engine_;
  McpSession session_{engine_, {.message_max = 1_MiB, .in_flight_max = 4}};
};

TEST_F(Mcp, InitializeAgreesOnARevision) {
  const auto spoken = [&](std::string_view asked) {
    McpSession session(engine_);
    std::string reply;
    session.Receive(Call(1, "initialize", "{\"protocolVersion\":\"" + std::string(asked) + "\"}"),
                    [&](std::string text) { reply = std::move(text); });
    const auto value = state::ParseJson(reply);
    return std::string(*value->Find("result")->Find("protocolVersion")->AsString());
  };
  EXPECT_EQ(spoken("2025-06-18"), "2025-06-18");
  EXPECT_EQ(spoken("2025-03-26"), "2025-03-26");
  EXPECT_EQ(spoken("2024-11-05"), "2024-11-05");
  EXPECT_EQ(spoken("2099-01-01"), "2025-06-18");
  EXPECT_EQ(ErrorOf(Call(1, "initialize")), -32602);
  const Value result = ResultOf(kInitialize);
  EXPECT_EQ(*result.Find("serverInfo")->Find("name")->AsString(), "attune");
  EXPECT_NE(result.Find("capabilities")->Find("tools"), nullptr);
  EXPECT_NE(result.Find("capabilities")->Find("resources"), nullptr);
  EXPECT_TRUE(session_.initialized());
}

TEST_F(Mcp, BeforeInitializeOnlyPingIsAnswered) {
  EXPECT_NE(Reply(Call(1, "ping")).Find("result"), nullptr);
  EXPECT_EQ(ErrorOf(Call(2, "tools/list")), -32600);
  EXPECT_EQ(ErrorOf(ToolCall("search", R"({"query":"x"})")), -32600);
}

TEST_F(Mcp, WhatIsNoRequestIsExplained) {
  Begin();
  EXPECT_EQ(ErrorOf("{"), -32700);
  EXPECT_EQ(ErrorOf(""), -32700);
  EXPECT_EQ(ErrorOf(std::string(100'000, '[')), -32700);
  EXPECT_EQ(ErrorOf(R"("x")"), -32600);
  EXPECT_EQ(ErrorOf(R"({"id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(ErrorOf(R"({"jsonrpc":"1.0","id":1,"method":"ping"})"), -32600);
  EXPECT_EQ(ErrorOf(R"({"jsonrpc":"2.0","id":1})"), -32600);
  EXPECT_EQ(ErrorOf(R"({"jsonrpc":"2.0","id":1,"method":7})"), -32600);
  EXPECT_EQ(ErrorOf(R"({"jsonrpc":"2.0","id":null,"method":"ping"})"), -32600);
  EXPECT_EQ(ErrorOf(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[1]})"), -32600);
  EXPECT_EQ(ErrorOf(Call(1, "no/such")), -32601);
  EXPECT_EQ(ErrorOf(Call(1, "ping", "\"" + std::string(2 << 20, 'x') + "\"")), -32600);
  EXPECT_EQ(*Reply(R"({"jsonrpc":"2.0","id":"abc","method":"no"})").Find("id")->AsString(), "abc");
}

TEST_F(Mcp, NotificationsAndResponsesGetNoReply) {
  Begin();
  EXPECT_EQ(Text(R"({"jsonrpc":"2.0","method":"notifications/initialized"})"), "");
  EXPECT_EQ(Text(R"({"jsonrpc":"2.0","method":"notifications/nobody/knows"})"), "");
  EXPECT_EQ(Text(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}})"), "");
  EXPECT_EQ(Text(R"({"jsonrpc":"2.0","id":1,"result":{}})"), "");
}

TEST_F(Mcp, ToolsAreListedWithSchemasThatTheirAnswersFit) {
  Begin();
  const Value tools = *ResultOf(Call(1, "tools/list")).Find("tools");
  ASSERT_EQ(tools.AsArray()->size(), 5U);
  const std::map<std::string, std::string> arguments{{"search", R"({"query":"x"})"},
                                                     {"recall", R"({"query":"x","budget_tokens":200})"},
                                                     {"remember", R"({"text":"x"})"},
                                                     {"chat_append", R"({"role":"user","content":"hello\nworld"})"},
                                                     {"status", "{}"}};
  for (const Value& tool : *tools.AsArray()) {
    const std::string name(*tool.Find("name")->AsString());
    EXPECT_EQ(*tool.Find("inputSchema")->Find("type")->AsString(), "object");
    EXPECT_EQ(state::PrintJson(tool).find("$ref"), std::string::npos);
    const Value result = ResultOf(ToolCall(name, arguments.at(name)));
    EXPECT_EQ(result.Find("isError")->AsBool(), false) << name;
    EXPECT_EQ(WhatDiffers(*result.Find("structuredContent"), *tool.Find("outputSchema"), {}), "") << name;
  }
}

TEST_F(Mcp, OlderRevisionsHaveNoStructuredContent) {
  Text(Call(0, "initialize", R"({"protocolVersion":"2024-11-05"})"));
  EXPECT_EQ(ResultOf(Call(1, "tools/list")).Find("tools")->At(0)->Find("outputSchema"), nullptr);
  const Value result = ResultOf(ToolCall("search", R"({"query":"x"})"));
  EXPECT_EQ(result.Find("structuredContent"), nullptr);
  EXPECT_THAT(TextContent(result), HasSubstr("\"hits\""));
}

TEST_F(Mcp, SearchRecallRememberAndStatusDoTheirWork) {
  Begin();
  EXPECT_THAT(TextContent(ResultOf(ToolCall("search", R"({"query":"group commit","kinds":["code"]})"))),
              HasSubstr("src/store.cc"));
  EXPECT_EQ(engine_.last_search().query, "group commit");
  EXPECT_THAT(TextContent(ResultOf(ToolCall("recall", R"({"query":"x"})"))), HasSubstr("first line\nsecond line"));
  EXPECT_THAT(TextContent(ResultOf(ToolCall("remember", R"({"text":"fsync is slow"})"))), HasSubstr("\"n1\""));
  EXPECT_EQ(engine_.Notes(1, 0)->front().text, "fsync is slow");
  EXPECT_THAT(TextContent(ResultOf(ToolCall("status", "{}"))), HasSubstr("\"ready\":true"));
  EXPECT_EQ(ResultOf(Call(1, "tools/call", R"({"name":"status"})")).Find("isError")->AsBool(), false);
}

TEST_F(Mcp, ChatAppendBeginsAChatAndGoesOnWithIt) {
  Begin();
  const Value first = ResultOf(ToolCall("chat_append", R"({"content":"first words\nmore","role":"user"})"));
  EXPECT_EQ(*first.Find("structuredContent")->Find("chat")->AsString(), "c1");
  const Value second = ResultOf(ToolCall("chat_append", R"({"chat":"c1","content":"answer","role":"assistant"})"));
  EXPECT_EQ(*second.Find("structuredContent")->Find("message")->Find("parent")->AsString(), "m1");
  EXPECT_EQ(engine_.Chats(1, 0)->front().title, "first words");
  const Value absent = ResultOf(ToolCall("chat_append", R"({"chat":"c99","content":"x"})"));
  EXPECT_EQ(absent.Find("isError")->AsBool(), true);
}

TEST_F(Mcp, WrongArgumentsAreAResultThatNamesTheField) {
  Begin();
  const struct {
    const char* tool;
    const char* arguments;
    const char* text;
  } cases[] = {
      {"search", "{}", "'query' is missing"},
      {"search", R"({"query":5})", "'query' must be a string, found an integer (5)"},
      {"search", R"({"query":"x","limit":"ten"})", "'limit' must be a whole number"},
      {"search", R"({"query":"x","limit":1000})", "1 to 100, found 1000"},
      {"search", R"({"query":"x","langauges":["c"]})", "did you mean 'languages'?"},
      {"search", R"({"query":"x","kinds":["novel"]})", "code, prose, page, note, message"},
      {"search", "[1]", "must be an object"},
      {"remember", R"({"text":""})", "must not be empty"},
      {"chat_append", R"({"content":"x","chat":"p5"})", "\"c7\""},
      {"status", R"({"verbose":true})", "nothing is expected"},
  };
  for (const auto& one : cases) {
    const Value result = ResultOf(ToolCall(one.tool, one.arguments));
    EXPECT_EQ(result.Find("isError")->AsBool(), true) << one.arguments;
    EXPECT_THAT(TextContent(result), HasSubstr(one.text)) << one.arguments;
  }
  EXPECT_EQ(ErrorOf(Call(1, "tools/call")), -32602);
  EXPECT_THAT(Text(ToolCall("serach", "{}")), AllOf(HasSubstr("-32602"), HasSubstr("did you mean 'search'?")));
  EXPECT_EQ(ErrorOf(Call(1, "tools/list", R"({"cursor":"x"})")), -32602);
}

TEST_F(Mcp, ABusyEngineIsAResultThatSaysWhenToComeBack) {
  Begin();
  engine_.FailSearchesWith(Error(ErrorCode::kExhausted, "too busy"));
  const Value result = ResultOf(ToolCall("search", R"({"query":"x"})"));
  EXPECT_EQ(result.Find("isError")->AsBool(), true);
  EXPECT_THAT(TextContent(result), HasSubstr("too busy (try again in 1.5s)"));
}

TEST_F(Mcp, ResourcesAreListedAndRead) {
  Begin();
  Text(ToolCall("remember", R"({"text":"long text\nwith lines","title":"A title"})"));
  const Value list = ResultOf(Call(1, "resources/list"));
  EXPECT_EQ(*list.Find("resources")->At(0)->Find("uri")->AsString(), "attune://passage/n1");
  EXPECT_EQ(*list.Find("resources")->At(0)->Find("name")->AsString(), "A title");
  const Value templates = ResultOf(Call(1, "resources/templates/list"));
  EXPECT_EQ(*templates.Find("resourceTemplates")->At(0)->Find("uriTemplate")->AsString(), "attune://passage/{id}");
  const Value read = ResultOf(Call(1, "resources/read", R"({"uri":"attune://passage/p1"})"));
  EXPECT_THAT(*read.Find("contents")->At(0)->Find("text")->AsString(), HasSubstr("src/store.cc:100-101\n\nfirst line"));
  EXPECT_EQ(ErrorOf(Call(1, "resources/read", R"({"uri":"attune://passage/p99"})")), -32002);
  EXPECT_EQ(ErrorOf(Call(1, "resources/read", R"({"uri":"file:///etc/passwd"})")), -32002);
  EXPECT_EQ(ErrorOf(Call(1, "resources/read", R"({"uri":"attune://passage/broken"})")), -32603);
  EXPECT_EQ(ErrorOf(Call(1, "resources/read")), -32602);
}

TEST_F(Mcp, ACancelledRequestGetsNoReply) {
  Begin();
  engine_.HoldSearches();
  std::string reply = "none yet";
  session_.Receive(ToolCall("search", R"({"query":"x"})"), [&](std::string text) { reply = std::move(text); });
  Text(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}})");
  engine_.ReleaseSearches();
  EXPECT_EQ(reply, "");
}

TEST_F(Mcp, CallsUnderWayHaveALimitAndIdsAreNotUsedTwice) {
  Begin();
  engine_.HoldSearches();
  int replies = 0;
  const auto search = [&](int id) {
    session_.Receive(Call(id, "tools/call", R"({"name":"search","arguments":{"query":"x"}})"),
                     [&](const std::string& text) {
                       ++replies;
                       EXPECT_THAT(text, HasSubstr("isError"));
                     });
  };
  search(1);
  EXPECT_EQ(ErrorOf(Call(1, "ping")), -32000);
  for (int id = 2; id <= 4; ++id) search(id);
  EXPECT_EQ(ErrorOf(Call(5, "ping")), -32000);
  engine_.ReleaseSearches();
  EXPECT_EQ(replies, 4);
  EXPECT_NE(Reply(Call(5, "ping")).Find("result"), nullptr);
}

TEST_F(Mcp, ASessionMayGoWhileACallIsUnderWay) {
  engine_.HoldSearches();
  std::string reply;
  {
    McpSession session(engine_);
    session.Receive(kInitialize, [](const std::string&) {});
    session.Receive(ToolCall("search", R"({"query":"x"})"), [&](std::string text) { reply = std::move(text); });
  }
  engine_.ReleaseSearches();
  EXPECT_THAT(reply, HasSubstr("\"result\""));
}

TEST_F(Mcp, BatchesExistInOneRevisionAlone) {
  const std::string batch =
      "[" + Call(1, "ping") + R"(,{"jsonrpc":"2.0","method":"notifications/initialized"},)" + Call(2, "no/such") + "]";
  EXPECT_EQ(ErrorOf(batch), -32600);
  Text(Call(0, "initialize", R"({"protocolVersion":"2025-03-26"})"));
  const Value replies = Reply(batch);
  ASSERT_NE(replies.AsArray(), nullptr);
  EXPECT_EQ(replies.AsArray()->size(), 2U);
  EXPECT_EQ(ErrorOf("[]"), -32600);
  EXPECT_EQ(Text(R"([{"jsonrpc":"2.0","method":"notifications/initialized"}])"), "");
  std::string large = "[" + Call(1, "ping");
  for (int i = 2; i <= 33; ++i) large += "," + Call(i, "ping");
  EXPECT_EQ(ErrorOf(large + "]"), -32600);
  McpSession modern(engine_);
  std::string reply;
  modern.Receive(kInitialize, [](const std::string&) {});
  modern.Receive(batch, [&](std::string text) { reply = std::move(text); });
  EXPECT_THAT(reply, HasSubstr("-32600"));
}

class McpHttp : public ServerTest {
 protected:
  ClientResponse Message(std::string_view message, const std::string& session = {}, std::vector<Header> headers = {}) {
    if (!session.empty()) headers.push_back({"Mcp-Session-Id", session});
    headers.push_back({"Accept", "application/json, text/event-stream"});
    return Ask({.method = "POST", .url = "/mcp", .headers = std::move(headers), .body = std::string(message)});
  }
  std::string Begin() {
    const auto response = Message(kInitialize);
    EXPECT_EQ(response.status, 200);
    const std::string* id = response.Find("Mcp-Session-Id");
    EXPECT_NE(id, nullptr);
    return id == nullptr ? "" : *id;
  }
};

TEST_F(McpHttp, ASessionBeginsWorksAndEnds) {
  StartServer();
  const std::string session = Begin();
  EXPECT_EQ(session.size(), 32U);
  EXPECT_EQ(Message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session).status, 202);
  const auto found = Message(ToolCall("search", R"({"query":"x"})"), session, {{"MCP-Protocol-Version", "2025-06-18"}});
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(*found.Find("Content-Type"), "application/json");
  EXPECT_THAT(found.body, HasSubstr("structuredContent"));
  const auto end = Ask({.method = "DELETE", .url = "/mcp", .headers = {{"Mcp-Session-Id", session}}});
  EXPECT_EQ(end.status, 204);
  EXPECT_EQ(Message(Call(1, "ping"), session).status, 404);
}

TEST_F(McpHttp, WithoutASessionOnlyInitializeAndPingSucceed) {
  StartServer();
  EXPECT_EQ(Message(Call(1, "tools/list")).status, 400);
  EXPECT_EQ(Message("{").status, 400);
  EXPECT_EQ(Message(R"({"jsonrpc":"2.0","method":"notifications/initialized"})").status, 400);
  EXPECT_EQ(Message(Call(1, "ping")).status, 200);
  EXPECT_EQ(Message(Call(1, "ping"), "no-such-session").status, 404);
  EXPECT_EQ(Ask({.method = "DELETE", .url = "/mcp"}).status, 400);
}

TEST_F(McpHttp, HeadersAreChecked) {
  StartServer();
  const std::string session = Begin();
  EXPECT_EQ(Message(Call(1, "ping"), session, {{"MCP-Protocol-Version", "1999-01-01"}}).status, 400);
  EXPECT_EQ(Ask({.method = "POST", .url = "/mcp", .headers = {{"Accept", "text/html"}}, .body = "{}"}).status, 406);
  EXPECT_EQ(Ask({.method = "POST", .url = "/mcp", .body = "{}", .content_type = "text/plain"}).status, 415);
  EXPECT_EQ(Message(Call(1, "ping"), session, {{"Origin", "https://evil.example"}}).status, 403);
}

TEST(McpEndpointBounds, IdleSessionsMakeRoomAndEnd) {
  ManualClock clock;
  FakeEngine engine(clock);
  McpEndpoint endpoint(engine, clock, {.sessions_max = 2, .idle_max = std::chrono::minutes(30)});
  const auto begin = [&] {
    HttpRequest request;
    request.body = kInitialize;
    HttpResponse response;
    endpoint.Post(request, [&](HttpResponse answer) { response = std::move(answer); });
    return response;
  };
  const auto ping = [&](const HttpResponse& session) {
    HttpRequest request;
    request.body = Call(1, "ping");
    request.headers.push_back(session.headers.back());
    int status = 0;
    endpoint.Post(request, [&](const HttpResponse& answer) { status = answer.status; });
    return status;
  };
  const HttpResponse first = begin();
  clock.Advance(std::chrono::seconds(1));
  const HttpResponse second = begin();
  EXPECT_EQ(begin().status, 503);  // both were in use within the last minute
  clock.Advance(std::chrono::minutes(1));
  EXPECT_EQ(ping(first), 200);
  EXPECT_EQ(begin().status, 200);
  EXPECT_EQ(ping(second), 404);  // it was idle for longest
  EXPECT_EQ(ping(first), 200);
  clock.Advance(std::chrono::minutes(31));
  EXPECT_EQ(ping(first), 404);
  EXPECT_EQ(endpoint.sessions(), 0U);
}

class McpStdio : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(to_server_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(from_server_.data(), O_CLOEXEC), 0);
    server_ = std::thread([this] {
      status_ = ServeMcpStdio(engine_, {.input = to_server_[0], .output = from_server_[1], .line_max = 1_MiB},
                              stop_.get_token());
      ::close(from_server_[1]);
    });
  }
  void TearDown() override {
    stop_.request_stop();
    if (server_.joinable()) server_.join();
    for (const int end : {to_server_[0], to_server_[1], from_server_[0]}) {
      if (end >= 0) ::close(end);
    }
  }
  void Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(to_server_[1], text.data(), text.size());
      ASSERT_GT(count, 0);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void EndInput() { ::close(std::exchange(to_server_[1], -1)); }
  std::string ReadLine() {
    std::string line;
    char c = 0;
    while (::read(from_server_[0], &c, 1) == 1 && c != '\n') line.push_back(c);
    return line;
  }

  FakeEngine engine_;
  std::array<int, 2> to_server_{-1, -1};
  std::array<int, 2> from_server_{-1, -1};
  std::stop_source stop_;
  attune::Status status_;
  std::thread server_;
};

TEST_F(McpStdio, AWholeConversationAndItsEnd) {
  Send(std::string(kInitialize) + "\r\n");
  EXPECT_THAT(ReadLine(), HasSubstr("\"serverInfo\""));
  Send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n\n  \n");
  Send(ToolCall("remember", R"({"text":"x"})") + "\n" + Call(2, "pi"));
  EXPECT_THAT(ReadLine(), HasSubstr("\\\"n1\\\""));
  Send("x");  // a message comes in pieces
  Send("\n");
  EXPECT_THAT(ReadLine(), HasSubstr("-32700"));
  Send(Call(3, "ping"));  // the last line needs no end
  EndInput();
  EXPECT_EQ(ReadLine(), R"({"jsonrpc":"2.0","id":3,"result":{}})");
  EXPECT_EQ(ReadLine(), "");
  server_.join();
  EXPECT_TRUE(status_.ok());
}

TEST_F(McpStdio, AnOverlongLineIsRefusedAndSkipped) {
  Send(std::string(3 << 20, 'x') + "\n" + Call(1, "ping") + "\n");
  EXPECT_THAT(ReadLine(), AllOf(HasSubstr("-32600"), HasSubstr("longer than 1MiB")));
  EXPECT_THAT(ReadLine(), HasSubstr("\"id\":1"));
}

TEST_F(McpStdio, WhatIsUnderWayIsAnsweredAfterTheEnd) {
  engine_.HoldSearches();
  Send(std::string(kInitialize) + "\n" + ToolCall("search", R"({"query":"x"})") + "\n");
  ReadLine();
  while (engine_.held() == 0) std::this_thread::yield();
  EndInput();
  engine_.ReleaseSearches();
  EXPECT_THAT(ReadLine(), HasSubstr("structuredContent"));
}

TEST_F(McpStdio, AStopRequestEndsIt) {
  stop_.request_stop();
  server_.join();
  EXPECT_TRUE(status_.ok());
}

TEST_F(McpStdio, AReaderThatWentAwayIsTheEnd) {
  ::close(std::exchange(from_server_[0], -1));
  Send(Call(1, "ping") + "\n");
  EndInput();
  server_.join();
  EXPECT_TRUE(status_.ok());
}

}  // namespace
}  // namespace attune::server

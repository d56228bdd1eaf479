// Who may ask: Host, Origin and token, over real sockets and by themselves.

#include "access.h"

#include <gmock/gmock.h>

#include "attune/sys/in_memory_file_system.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Access : public ServerTest {
 protected:
  int StatusWith(const std::string& path, const std::string& headers) const {
    const std::string answer = Exchange("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 ")) << headers;
    return answer.size() > 12 ? std::stoi(answer.substr(9, 3)) : 0;
  }
  std::string Port() const { return std::to_string(server_->port()); }
};

TEST_F(Access, OnlyTheServersOwnNamesAreAnswered) {
  StartServer({.hosts_allowed = {"box.local", "proxy.example:8080"}});
  for (const std::string& host :
       {"localhost:" + Port(), "127.0.0.1:" + Port(), "[::1]:" + Port(), "LOCALHOST:" + Port(),
        std::string("box.local"), std::string("box.local:99"), std::string("proxy.example:8080")}) {
    EXPECT_EQ(StatusWith("/v1/status", "Host: " + host + "\r\n"), 200) << host;
    EXPECT_EQ(StatusWith("/", "Host: " + host + "\r\n"), 200) << host;
  }
  for (const std::string& host :
       {std::string("evil.example:") + Port(), std::string("localhost"), std::string("localhost:1"),
        "localhost.evil.example:" + Port(), "127.0.0.2:" + Port(), "192.168.1.1:" + Port(),
        std::string("proxy.example"), std::string("[::2]:") + Port(), std::string("@localhost:") + Port()}) {
    EXPECT_EQ(StatusWith("/v1/status", "Host: " + host + "\r\n"), 421) << host;
    EXPECT_EQ(StatusWith("/", "Host: " + host + "\r\n"), 421) << host;
    EXPECT_EQ(StatusWith("/healthz", "Host: " + host + "\r\n"), 200) << host;
  }
  EXPECT_EQ(StatusWith("/v1/status", ""), 400);
  EXPECT_EQ(StatusWith("/v1/status", "Host: \r\n"), 400);
  EXPECT_EQ(StatusWith("/v1/status", "Host: localhost:" + Port() + "\r\nHost: evil.example\r\n"), 400);
}

TEST_F(Access, PagesOfOtherOriginsAreRefused) {
  StartServer();
  const std::string host = "Host: localhost:" + Port() + "\r\n";
  EXPECT_EQ(StatusWith("/v1/status", host + "Origin: http://localhost:" + Port() + "\r\n"), 200);
  for (const std::string& origin : {std::string("https://evil.example"), std::string("http://localhost:3000"),
                                    std::string("http://localhost"), std::string("null"), "http://127.0.0.1:" + Port(),
                                    "http://localhost:" + Port() + ".evil.example", std::string("")}) {
    EXPECT_EQ(StatusWith("/v1/status", host + "Origin: " + origin + "\r\n"), 403) << origin;
    EXPECT_EQ(StatusWith("/metrics", host + "Origin: " + origin + "\r\n"), 403) << origin;
  }
  EXPECT_EQ(StatusWith("/v1/status", host + "Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(StatusWith("/v1/status", host + "Sec-Fetch-Site: same-site\r\n"), 403);
  EXPECT_EQ(StatusWith("/v1/status", host + "Sec-Fetch-Site: none\r\n"), 200);
  EXPECT_EQ(StatusWith("/v1/status", host + "Sec-Fetch-Site: same-origin\r\n"), 200);
  EXPECT_EQ(StatusWith("/", host + "Sec-Fetch-Site: cross-site\r\n"), 200);  // a link to the page is fine

  const std::string body = R"({"text":"planted"})";
  const std::string post = "POST /v1/notes HTTP/1.1\r\n" + host + "Content-Length: " + std::to_string(body.size()) +
                           "\r\nContent-Type: text/plain\r\nOrigin: https://evil.example\r\n\r\n" + body;
  EXPECT_THAT(Exchange(post), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(engine_.Notes(10, 0)->empty());
}

TEST_F(Access, WithATokenEverythingButHealthAndThePageAsksForIt) {
  const std::string token = "0123456789abcdef0123456789abcdef";
  StartServer({.token = token});
  for (const char* path :
       {"/v1/status", "/v1/search?q=x", "/metrics", "/v1/openapi.json", "/v1/events", "/v1/nothing"}) {
    const auto refused = Get(path);
    EXPECT_EQ(refused.status, 401) << path;
    EXPECT_THAT(*refused.Find("WWW-Authenticate"), HasSubstr("Bearer"));
  }
  EXPECT_EQ(Post("/mcp", "{}").status, 401);
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/").status, 200);
  EXPECT_EQ(Ask({.url = "/v1/status", .token = token}).status, 200);
  EXPECT_EQ(Ask({.url = "/v1/status", .headers = {{"authorization", "bearer " + token}}}).status, 200);
  for (const std::string& wrong :
       std::vector<std::string>{token + "0", token.substr(1), std::string(), std::string("x"), "Bearer " + token,
                                "1123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee"}) {
    const auto refused = Ask({.url = "/v1/status", .headers = {{"Authorization", "Bearer " + wrong}}});
    EXPECT_EQ(refused.status, 401) << wrong;
    EXPECT_THAT(refused.body, ::testing::Not(HasSubstr(token)));
  }
  EXPECT_EQ(Ask({.url = "/v1/status", .headers = {{"Authorization", "Basic " + token}}}).status, 401);
}

TEST(AccessPolicy, BeyondLoopbackAnyAddressIsANameOfTheMachineButNoForeignName) {
  const AccessPolicy policy({.address = "0.0.0.0", .port = 7420, .token = "0123456789abcdef"});
  const auto status = [&](const std::string& host) {
    HttpRequest request;
    request.target = "/v1/status";
    request.headers = {{"Host", host}, {"Authorization", "Bearer 0123456789abcdef"}};
    const auto problem = policy.Check(request, Guard::kFull);
    return problem ? problem->status : 200;
  };
  EXPECT_EQ(status("192.168.1.7:7420"), 200);
  EXPECT_EQ(status("[fe80::1]:7420"), 200);
  EXPECT_EQ(status("192.168.1.7:80"), 421);
  EXPECT_EQ(status("attacker.example:7420"), 421);
  EXPECT_EQ(status("1.2.3.4.attacker.example:7420"), 421);
}

TEST(AccessPolicy, TokensCompareByEveryByteAndTheLength) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  for (const char* other : {"", "a", "ab", "abd", "bbc", "abcd", "abcabc"}) {
    EXPECT_FALSE(EqualInConstantTime("abc", other)) << other;
    EXPECT_FALSE(EqualInConstantTime(other, "abc")) << other;
  }
}

TEST(AccessPolicy, LoopbackIsRecognised) {
  for (const char* address : {"127.0.0.1", "127.1.2.3", "::1"}) EXPECT_TRUE(IsLoopback(address)) << address;
  for (const char* address : {"0.0.0.0", "::", "192.168.1.1", "128.0.0.1"})
    EXPECT_FALSE(IsLoopback(address)) << address;
}

TEST(ReadToken, TakesTheFirstLineAndSaysHowToMakeOne) {
  sys::InMemoryFileSystem files(SystemClock());
  ASSERT_TRUE(files.WriteAtomically("/good", "0123456789abcdef\n").ok());
  ASSERT_TRUE(files.WriteAtomically("/short", "0123456789abcde\n").ok());
  ASSERT_TRUE(files.WriteAtomically("/spaced", "0123456789 abcdef\n").ok());
  ASSERT_TRUE(files.WriteAtomically("/empty", "").ok());
  EXPECT_EQ(*ReadToken(files, "/good"), "0123456789abcdef");
  for (const char* path : {"/short", "/spaced", "/empty"}) {
    const auto token = ReadToken(files, path);
    ASSERT_FALSE(token.ok()) << path;
    EXPECT_THAT(token.error().message(), HasSubstr("openssl rand"));
  }
  EXPECT_EQ(ReadToken(files, "/absent").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace attune::server

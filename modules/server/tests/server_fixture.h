#pragma once
// A server over a FakeEngine on a free port, and short ways to ask it.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "attune/metrics/log.h"
#include "attune/server/client.h"
#include "attune/server/serve.h"
#include "attune/state/json.h"
#include "fake_engine.h"
#include "raw_connection.h"

namespace attune::server {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = ::testing::TempDir() + "attune-server-XXXXXX";
    ATTUNE_CHECK(::mkdtemp(pattern.data()) != nullptr, "a temporary folder can be made");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class ServerTest : public ::testing::Test {
 protected:
  void StartServer(ServerConfig config = {}) {
    config.upload_dir = folder_.path() + "/tmp";
    auto server = Server::Start(engine_, log_, std::move(config));
    ASSERT_TRUE(server.ok()) << server.error().ToString();
    server_ = *std::move(server);
  }

  ClientResponse Ask(ClientRequest request) const {
    if (!request.url.starts_with("http://")) request.url = server_->address() + request.url;
    Result<ClientResponse> response = Fetch(request);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().ToString());
    return response.ok() ? *std::move(response) : ClientResponse();
  }
  ClientResponse Get(std::string path) const { return Ask({.url = std::move(path)}); }
  ClientResponse Post(std::string path, std::string body) const {
    return Ask({.method = "POST", .url = std::move(path), .body = std::move(body)});
  }

  static state::Value Json(const ClientResponse& response) {
    Result<state::Value> value = state::ParseJson(response.body);
    EXPECT_TRUE(value.ok()) << response.body;
    return value.ok() ? *std::move(value) : state::Value();
  }
  static std::string TextOf(const state::Value& object, std::string_view key) {
    const state::Value* value = object.Find(key);
    return value == nullptr ? "(absent)" : std::string(value->AsString().value_or("(no string)"));
  }

  // "HTTP/1.1 GET" with a proper Host header.
  std::string Request(const std::string& line, const std::string& headers = "", const std::string& body = "") const {
    return line + " HTTP/1.1\r\nHost: localhost:" + std::to_string(server_->port()) + "\r\n" + headers + "\r\n" + body;
  }
  // Sends these bytes on a connection of their own and reads until the server closes.
  std::string Exchange(std::string_view bytes) const {
    RawConnection connection(server_->port());
    connection.Send(bytes);
    connection.EndSending();
    return connection.ReadAll();
  }

  TemporaryFolder folder_;
  FakeEngine engine_;
  metrics::MemorySink sink_;
  metrics::Logger log_{SystemClock(), sink_, {.level_min = metrics::LogLevel::kDebug}};
  std::unique_ptr<Server> server_;
};

}  // namespace attune::server

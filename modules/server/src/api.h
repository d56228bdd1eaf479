#pragma once
// Api: what each path means. Checks access, finds the operation, reads the body as its
// arguments, and gives every answer its headers; counts and logs what it did.
//
// Ownership  borrows engine and log; owns the event feed and the MCP sessions.
// Threads    thread-safe, as HttpHandler demands.
// Privacy    the log has paths without queries and no bodies, at debug level.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access.h"
#include "attune/engine/engine.h"
#include "attune/server/assets.h"
#include "attune/server/event_feed.h"
#include "attune/server/http_message.h"
#include "attune/server/mcp_http.h"
#include "attune/server/serve.h"
#include "problem.h"
#include "router.h"

namespace attune::server {

class Api final : public HttpHandler {
 public:
  Api(engine::Engine& engine, metrics::Logger& log, const ServerConfig& config);

  void Bound(std::uint16_t port) override;
  std::variant<BodyPlan, HttpResponse> Admit(const HttpRequest& head) override;
  void Handle(HttpRequest request, Respond done) override;
  HttpResponse Refuse(int status, std::string detail) override;

 private:
  // What a request is about.
  struct Subject {
    Target target;
    Match match;
    const Asset* asset = nullptr;
    std::string_view route = "unknown";  // for metrics: an operation's name, "page" or "unknown"
  };

  std::optional<Problem> Find(const HttpRequest& request, Subject& subject) const;
  Guard GuardOf(const Subject& subject) const;
  BodyPlan PlanOf(const Operation& operation) const;
  // The answer that needs neither body nor engine: a refusal, OPTIONS.
  std::optional<HttpResponse> AnswerAtOnce(const HttpRequest& request, const Subject& subject) const;
  void Run(const HttpRequest& request, const Subject& subject, Respond done);
  void RunOperation(const HttpRequest& request, const Subject& subject, Respond done);
  HttpResponse OpenEvents(const HttpRequest& request);
  HttpResponse Problem503Aware(const Error& error) const;
  void Finish(const HttpRequest& request, std::string_view route, HttpResponse& response) const;
  void Record(std::string_view route, int status, Duration took);

  engine::Engine& engine_;
  metrics::Logger& log_;
  const ServerConfig config_;
  const Router router_;
  std::unique_ptr<const AccessPolicy> access_;  // set before the first request
  EventFeed events_;
  McpEndpoint mcp_;
  metrics::CounterFamily& requests_;
  metrics::HistogramFamily& seconds_;
};

// The answer for a file of the page: 304 when the client has it, unpacked when it takes no gzip.
HttpResponse ServeAsset(const Asset& asset, const HttpRequest& request);

}  // namespace attune::server

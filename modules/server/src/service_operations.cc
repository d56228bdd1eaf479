// What machines ask of a service: is it alive, what does it offer, what has it counted.

#include <array>

#include "attune/metrics/prometheus.h"
#include "attune/server/openapi.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

void ReadDocument(Engine& engine, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200, .body = OpenApiDocument(engine.status().version)});
}

void ReadMetrics(Engine& engine, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200,
              .body = metrics::WritePrometheus(engine.metrics()),
              .content_type = std::string(metrics::kPrometheusContentType)});
}

void ReadHealth(Engine& /*engine*/, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200, .body = "ok\n", .content_type = "text/plain; charset=utf-8"});
}

void ReadReadiness(Engine& engine, const Value& /*arguments*/, Done done) {
  if (!engine.ready()) {
    done(Error(ErrorCode::kUnavailable, "the index is still being loaded"));
    return;
  }
  done(Answer{.status = 200, .body = "ready\n", .content_type = "text/plain; charset=utf-8"});
}

constexpr std::array kServiceOperations = std::to_array<Operation>({
    {.name = "openapi",
     .method = Method::kGet,
     .path = "/v1/openapi.json",
     .summary = "This document.",
     .run = ReadDocument},
    {.name = "events",
     .method = Method::kGet,
     .path = "/v1/events",
     .summary = "Server-sent events: status every second, and what changes. Honours Last-Event-ID."},
    {.name = "metrics",
     .method = Method::kGet,
     .path = "/metrics",
     .summary = "Counters, gauges and histograms as Prometheus reads them.",
     .run = ReadMetrics},
    {.name = "health",
     .method = Method::kGet,
     .path = "/healthz",
     .summary = "Answers while the process lives.",
     .open = true,
     .run = ReadHealth},
    {.name = "readiness",
     .method = Method::kGet,
     .path = "/readyz",
     .summary = "200 as soon as searches are answered, 503 before.",
     .open = true,
     .run = ReadReadiness},
    {.name = "mcp",
     .method = Method::kPost,
     .path = "/mcp",
     .summary = "Model Context Protocol, streamable HTTP: one JSON-RPC message a request.",
     .body = BodyKind::kJson},
    {.name = "mcp_end",
     .method = Method::kDelete,
     .path = "/mcp",
     .summary = "Ends the session that the header Mcp-Session-Id names.",
     .success = 204},
});

}  // namespace

std::span<const Operation> ServiceOperations() { return kServiceOperations; }

}  // namespace attune::server

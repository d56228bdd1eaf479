#include "attune/server/mcp_http.h"

#include <algorithm>
#include <optional>

#include "attune/sys/random.h"
#include "mcp_headers.h"
#include "problem.h"

namespace attune::server {
namespace {

bool Mentions(const std::string* header, std::string_view type) {
  return header == nullptr || header->find(type) != std::string::npos;
}

std::optional<Problem> Unacceptable(const HttpRequest& request) {
  if (!Mentions(request.Find("Content-Type"), "application/json")) {
    return Problem{.status = 415, .detail = "the body must be application/json"};
  }
  const std::string* accept = request.Find("Accept");
  if (!Mentions(accept, "application/json") && !Mentions(accept, "*/*") && !Mentions(accept, "application/*")) {
    return Problem{.status = 406, .detail = "the client must accept application/json"};
  }
  const std::string* revision = request.Find(kRevisionHeader);
  if (revision != nullptr && std::ranges::find(McpSession::Revisions(), *revision) == McpSession::Revisions().end()) {
    std::string known;
    for (const std::string_view one : McpSession::Revisions()) known.append(known.empty() ? "" : ", ").append(one);
    return Problem{.status = 400,
                   .detail = "the protocol revision '" + revision->substr(0, 32) + "' is not spoken here",
                   .remedy = "use one of " + known,
                   .field = std::string(kRevisionHeader)};
  }
  return std::nullopt;
}

HttpResponse ReplyOf(std::string reply) {
  if (reply.empty()) return {.status = 202};
  return {.status = 200, .content_type = "application/json", .body = std::move(reply)};
}

HttpResponse SessionGone() {
  return ProblemResponse({.status = 404,
                          .detail = "there is no such session; it ended or was idle for too long",
                          .remedy = "begin a new one with 'initialize'",
                          .field = std::string(kSessionHeader)});
}

}  // namespace

McpEndpoint::McpEndpoint(engine::Engine& engine, const Clock& clock, McpEndpointConfig config)
    : engine_(engine), clock_(clock), config_(config) {}

void McpEndpoint::Post(const HttpRequest& request, Respond done) {
  if (const auto problem = Unacceptable(request)) return done(ProblemResponse(*problem));
  const std::string* id = request.Find(kSessionHeader);
  if (id == nullptr) return Begin(request, done);
  const std::shared_ptr<McpSession> session = Find(*id);
  if (!session) return done(SessionGone());
  session->Receive(request.body, [done = std::move(done)](std::string reply) { done(ReplyOf(std::move(reply))); });
}

// Without a session only "initialize" leads to one; anything else is answered and forgotten.
void McpEndpoint::Begin(const HttpRequest& request, const Respond& done) {
  auto session = std::make_shared<McpSession>(engine_, config_.session);
  std::string reply;
  // Before it is initialized a session answers at once, on this thread.
  session->Receive(request.body, [&reply](std::string text) { reply = std::move(text); });
  HttpResponse response = ReplyOf(std::move(reply));
  if (!session->initialized()) {
    if (response.body.find("\"error\"") != std::string::npos || response.status == 202) response.status = 400;
    return done(std::move(response));
  }
  Result<std::string> id = Keep(std::move(session));
  if (!id.ok()) return done(ProblemResponse(ProblemFrom(id.error(), config_.evict_after)));
  response.headers.push_back({std::string(kSessionHeader), *std::move(id)});
  done(std::move(response));
}

HttpResponse McpEndpoint::Delete(const HttpRequest& request) {
  const std::string* id = request.Find(kSessionHeader);
  if (id == nullptr) {
    return ProblemResponse(
        {.status = 400, .detail = "the header Mcp-Session-Id is missing", .field = std::string(kSessionHeader)});
  }
  const std::lock_guard lock(mutex_);
  if (sessions_.erase(*id) == 0) return SessionGone();
  return {.status = 204};
}

Result<std::string> McpEndpoint::Keep(std::shared_ptr<McpSession> session) {
  ATTUNE_ASSIGN_OR_RETURN(std::string id, sys::SecureToken(16));
  const TimePoint now = clock_.Now();
  const std::lock_guard lock(mutex_);
  DropIdle(now);
  if (sessions_.size() >= config_.sessions_max && !MakeRoom(now)) {
    return Error(ErrorCode::kExhausted, "all " + std::to_string(config_.sessions_max) + " MCP sessions are in use");
  }
  sessions_[id] = {std::move(session), now};
  return id;
}

std::shared_ptr<McpSession> McpEndpoint::Find(const std::string& id) {
  const TimePoint now = clock_.Now();
  const std::lock_guard lock(mutex_);
  DropIdle(now);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return nullptr;
  found->second.used = now;
  return found->second.session;
}

void McpEndpoint::DropIdle(TimePoint now) {
  std::erase_if(sessions_, [&](const auto& entry) { return now - entry.second.used > config_.idle_max; });
}

bool McpEndpoint::MakeRoom(TimePoint now) {
  const auto oldest = std::ranges::min_element(sessions_, {}, [](const auto& entry) { return entry.second.used; });
  if (oldest == sessions_.end() || now - oldest->second.used < config_.evict_after) return false;
  sessions_.erase(oldest);
  return true;
}

std::size_t McpEndpoint::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace attune::server

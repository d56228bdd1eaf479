#include "api.h"

#include <charconv>
#include <utility>

#include "attune/server/operations.h"
#include "attune/server/url.h"
#include "attune/state/json.h"
#include "gzip.h"

namespace attune::server {
namespace {

constexpr std::size_t kJsonDepthMax = 64;         // our deepest body has three levels, metadata may have more
constexpr Bytes kIgnoredBodyMax{1024};            // of a request that needs none
constexpr std::size_t kAssetBytesMax = 64 << 20;  // unpacked
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool IsOperation(const Match& match, std::string_view name) {
  return match.operation != nullptr && match.operation->name == name;
}

std::string_view PathOnly(const HttpRequest& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

bool ComesFromHere(const HttpRequest& request) {
  return request.peer.starts_with("127.") || request.peer.starts_with("[::1]");
}

std::optional<std::uint64_t> LastEventId(const HttpRequest& request) {
  const std::string* header = request.Find("Last-Event-ID");
  if (header == nullptr) return std::nullopt;
  std::uint64_t id = 0;
  const char* end = header->data() + header->size();
  const auto [stopped, failed] = std::from_chars(header->data(), end, id);
  if (failed != std::errc() || stopped != end) return std::nullopt;
  return id;
}

HttpResponse ResponseOf(Answer answer) {
  HttpResponse response{.status = answer.status, .content_type = std::move(answer.content_type)};
  response.body = std::move(answer.body);
  if (!answer.file_name.empty()) {
    response.headers.push_back({"Content-Disposition", "attachment; filename=\"" + answer.file_name + "\""});
  }
  return response;
}

}  // namespace

Api::Api(engine::Engine& engine, metrics::Logger& log, const ServerConfig& config)
    : engine_(engine),
      log_(log),
      config_(config),
      router_(Operations()),
      events_(engine, config.events),
      mcp_(engine, engine.clock(), config.mcp),
      requests_(engine.metrics().AddCounterFamily(
          {"attune_http_requests_total", "HTTP requests answered, by route and status."}, {"route", "status"}, 256)),
      seconds_(engine.metrics().AddHistogramFamily(
          {"attune_http_request_seconds", "Time from a complete request to its answer, by route."}, {"route"})) {}

void Api::Bound(std::uint16_t port) {
  AccessRules rules{
      .address = config_.http.address, .port = port, .hosts_allowed = config_.hosts_allowed, .token = config_.token};
  access_ = std::make_unique<const AccessPolicy>(std::move(rules));
}

std::optional<Problem> Api::Find(const HttpRequest& request, Subject& subject) const {
  Result<Target> target = ParseTarget(request.target);
  if (!target.ok()) return Problem{.status = 400, .detail = target.error().message()};
  subject.target = *std::move(target);
  subject.match = router_.Find(request.method, subject.target.segments);
  if (subject.match.operation != nullptr) subject.route = subject.match.operation->name;
  if (subject.match.allow.empty()) subject.asset = FindAsset(subject.target.path);
  if (subject.asset != nullptr) subject.route = "page";
  return access_->Check(request, GuardOf(subject));
}

Guard Api::GuardOf(const Subject& subject) const {
  if (subject.match.operation != nullptr) return subject.match.operation->open ? Guard::kOpen : Guard::kFull;
  return subject.asset != nullptr ? Guard::kPage : Guard::kFull;
}

BodyPlan Api::PlanOf(const Operation& operation) const {
  switch (operation.body) {
    case BodyKind::kNone:
      return {.size_max = kIgnoredBodyMax};
    case BodyKind::kJson:
      return {.size_max = config_.json_max};
    case BodyKind::kUpload:
      return {.size_max = config_.upload_max, .upload_dir = config_.upload_dir};
  }
  return {};
}

std::optional<HttpResponse> Api::AnswerAtOnce(const HttpRequest& request, const Subject& subject) const {
  const bool is_page = subject.asset != nullptr;
  const std::string allow = is_page ? "GET, HEAD" : subject.match.allow;
  if (allow.empty()) {
    return ProblemResponse({.status = 404,
                            .detail = "there is nothing at '" + std::string(PathOnly(request).substr(0, 256)) + "'",
                            .remedy = "/v1/openapi.json lists what there is"});
  }
  if (request.method == Method::kOptions) return HttpResponse{.status = 204, .headers = {{"Allow", allow}}};
  const bool reads = request.method == Method::kGet || request.method == Method::kHead;
  if (is_page ? !reads : subject.match.operation == nullptr) {
    HttpResponse refusal = ProblemResponse({.status = 405, .detail = "this path takes " + allow});
    refusal.headers.push_back({"Allow", allow});
    return refusal;
  }
  return std::nullopt;
}

std::variant<BodyPlan, HttpResponse> Api::Admit(const HttpRequest& head) {
  Subject subject;
  std::optional<HttpResponse> answer;
  if (const auto problem = Find(head, subject)) {
    answer = ProblemResponse(*problem);
    if (problem->status == 401) answer->headers.push_back({"WWW-Authenticate", "Bearer realm=\"attune\""});
  } else {
    answer = AnswerAtOnce(head, subject);
  }
  if (answer) {
    Finish(head, subject.route, *answer);
    Record(subject.route, answer->status, Duration(0));
    return *std::move(answer);
  }
  if (subject.match.operation == nullptr) return BodyPlan{.size_max = kIgnoredBodyMax};
  return PlanOf(*subject.match.operation);
}

void Api::Handle(HttpRequest request, Respond done) {
  Subject subject;
  const auto problem = Find(request, subject);
  ATTUNE_CHECK(!problem, "only admitted requests are handled");
  const TimePoint begin = engine_.clock().Now();
  // The request lives until its answer.
  auto kept = std::make_shared<const HttpRequest>(std::move(request));
  auto finish = [this, kept, route = subject.route, begin, done = std::move(done)](HttpResponse response) {
    Finish(*kept, route, response);
    Record(route, response.status, engine_.clock().Now() - begin);
    if (kept->upload) kept->upload->Discard();
    done(std::move(response));
  };
  Run(*kept, subject, std::move(finish));
}

void Api::Run(const HttpRequest& request, const Subject& subject, Respond done) {
  if (subject.asset != nullptr) return done(ServeAsset(*subject.asset, request));
  if (IsOperation(subject.match, "events")) return done(OpenEvents(request));
  if (IsOperation(subject.match, "mcp")) return mcp_.Post(request, std::move(done));
  if (IsOperation(subject.match, "mcp_end")) return done(mcp_.Delete(request));
  RunOperation(request, subject, std::move(done));
}

void Api::RunOperation(const HttpRequest& request, const Subject& subject, Respond done) {
  const Operation& operation = *subject.match.operation;
  state::Value body;
  if (operation.body == BodyKind::kUpload) {
    if (!request.upload) {
      return done(ProblemResponse({.status = 400, .detail = "the body is empty; it must be the file"}));
    }
    body = state::Object{{std::string(kUploadPathField), request.upload->path()}};
  } else if (operation.body == BodyKind::kJson) {
    Result<state::Value> parsed =
        state::ParseJson(request.body, {.depth_max = kJsonDepthMax, .size_max = config_.json_max});
    if (!parsed.ok()) {
      const std::string why = request.body.empty() ? "it is empty" : parsed.error().message();
      return done(ProblemResponse({.status = 400, .detail = "the body is not the JSON that is expected: " + why}));
    }
    body = *std::move(parsed);
    if (body.is_null()) body = state::Object{};
  }
  auto checked = CheckHttpArguments(operation, subject.match.path_values, subject.target.query, body);
  if (const auto* wrong = std::get_if<ArgumentError>(&checked)) {
    return done(ProblemResponse({.status = 400, .detail = wrong->detail, .field = wrong->field}));
  }
  auto reply = [this, done = std::move(done)](Result<Answer> answer) {
    done(answer.ok() ? ResponseOf(*std::move(answer)) : Problem503Aware(answer.error()));
  };
  operation.run(engine_, std::get<state::Value>(checked), std::move(reply));
}

HttpResponse Api::Problem503Aware(const Error& error) const {
  return ProblemResponse(ProblemFrom(error, engine_.retry_after()));
}

HttpResponse Api::OpenEvents(const HttpRequest& request) {
  Result<std::shared_ptr<BodyStream>> stream = events_.Open(LastEventId(request));
  if (!stream.ok()) return Problem503Aware(stream.error());
  HttpResponse response{.status = 200, .content_type = "text/event-stream"};
  response.headers.push_back({"X-Accel-Buffering", "no"});  // a proxy in front must not collect events
  response.stream = *std::move(stream);
  return response;
}

HttpResponse Api::Refuse(int status, std::string detail) {
  HttpResponse response = ProblemResponse({.status = status, .detail = std::move(detail)});
  response.headers.push_back({"Cache-Control", "no-store"});
  Record("refused", status, Duration(0));
  return response;
}

void Api::Finish(const HttpRequest& request, std::string_view route, HttpResponse& response) const {
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  if (route == "page") {
    response.headers.push_back({"Content-Security-Policy", std::string(kPolicy)});
    response.headers.push_back({"X-Frame-Options", "DENY"});
  } else {
    response.headers.push_back({"Cache-Control", "no-store"});
    const std::string* encodings = request.Find("Accept-Encoding");
    const bool worthwhile = !response.stream && response.body.size() >= config_.gzip_min.count() &&
                            (config_.gzip_on_loopback || !ComesFromHere(request));
    if (worthwhile && encodings != nullptr && AcceptsGzip(*encodings)) {
      if (auto packed = Gzip(response.body)) {
        response.body = *std::move(packed);
        response.headers.push_back({"Content-Encoding", "gzip"});
      }
    }
    if (worthwhile) response.headers.push_back({"Vary", "Accept-Encoding"});
  }
  if (log_.enabled(metrics::LogLevel::kDebug)) {
    log_.Debug("request", {{"method", NameOf(request.method)},
                           {"path", PathOnly(request)},
                           {"status", response.status},
                           {"peer", request.peer}});
  }
  if (response.status == 500) log_.Error("request failed", {{"route", route}, {"problem", response.body}});
}

void Api::Record(std::string_view route, int status, Duration took) {
  requests_.With({std::string(route), std::to_string(status)}).Add();
  if (took > Duration(0)) seconds_.With({std::string(route)}).Record(took);
}

HttpResponse ServeAsset(const Asset& asset, const HttpRequest& request) {
  HttpResponse response{.status = 200, .content_type = std::string(asset.content_type)};
  response.headers.push_back({"ETag", std::string(asset.etag)});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  response.headers.push_back({"Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"});
  const std::string* known = request.Find("If-None-Match");
  if (known != nullptr && (*known == "*" || known->find(asset.etag) != std::string::npos)) {
    response.status = 304;
    return response;
  }
  const std::string* encodings = request.Find("Accept-Encoding");
  if (!asset.gzipped) {
    response.static_body = asset.bytes;
  } else if (encodings != nullptr && AcceptsGzip(*encodings)) {
    response.static_body = asset.bytes;
    response.headers.push_back({"Content-Encoding", "gzip"});
  } else if (auto unpacked = Gunzip(asset.bytes, kAssetBytesMax)) {
    response.body = *std::move(unpacked);
  } else {
    return ProblemResponse({.status = 500, .detail = "a file of the page is damaged in this binary"});
  }
  return response;
}

}  // namespace attune::server

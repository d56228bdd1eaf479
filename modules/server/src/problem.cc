#include "problem.h"

#include <algorithm>
#include <chrono>

#include "attune/state/json_writer.h"

namespace attune::server {
namespace {

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kDenied:
      return 403;
    case ErrorCode::kExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
    case ErrorCode::kDeadline:
      return 503;
    case ErrorCode::kCorruption:
      return 500;
  }
  return 500;
}

// "Not Found" to "not-found"
std::string Slug(std::string_view title) {
  std::string slug(title);
  std::ranges::transform(slug, slug.begin(), [](char c) {
    if (c == ' ') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return slug;
}

}  // namespace

HttpResponse ProblemResponse(const Problem& problem) {
  HttpResponse response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  const std::string_view title = ReasonPhrase(problem.status);
  state::JsonWriter json(response.body);
  json.BeginObject().Key("type").String("urn:attune:problem:" + Slug(title)).Key("title").String(title);
  json.Key("status").Int(problem.status).Key("detail").String(problem.detail);
  if (!problem.remedy.empty()) json.Key("remedy").String(problem.remedy);
  if (!problem.field.empty()) json.Key("field").String(problem.field);
  if (problem.status == 503) {
    const auto wait =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(problem.retry_after), std::chrono::milliseconds(1));
    json.Key("retry_after_ms").Int(wait.count());
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    response.headers.push_back({"Retry-After", std::to_string(seconds)});
  }
  json.EndObject();
  return response;
}

Problem ProblemFrom(const Error& error, Duration retry_after) {
  return {.status = StatusOf(error.code()), .detail = error.message(), .retry_after = retry_after};
}

}  // namespace attune::server

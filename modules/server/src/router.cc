#include "router.h"

namespace attune::server {
namespace {

std::vector<std::string_view> SegmentsOf(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool IsVariable(std::string_view segment) { return segment.starts_with('{'); }

bool Fits(const std::vector<std::string_view>& pattern, const std::vector<std::string>& segments,
          std::vector<std::string>& values) {
  if (pattern.size() != segments.size()) return false;
  values.clear();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (IsVariable(pattern[i])) {
      if (segments[i].empty()) return false;
      values.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

Router::Router(std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    if (!operation.path.empty()) routes_.push_back({&operation, SegmentsOf(operation.path)});
  }
}

Match Router::Find(Method method, const std::vector<std::string>& segments) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  Match match;
  // "/v1/chats/import" stands before "/v1/chats/{id}" in the table and is found first; the
  // methods of a path are those of all patterns that fit it.
  for (const Route& route : routes_) {
    std::vector<std::string> values;
    if (!Fits(route.segments, segments, values)) continue;
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += NameOf(route.operation->method);
    if (route.operation->method == Method::kGet) match.allow += ", HEAD";
    if (route.operation->method == wanted && match.operation == nullptr) {
      match.operation = route.operation;
      match.path_values = std::move(values);
    }
  }
  return match;
}

}  // namespace attune::server

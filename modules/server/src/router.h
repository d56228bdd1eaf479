#pragma once
// Router: which operation a method and a path mean.
//
// Threads    const and thread-safe.
// Cost       one comparison of segments per operation; there are about thirty.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/server/http_message.h"
#include "attune/server/operations.h"

namespace attune::server {

struct Match {
  const Operation* operation = nullptr;  // null: no such path, or not with this method
  std::vector<std::string> path_values;  // of "{...}", in order
  std::string allow;                     // "GET, POST": the methods of the path; empty when there is no such path
};

class Router {
 public:
  explicit Router(std::span<const Operation> operations);

  // HEAD finds what GET finds.
  Match Find(Method method, const std::vector<std::string>& segments) const;

 private:
  struct Route {
    const Operation* operation;
    std::vector<std::string_view> segments;  // of the table, which lives for ever
  };
  std::vector<Route> routes_;
};

}  // namespace attune::server

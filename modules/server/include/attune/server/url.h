#pragma once
// Request targets: path segments and query fields, percent-decoded and checked. And where a client
// finds a server.
//
//   ATTUNE_ASSIGN_OR_RETURN(const Target target, ParseTarget("/v1/search?q=a%20b&source=x"));
//   target.segments   // {"v1", "search"}
//   target.query      // {{"q", "a b"}, {"source", "x"}}
//
// Segments are split before they are decoded, so an encoded slash stays inside its
// segment; "." and ".." are refused whether encoded or not.
// Threads    pure functions.
// Errors     kInvalidArgument: names what is wrong and where.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"

namespace attune::server {

struct QueryField {
  std::string name;
  std::string value;
};

struct Target {
  std::string path;  // as sent, without the query
  std::vector<std::string> segments;
  std::vector<QueryField> query;
};

inline constexpr std::size_t kQueryFieldsMax = 64;  // nobody filters by more; each becomes an allocation

// Valid UTF-8 without control characters, or an error. With `plus_is_space`, as in queries.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);
// Everything but unreserved characters is encoded.
std::string PercentEncode(std::string_view text);

// Any bytes may come; only the origin form ("/path?query") is understood.
Result<Target> ParseTarget(std::string_view target);

struct ServerUrl {
  std::string authority;  // "[::1]:7420", as it goes into the header Host
  std::string host;       // "::1"
  std::uint16_t port = 80;
  std::string target;  // "/path?query", as sent; "/" when there is none
};

// "http://host[:port][/path][?query]".
Result<ServerUrl> ParseServerUrl(const std::string& text);

}  // namespace attune::server

#include "attune/server/url.h"

#include <charconv>

#include "utf8.h"

namespace attune::server {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Tabs and line ends are fine inside a query ("q=two%0Alines") and nowhere else.
bool IsAllowed(char c, bool in_query) {
  if (!IsControl(c)) return true;
  return in_query && (c == '\t' || c == '\n' || c == '\r');
}

Result<std::vector<std::string>> SplitPath(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    ATTUNE_ASSIGN_OR_RETURN(std::string segment, PercentDecode(path.substr(0, slash)));
    if (segment == "." || segment == "..") {
      return Error(ErrorCode::kInvalidArgument, "the path must not contain '.' or '..' as a segment");
    }
    segments.push_back(std::move(segment));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) segments.emplace_back();  // a trailing slash is a segment of its own
  }
  return segments;
}

Result<std::vector<QueryField>> SplitQuery(std::string_view query) {
  std::vector<QueryField> fields;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view field = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (field.empty()) continue;
    if (fields.size() == kQueryFieldsMax) {
      return Error(ErrorCode::kInvalidArgument,
                   "the query has more than " + std::to_string(kQueryFieldsMax) + " fields");
    }
    const std::size_t equals = field.find('=');
    ATTUNE_ASSIGN_OR_RETURN(std::string name, PercentDecode(field.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      ATTUNE_ASSIGN_OR_RETURN(value, PercentDecode(field.substr(equals + 1), true));
    }
    fields.push_back({std::move(name), std::move(value)});
  }
  return fields;
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Error(ErrorCode::kInvalidArgument,
                     "byte " + std::to_string(i) + " of the URL part: '%' must be followed by two hexadecimal digits");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (!IsAllowed(c, plus_is_space)) {
      return Error(ErrorCode::kInvalidArgument,
                   "byte " + std::to_string(i) + " of the URL part is a control character");
    }
    decoded.push_back(c);
  }
  if (!IsValidUtf8(decoded)) {
    return Error(ErrorCode::kInvalidArgument, "the URL part is not valid UTF-8 after percent-decoding");
  }
  return decoded;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return encoded;
}

Result<Target> ParseTarget(std::string_view target) {
  if (target.empty() || target.front() != '/') {
    return Error(ErrorCode::kInvalidArgument, "the request target must begin with '/'");
  }
  const std::size_t mark = target.find('?');
  Target parsed;
  parsed.path = target.substr(0, mark);
  ATTUNE_ASSIGN_OR_RETURN(parsed.segments, SplitPath(parsed.path));
  if (mark != std::string_view::npos) {
    ATTUNE_ASSIGN_OR_RETURN(parsed.query, SplitQuery(target.substr(mark + 1)));
  }
  return parsed;
}

Result<ServerUrl> ParseServerUrl(const std::string& text) {
  const auto bad = [&](const char* why) {
    return Error(ErrorCode::kInvalidArgument, "'" + text + "' is not a URL of a server: " + why);
  };
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return bad("it must begin with http://");
  for (const char c : text) {
    if (IsControl(c) || c == ' ') return bad("it must not contain spaces or control characters");
  }
  const std::string_view rest = std::string_view(text).substr(kScheme.size());
  const std::size_t slash = rest.find_first_of("/?");
  ServerUrl url;
  url.authority = rest.substr(0, slash);
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') url.target.insert(0, "/");
  const std::size_t bracket = url.authority.rfind(']');
  const std::size_t colon = url.authority.find(':', bracket == std::string::npos ? 0 : bracket);
  url.host = url.authority.substr(0, colon);
  if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return bad("it names no host");
  if (colon == std::string::npos) return url;
  const char* const begin = url.authority.data() + colon + 1;
  const char* const end = url.authority.data() + url.authority.size();
  const auto [stopped, failed] = std::from_chars(begin, end, url.port);
  if (failed != std::errc() || stopped != end || url.port == 0) return bad("the port must be 1 to 65535");
  return url;
}

}  // namespace attune::server

#include "attune/server/url.h"

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

}  // namespace attune::server

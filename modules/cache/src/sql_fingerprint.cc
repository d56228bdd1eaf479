#include "attune/cache/sql_fingerprint.h"

#include <algorithm>
#include <cstddef>

namespace attune::cache {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

// The length of the space or comment that `rest` begins with; 0 if it begins with neither.
std::size_t SpaceLength(std::string_view rest) {
  if (IsSpace(rest.front())) return 1;
  if (rest.starts_with("--")) return std::min(rest.find('\n'), rest.size());
  if (!rest.starts_with("/*")) return 0;
  const std::size_t end = rest.find("*/", 2);
  return end == std::string_view::npos ? rest.size() : end + 2;
}

// The length of the quoted text that `rest` begins with; 1 if it begins with something else. A doubled quote
// reads as two quoted texts side by side, which comes to the same.
std::size_t TokenLength(std::string_view rest) {
  const char quote = rest.front();
  if (quote != '\'' && quote != '"' && quote != '`') return 1;
  const std::size_t end = rest.find(quote, 1);
  return end == std::string_view::npos ? rest.size() : end + 1;
}

}  // namespace

std::string NormaliseSql(std::string_view sql) {
  std::string text;
  text.reserve(sql.size());
  bool space = false;
  while (!sql.empty()) {
    if (const std::size_t skipped = SpaceLength(sql); skipped > 0) {
      space = true;
      sql.remove_prefix(skipped);
      continue;
    }
    if (space && !text.empty()) text.push_back(' ');
    space = false;
    const std::size_t length = TokenLength(sql);
    text.append(sql.substr(0, length));
    sql.remove_prefix(length);
  }
  return text;
}

Hash128 SqlFingerprint(std::string_view sql) { return ContentHash(NormaliseSql(sql)); }

}  // namespace attune::cache

#include "attune/cache/sql_fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "attune/base/ascii.h"

namespace attune::cache {
namespace {

// What a statement begins with. In doubt: what databases read in different ways. From there on nobody knows
// any more what is a space and what is quoted, so that the rest is left as it is.
enum class Kind : std::uint8_t { kText, kSpace, kDoubt };
struct Piece {
  Kind kind = Kind::kText;
  std::size_t length = 1;
};
constexpr Piece kInDoubt{.kind = Kind::kDoubt, .length = 0};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

bool IsInName(char c) { return IsLetter(c) || IsDigit(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }

Piece LineComment(std::string_view rest) {
  if (rest.size() > 2 && !IsSpace(rest[2])) return kInDoubt;  // 5--1 is 6 in MySQL, and 5 elsewhere
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::size_t carriage_return = std::min(rest.find('\r'), end);
  if (carriage_return + 1 < end) return kInDoubt;  // ends the comment in PostgreSQL
  return {Kind::kSpace, end};
}

Piece BlockComment(std::string_view rest) {
  if (rest.starts_with("/*!") || rest.starts_with("/*M!")) return kInDoubt;  // MySQL and MariaDB run what is in it
  const std::size_t end = std::min(rest.find("*/", 2), rest.size());
  // Some nest them, and to those even "/*/" begins another one.
  if (rest.substr(2, end - 1).find("/*") != std::string_view::npos) return kInDoubt;
  return {Kind::kSpace, std::min(end + 2, rest.size())};
}

// A doubled quote reads as two quoted texts side by side, which comes to the same.
Piece Quoted(std::string_view rest, char before) {
  if (before == 'q' || before == 'Q') return kInDoubt;                  // Oracle's q'[it's]'
  if (rest.starts_with(std::string(3, rest.front()))) return kInDoubt;  // BigQuery's '''it's'''
  const std::size_t end = rest.find(rest.front(), 1);
  if (end == std::string_view::npos) return kInDoubt;
  if (rest.substr(0, end).find('\\') != std::string_view::npos) return kInDoubt;  // may escape the quote
  return {Kind::kText, end + 1};
}

// Names as `a b` and [a b], which elsewhere are operators and subscripts. Without anything in them that
// could begin a quoted text or a comment, it makes no difference.
Piece QuotedName(std::string_view rest, char closing) {
  const std::size_t end = rest.find(closing, 1);
  if (end == std::string_view::npos) return kInDoubt;
  if (rest.substr(1, end - 1).find_first_of("'\"`[\\$#-/") != std::string_view::npos) return kInDoubt;
  if (closing == ']' && rest.substr(end + 1).starts_with(']')) return kInDoubt;  // stands for one that closes nothing
  return {Kind::kText, end + 1};
}

// $$text$$ and $tag$text$tag$ are PostgreSQL's quotes; $1 and $name are parameters.
Piece Dollar(std::string_view rest) {
  const auto tag_end = std::find_if_not(rest.begin() + 1, rest.end(), IsInName);
  return tag_end != rest.end() && *tag_end == '$' ? kInDoubt : Piece();
}

// `before` is the character in front of it, or a space.
Piece FirstPiece(std::string_view rest, char before) {
  if (IsSpace(rest.front())) return {Kind::kSpace, 1};
  if (rest.starts_with("--")) return LineComment(rest);
  if (rest.starts_with("/*")) return BlockComment(rest);
  if (rest.starts_with("//")) return kInDoubt;  // a comment in Snowflake
  switch (rest.front()) {
    case '\'':
    case '"':
      return Quoted(rest, before);
    case '`':
      return QuotedName(rest, '`');
    case '[':
      return QuotedName(rest, ']');
    case '$':
      return Dollar(rest);
    case '#':
      return kInDoubt;  // a comment in MySQL
    default:
      return {};
  }
}

}  // namespace

std::string NormaliseSql(std::string_view sql) {
  std::string text;
  text.reserve(sql.size());
  bool space = false;
  while (!sql.empty()) {
    Piece piece = FirstPiece(sql, space || text.empty() ? ' ' : text.back());
    if (piece.kind == Kind::kSpace) {
      space = true;
      sql.remove_prefix(piece.length);
      continue;
    }
    if (piece.kind == Kind::kDoubt) piece.length = sql.size();
    if (space && !text.empty()) text.push_back(' ');
    space = false;
    text.append(sql.substr(0, piece.length));
    sql.remove_prefix(piece.length);
  }
  return text;
}

Hash128 SqlFingerprint(std::string_view sql) { return ContentHash(NormaliseSql(sql)); }

}  // namespace attune::cache

#pragma once
// The words of a statement as one kind of database reads it: quoted texts as they are, comments and runs of spaces as
// one space. Slow and obvious; what NormaliseSql must not change for any of them.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attune::cache {

struct SqlDialect {
  std::string_view name;
  std::string_view quotes = "'\"";    // a doubled one stands for itself
  bool backslash = false;             // escapes within ' and "
  bool backslash_after_e = false;     // the same, within E'...'
  bool dollar_quotes = false;         // $$, $tag$
  bool brackets = false;              // [a]]b]
  bool nested_comments = false;       // /* /* */ */
  bool code_in_comments = false;      // /*! and /*M! are no comments
  bool dashes_need_a_blank = false;   // 5--1 is no comment
  bool hash_comments = false;         // # to the end of the line
  bool slash_comments = false;        // the same for //
  bool carriage_return_ends = false;  // a comment of one line
  bool oracle_quotes = false;         // q'[it's]'
  bool triple_quotes = false;         // '''it's'''
};

inline const std::vector<SqlDialect>& SqlDialects() {
  static const std::vector<SqlDialect> dialects = {
      {.name = "standard", .quotes = "'\""},
      {.name = "PostgreSQL",
       .backslash_after_e = true,
       .dollar_quotes = true,
       .nested_comments = true,
       .carriage_return_ends = true},
      {.name = "MySQL",
       .quotes = "'\"`",
       .backslash = true,
       .code_in_comments = true,
       .dashes_need_a_blank = true,
       .hash_comments = true},
      {.name = "SQLite", .quotes = "'\"`", .brackets = true},
      {.name = "SQL Server", .brackets = true, .nested_comments = true},
      {.name = "Oracle", .oracle_quotes = true},
      {.name = "Snowflake", .backslash = true, .dollar_quotes = true, .slash_comments = true},
      {.name = "BigQuery", .quotes = "'\"`", .backslash = true, .hash_comments = true, .triple_quotes = true},
  };
  return dialects;
}

class ReferenceSql {
 public:
  ReferenceSql(std::string_view sql, const SqlDialect& dialect) : sql_(sql), dialect_(dialect) {}

  std::string Words() {
    while (at_ < sql_.size()) {
      const std::size_t skipped = SpaceLength();
      if (skipped == 0) {
        Take(TextLength());
      } else {
        at_ += skipped;
        space_ = true;
      }
    }
    return words_;
  }

 private:
  static bool IsBlank(char c) { return std::string_view(" \t\n\r\f\v").find(c) != std::string_view::npos; }
  static bool IsInName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  }
  std::string_view Rest() const { return sql_.substr(at_); }
  // From `from` on, behind what is found; all if it is not.
  std::size_t Behind(std::string_view what, std::size_t from) const {
    const std::size_t found = Rest().find(what, from);
    return found == std::string_view::npos ? Rest().size() : found + what.size();
  }
  std::size_t LineLength() const {
    return std::min(Rest().find_first_of(dialect_.carriage_return_ends ? "\n\r" : "\n"), Rest().size());
  }
  std::size_t SpaceLength() const {
    const std::string_view rest = Rest();
    if (IsBlank(rest.front())) return 1;
    const bool dashes =
        rest.starts_with("--") && (!dialect_.dashes_need_a_blank || rest.size() == 2 || IsBlank(rest[2]));
    if (dashes || (dialect_.hash_comments && rest.starts_with('#')) ||
        (dialect_.slash_comments && rest.starts_with("//"))) {
      return LineLength();
    }
    if (!rest.starts_with("/*")) return 0;
    if (dialect_.code_in_comments && (rest.starts_with("/*!") || rest.starts_with("/*M!"))) return 0;
    return dialect_.nested_comments ? NestedLength() : Behind("*/", 2);
  }
  std::size_t NestedLength() const {
    std::size_t depth = 1;
    std::size_t end = 2;
    while (depth > 0 && end < Rest().size()) {
      const std::string_view here = Rest().substr(end);
      if (here.starts_with("/*")) ++depth;
      if (here.starts_with("*/")) --depth;
      end += here.starts_with("/*") || here.starts_with("*/") ? 2U : 1U;
    }
    return std::min(end, Rest().size());
  }
  std::size_t TextLength() const {
    const std::string_view rest = Rest();
    const char before = at_ == 0 ? ' ' : sql_[at_ - 1];
    const bool text = rest.front() == '\'' || rest.front() == '"';
    if (dialect_.oracle_quotes && rest.front() == '\'' && (before == 'q' || before == 'Q')) return OracleLength();
    if (dialect_.triple_quotes && text && rest.starts_with(std::string(3, rest.front()))) {
      return QuotedLength(std::string(3, rest.front()), true);
    }
    if (dialect_.brackets && rest.front() == '[') return BracketLength();
    if (dialect_.dollar_quotes && rest.front() == '$') return DollarLength(before);
    if (dialect_.quotes.find(rest.front()) == std::string_view::npos) return 1;
    const bool escapes = text && (dialect_.backslash || (dialect_.backslash_after_e && rest.front() == '\'' &&
                                                         (before == 'e' || before == 'E')));
    return QuotedLength(rest.substr(0, 1), escapes);
  }
  std::size_t QuotedLength(std::string_view quote, bool escapes) const {
    std::size_t end = quote.size();
    while (end < Rest().size()) {
      if (Rest().substr(end).starts_with(quote)) return end + quote.size();
      end += escapes && Rest()[end] == '\\' ? 2U : 1U;
    }
    return Rest().size();
  }
  std::size_t BracketLength() const {
    for (std::size_t end = 1; end < Rest().size(); ++end) {
      if (Rest()[end] != ']') continue;
      if (!Rest().substr(end + 1).starts_with(']')) return end + 1;
      ++end;
    }
    return Rest().size();
  }
  std::size_t OracleLength() const {
    if (Rest().size() < 2) return Rest().size();
    constexpr std::string_view kOpening = "[{(<";
    constexpr std::string_view kClosing = "]})>";
    const std::size_t pair = kOpening.find(Rest()[1]);
    const char closing = pair == std::string_view::npos ? Rest()[1] : kClosing[pair];
    return Behind(std::string(1, closing) + "'", 2);
  }
  std::size_t DollarLength(char before) const {
    if (IsInName(before) || before == '$') return 1;  // goes on a name
    std::size_t end = 1;
    while (end < Rest().size() && IsInName(Rest()[end])) ++end;
    const bool digit = Rest().size() > 1 && Rest()[1] >= '0' && Rest()[1] <= '9';
    if (end == Rest().size() || Rest()[end] != '$' || digit) return 1;
    return Behind(Rest().substr(0, end + 1), end + 1);
  }
  void Take(std::size_t length) {
    if (space_ && !words_.empty()) words_.push_back(' ');
    space_ = false;
    words_.append(Rest().substr(0, length));
    at_ = std::min(at_ + length, sql_.size());
  }

  const std::string_view sql_;
  const SqlDialect dialect_;
  std::size_t at_ = 0;
  std::string words_;
  bool space_ = false;
};

// None: what it means to every dialect is still the same.
inline std::optional<std::string> DialectThatReadsAnother(std::string_view sql, std::string_view normalised) {
  for (const SqlDialect& dialect : SqlDialects()) {
    if (ReferenceSql(sql, dialect).Words() != ReferenceSql(normalised, dialect).Words()) {
      return std::string(dialect.name);
    }
  }
  return std::nullopt;
}

}  // namespace attune::cache

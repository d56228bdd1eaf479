#include "attune/index/query.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace attune::index {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

std::optional<std::uint32_t> ParseNumber(std::string_view digits, std::uint32_t largest) {
  std::uint64_t value = 0;
  if (digits.empty() || digits.size() > 9) {
    return std::nullopt;
  }
  for (const char c : digits) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value <= largest ? std::optional(static_cast<std::uint32_t>(value)) : std::nullopt;
}

// Midnight UTC of YYYY-MM-DD, in milliseconds since the epoch.
std::optional<std::int64_t> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = ParseNumber(text.substr(0, 4), 9999);
  const auto month = ParseNumber(text.substr(5, 2), 12);
  const auto day = ParseNumber(text.substr(8, 2), 31);
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::sys_days(date).time_since_epoch()).count();
}

// One blank-separated piece of the text: sign, key and value as they stand there.
struct Piece {
  Clause::Need need = Clause::Need::kShould;
  std::string_view key;    // without ':'; empty if none
  std::string_view value;  // without quotes
  std::string_view whole;  // key, ':' and value
  bool quoted = false;
};

class Parser {
 public:
  Parser(std::string_view text, const KindNames& kinds) : text_(text), kinds_(kinds) {
    if (text_.size() > kQueryBytesMax) {
      text_ = text_.substr(0, kQueryBytesMax);
      Note("the query is longer than " + std::to_string(kQueryBytesMax) + " bytes; the rest was ignored");
    }
  }

  Query Run() {
    while (at_ < text_.size()) {
      if (IsSpace(text_[at_])) {
        ++at_;
        continue;
      }
      Take(NextPiece());
    }
    if (clauses_dropped_ != 0) {
      Note("only the first " + std::to_string(kClausesMax) + " words and phrases count; " +
           std::to_string(clauses_dropped_) + " were ignored");
    }
    if (values_dropped_ != 0) {
      Note("a filter takes at most " + std::to_string(kFilterValuesMax) + " values; " +
           std::to_string(values_dropped_) + " were ignored");
    }
    return std::move(query_);
  }

 private:
  void Note(std::string note) { query_.notes.push_back(std::move(note)); }

  Piece NextPiece() {
    Piece piece;
    if ((text_[at_] == '+' || text_[at_] == '-') && at_ + 1 < text_.size() && !IsSpace(text_[at_ + 1])) {
      piece.need = text_[at_] == '+' ? Clause::Need::kMust : Clause::Need::kMustNot;
      ++at_;
    }
    const std::size_t begin = at_;
    std::size_t letters = at_;
    while (letters < text_.size() && text_[letters] >= 'a' && text_[letters] <= 'z') {
      ++letters;
    }
    if (letters > at_ && letters < text_.size() && text_[letters] == ':' && IsKey(text_.substr(at_, letters - at_))) {
      piece.key = text_.substr(at_, letters - at_);
      at_ = letters + 1;
    }
    if (at_ < text_.size() && text_[at_] == '"') {
      piece.quoted = true;
      const std::size_t from = at_ + 1;
      const std::size_t close = text_.find('"', from);
      if (close == std::string_view::npos) {
        Note("a quotation mark is not closed; the phrase goes to the end");
      }
      const std::size_t to = std::min(close, text_.size());
      piece.value = text_.substr(from, to - from);
      at_ = std::min(to + 1, text_.size());
    } else {
      const std::size_t from = at_;
      while (at_ < text_.size() && !IsSpace(text_[at_])) {
        ++at_;
      }
      piece.value = text_.substr(from, at_ - from);
    }
    piece.whole = text_.substr(begin, at_ - begin);
    return piece;
  }

  static bool IsKey(std::string_view word) {
    constexpr std::string_view kKeys[] = {"symbol", "path", "body", "lang",  "language",
                                          "source", "role", "kind", "after", "before"};
    return std::find(std::begin(kKeys), std::end(kKeys), word) != std::end(kKeys);
  }

  void Take(const Piece& piece) {
    if (piece.key.empty()) {
      AddClause(piece, std::nullopt);
    } else if (piece.value.empty()) {
      Note("'" + std::string(piece.key) + ":' has no value and was ignored");
    } else if (piece.key == "symbol" || piece.key == "body") {
      AddClause(piece, piece.key == "symbol" ? Field::kSymbol : Field::kBody);
    } else if (piece.key == "path" && (piece.quoted || piece.value.find_first_of("*?/") == std::string_view::npos)) {
      AddClause(piece, Field::kPath);
    } else {
      AddFilter(piece);
    }
  }

  void AddClause(const Piece& piece, std::optional<Field> field) {
    Clause clause;
    clause.need = piece.need;
    clause.field = field;
    std::string_view text = piece.value;
    if (piece.quoted) {
      clause.kind = Clause::Kind::kPhrase;
    } else if (text.ends_with('*')) {
      clause.kind = Clause::Kind::kPrefix;
      while (text.ends_with('*')) {
        text.remove_suffix(1);
      }
    }
    if (text.empty()) {
      Note("'" + std::string(piece.whole) + "' says nothing to search for and was ignored");
      return;
    }
    if (query_.clauses.size() == kClausesMax) {
      ++clauses_dropped_;
      return;
    }
    clause.text = text;
    query_.clauses.push_back(std::move(clause));
  }

  void AddFilter(const Piece& piece) {
    if (piece.need == Clause::Need::kMustNot) {
      Note("'-" + std::string(piece.whole) + "' was ignored: filters allow, they cannot exclude");
      return;
    }
    Filters& filters = query_.filters;
    if (piece.key == "lang" || piece.key == "language") {
      AddValue(filters.languages, std::string(piece.value));
    } else if (piece.key == "source") {
      AddValue(filters.sources, std::string(piece.value));
    } else if (piece.key == "role") {
      AddValue(filters.roles, std::string(piece.value));
    } else if (piece.key == "path") {
      AddValue(filters.path_globs, std::string(piece.value));
    } else if (piece.key == "kind") {
      AddKind(piece);
    } else {
      AddDate(piece);
    }
  }

  template <typename T>
  void AddValue(std::vector<T>& values, T value) {
    if (values.size() == kFilterValuesMax) {
      ++values_dropped_;
      return;
    }
    values.push_back(std::move(value));
  }

  void AddKind(const Piece& piece) {
    const auto named =
        std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& kind) { return kind.first == piece.value; });
    if (named != kinds_.end()) {
      AddValue(query_.filters.kinds, named->second);
    } else if (const auto number = ParseNumber(piece.value, 255)) {
      AddValue(query_.filters.kinds, static_cast<std::uint8_t>(*number));
    } else {
      Note("kind '" + std::string(piece.value) + "' is unknown; searched for as words");
      AddClause(piece, std::nullopt);
    }
  }

  void AddDate(const Piece& piece) {
    const auto date = ParseDate(piece.value);
    if (!date) {
      Note("'" + std::string(piece.whole) + "' is not a date such as after:2024-01-31; searched for as words");
      AddClause(piece, std::nullopt);
    } else if (piece.key == "after") {
      query_.filters.after_ms = date;
    } else {
      query_.filters.before_ms = date;
    }
  }

  std::string_view text_;
  const KindNames& kinds_;
  std::size_t at_ = 0;
  Query query_;
  std::size_t clauses_dropped_ = 0;
  std::size_t values_dropped_ = 0;
};

}  // namespace

bool Filters::empty() const noexcept {
  return languages.empty() && sources.empty() && roles.empty() && path_globs.empty() && kinds.empty() && !after_ms &&
         !before_ms;
}

Query ParseQuery(std::string_view text, const KindNames& kinds) { return Parser(text, kinds).Run(); }

}  // namespace attune::index

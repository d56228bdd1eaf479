#include "source_lexer.h"

#include <algorithm>
#include <array>

namespace attune::console {
namespace {

enum Class : std::uint8_t { kOther, kSpace, kNewline, kLetter, kDigit, kQuote, kSlash, kHash };

constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 'a'; c <= 'z'; ++c) classes.at(c) = kLetter;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes.at(c) = kLetter;
  for (unsigned c = 0x80; c <= 0xFF; ++c) classes.at(c) = kLetter;  // letters of other scripts, seen as their bytes
  for (unsigned c = '0'; c <= '9'; ++c) classes.at(c) = kDigit;
  classes.at('_') = kLetter;
  classes.at('$') = kLetter;
  classes.at(' ') = kSpace;
  classes.at('\t') = kSpace;
  classes.at('\r') = kSpace;
  classes.at('\f') = kSpace;
  classes.at('\v') = kSpace;
  classes.at('\n') = kNewline;
  classes.at('"') = kQuote;
  classes.at('\'') = kQuote;
  classes.at('`') = kQuote;
  classes.at('/') = kSlash;
  classes.at('#') = kHash;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

std::uint8_t ClassOf(char c) noexcept { return kClasses[static_cast<unsigned char>(c)]; }

// Bytes at which skipping over a block has to look twice.
constexpr std::array<bool, 256> MakeStops() {
  std::array<bool, 256> stops{};
  for (const char c : {'{', '}', '"', '\'', '`', '/', '#'}) stops.at(static_cast<unsigned char>(c)) = true;
  return stops;
}
constexpr std::array<bool, 256> kStops = MakeStops();

constexpr std::size_t kDelimiterMax = 16;      // of a C++ raw string, by the standard
constexpr std::size_t kRegexMax = 4096;        // bytes of a literal; without a bound a hostile line costs its square
constexpr std::size_t kInterpolationMax = 32;  // nested strings within strings; deeper ones end with their line

}  // namespace

bool IsWordStart(char c) noexcept { return ClassOf(c) == kLetter; }
bool IsWordByte(char c) noexcept { return ClassOf(c) == kLetter || ClassOf(c) == kDigit; }

void SourceLexer::SkipLine() { at_ = std::min(text_.find('\n', at_), text_.size()); }

void SourceLexer::SkipBlockComment() {
  at_ += 2;
  if (!syntax_.nested_comments) {
    const std::size_t close = text_.find("*/", at_);
    at_ = close == std::string_view::npos ? text_.size() : close + 2;
    return;
  }
  for (std::size_t depth = 1; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '*' && At(at_ + 1) == '/') {
      ++at_;
      if (--depth == 0) {
        ++at_;
        return;
      }
    } else if (c == '/' && At(at_ + 1) == '*') {
      ++at_;
      ++depth;
    }
  }
}

void SourceLexer::SkipSlash(bool& was_comment) {
  const char next = syntax_.slash_comments ? At(at_ + 1) : '\0';
  was_comment = next == '/' || next == '*';
  if (next == '/') SkipLine();
  if (next == '*') SkipBlockComment();
}

void SourceLexer::SkipSpace(bool& first_on_line) {
  while (at_ < text_.size()) {
    switch (ClassOf(text_[at_])) {
      case kSpace:
        ++at_;
        continue;
      case kNewline:
        first_on_line = true;
        ++at_;
        continue;
      case kSlash: {
        const std::size_t start = at_;
        bool was_comment = false;
        SkipSlash(was_comment);
        if (!was_comment) return;
        if (text_.substr(start, at_ - start).find('\n') != std::string_view::npos) first_on_line = true;
        continue;
      }
      case kHash:
        if (!syntax_.hash_comments || At(at_ + 1) == '[') return;  // PHP attributes look like #[...]
        SkipLine();
        continue;
      default:
        if (text_[at_] != '\\' || At(at_ + 1) != '\n') return;  // a spliced line
        at_ += 2;
    }
  }
}

// To the end of the line, over spliced lines and comments that go on.
void SourceLexer::SkipDirective() {
  while (at_ < text_.size()) {
    const std::size_t stop = text_.find_first_of("\n\\/", at_);
    at_ = std::min(stop, text_.size());
    if (at_ == text_.size() || text_[at_] == '\n') return;
    if (text_[at_] == '/' && At(at_ + 1) == '*') {
      SkipBlockComment();
    } else if (text_[at_] == '/' && At(at_ + 1) == '/') {
      SkipLine();
      return;
    } else {
      at_ += text_[at_] != '\\' ? 1U : At(at_ + 1) == '\r' ? 3U : 2U;
    }
  }
  at_ = text_.size();
}

void SourceLexer::SkipQuoted(char quote) {
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == quote) {
      ++at_;
      return;
    }
    if (c == '\n' && !syntax_.multiline_strings) return;
    if (c == '\\') {
      const bool interpolates = syntax_.slash_interpolation && At(at_ + 1) == '(';
      at_ += 2;
      if (interpolates) SkipInterpolation('(');
      continue;
    }
    if (c == '$' && syntax_.dollar_interpolation && At(at_ + 1) == '{') {
      at_ += 2;
      SkipInterpolation('{');
      continue;
    }
    ++at_;
  }
  at_ = std::min(at_, text_.size());
}

// The expression inside of a string, with strings of its own: two counters and a flag take the place of a stack, since
// all that matters is where the outermost one ends. Bounded by the line unless strings may span lines.
void SourceLexer::SkipInterpolation(char open) {
  const char close = open == '(' ? ')' : '}';
  std::size_t depth = 1;
  bool in_string = false;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '\n' && !syntax_.multiline_strings) return;
    if (c == '\\') {
      ++at_;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && c == open) {
      ++depth;
    } else if (!in_string && c == close && --depth == 0) {
      ++at_;
      return;
    }
  }
  at_ = std::min(at_, text_.size());
}

// A template literal may hold expressions that hold template literals; `open` says for each level how many braces of
// its expression are open, 0 while in the text of the literal itself.
void SourceLexer::SkipTemplate() {
  std::array<std::uint32_t, kInterpolationMax> open{};
  std::size_t level = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (open.at(level) == 0) {
      if (c == '\\') {
        ++at_;
      } else if (c == '$' && At(at_) == '{') {
        ++at_;
        open.at(level) = 1;
      } else if (c == '`') {
        if (level == 0) return;
        --level;
      }
      continue;
    }
    if (c == '{') {
      ++open.at(level);
    } else if (c == '}') {
      --open.at(level);
    } else if (c == '"' || c == '\'') {
      --at_;
      SkipQuoted(c);
    } else if (c == '/' && (At(at_) == '/' || At(at_) == '*')) {
      --at_;
      bool was_comment = false;
      SkipSlash(was_comment);
    } else if (c == '`') {
      if (level + 1 == open.size()) return;
      open.at(++level) = 0;
    }
  }
  at_ = std::min(at_, text_.size());
}

void SourceLexer::SkipTriple() {
  at_ += 3;
  for (;;) {
    const std::size_t close = text_.find("\"\"\"", at_);
    if (close == std::string_view::npos) {
      at_ = text_.size();
      return;
    }
    std::size_t backslashes = 0;
    while (backslashes < close && text_[close - backslashes - 1] == '\\') ++backslashes;
    at_ = close + (backslashes % 2 == 1 ? 1 : 3);
    if (backslashes % 2 == 0) break;
  }
  while (At(at_) == '"') ++at_;  // """"quoted""""
}

// @"..." of C#: no escapes, "" is a quote. At the quote.
void SourceLexer::SkipVerbatim() {
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] != '"') continue;
    ++at_;
    if (At(at_) != '"') return;
  }
}

// At the quote behind an R.
bool SourceLexer::SkipCppRaw() {
  const std::size_t length = text_.substr(at_ + 1, kDelimiterMax + 1).find('(');
  if (length == std::string_view::npos) return false;
  const std::size_t open = at_ + 1 + length;
  const std::string_view delimiter = text_.substr(at_ + 1, length);
  for (std::size_t close = text_.find(')', open); close != std::string_view::npos; close = text_.find(')', close + 1)) {
    if (text_.substr(close + 1, delimiter.size()) == delimiter && At(close + 1 + delimiter.size()) == '"') {
      at_ = close + delimiter.size() + 2;
      return true;
    }
  }
  at_ = text_.size();
  return true;
}

// Behind r or br, at '"' or at the first '#'.
bool SourceLexer::SkipRustRaw() {
  std::size_t hashes = 0;
  while (At(at_ + hashes) == '#') ++hashes;
  if (At(at_ + hashes) != '"') return false;
  at_ += hashes + 1;
  while (at_ < text_.size()) {
    at_ = std::min(text_.find('"', at_), text_.size());
    if (at_ == text_.size()) break;
    ++at_;
    std::size_t closing = 0;
    while (closing < hashes && At(at_ + closing) == '#') ++closing;
    at_ += closing;
    if (closing == hashes) return true;
  }
  return true;
}

// 'a or 'static, but not 'a' or '\n'. At the quote.
bool SourceLexer::SkipLifetime() {
  if (!IsWordStart(At(at_ + 1)) || At(at_ + 2) == '\'') return false;
  std::size_t end = at_ + 1;
  while (IsWordByte(At(end))) ++end;
  if (At(end) == '\'') return false;  // a character of several bytes
  at_ = end;
  return true;
}

bool SourceLexer::RegexMayFollow() const {
  switch (previous_.kind) {
    case TokenKind::kNumber:
    case TokenKind::kString:
      return false;
    case TokenKind::kWord: {
      const std::string_view word = Text(previous_);
      return word == "return" || word == "typeof" || word == "case" || word == "in" || word == "of" ||
             word == "delete" || word == "void" || word == "throw" || word == "new" || word == "else" || word == "do" ||
             word == "instanceof" || word == "await" || word == "yield";
    }
    case TokenKind::kPunct:
      return previous_.punct != ')' && previous_.punct != ']' && previous_.punct != '}';
    default:
      return true;
  }
}

// At the slash. A regular expression ends on its line or is none.
bool SourceLexer::SkipRegex() {
  bool in_set = false;
  const std::size_t end = std::min(text_.size(), at_ + kRegexMax);
  for (std::size_t i = at_ + 1; i < end && text_[i] != '\n'; ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      in_set = true;
    } else if (c == ']') {
      in_set = false;
    } else if (c == '/' && !in_set) {
      ++i;
      while (IsWordByte(At(i))) ++i;
      at_ = i;
      return true;
    }
  }
  return false;
}

// <<<NAME, <<<"NAME" or <<<'NAME'; ends at a line that begins, after white space, with NAME.
bool SourceLexer::SkipHeredoc() {
  std::size_t i = at_ + 3;
  while (At(i) == ' ' || At(i) == '\t') ++i;
  if (At(i) == '"' || At(i) == '\'') ++i;
  const std::size_t name_begin = i;
  while (IsWordByte(At(i))) ++i;
  const std::string_view name = text_.substr(name_begin, i - name_begin);
  if (name.empty() || ClassOf(name[0]) == kDigit) return false;
  for (std::size_t line = text_.find('\n', i); line != std::string_view::npos; line = text_.find('\n', line)) {
    ++line;
    while (At(line) == ' ' || At(line) == '\t') ++line;
    if (text_.substr(line, name.size()) == name && !IsWordByte(At(line + name.size()))) {
      at_ = line + name.size();
      return true;
    }
  }
  at_ = text_.size();
  return true;
}

bool SourceLexer::SkipString(char quote) {
  if (quote == '`') {
    if (syntax_.template_literals) {
      ++at_;
      SkipTemplate();
      return true;
    }
    if (!syntax_.backtick_strings) return false;
    const std::size_t close = text_.find('`', at_ + 1);
    at_ = close == std::string_view::npos ? text_.size() : close + 1;
    return true;
  }
  if (quote == '"' && syntax_.triple_quotes && text_.substr(at_, 3) == "\"\"\"") {
    SkipTriple();
    return true;
  }
  if (quote == '\'' && syntax_.lifetimes) {
    if (SkipLifetime()) return true;
    const bool character = At(at_ + 1) == '\\' || text_.substr(at_ + 1, 5).find('\'', 1) != std::string_view::npos;
    if (!character) return false;
  }
  SkipQuoted(quote);
  return true;
}

Token SourceLexer::Word(Token token) {
  std::size_t end = at_ + 1;
  while (end < text_.size() && IsWordByte(text_[end])) ++end;
  const char next = At(end);
  at_ = end;
  token.kind = TokenKind::kWord;
  if (next == '"' || next == '#') {
    const std::string_view prefix = text_.substr(token.begin, end - token.begin);
    const bool cpp_raw = syntax_.cpp_raw_strings && next == '"' && prefix.size() <= 3 && prefix.back() == 'R';
    const bool rust_raw = syntax_.rust_raw_strings && (prefix == "r" || prefix == "br" || prefix == "cr");
    if ((cpp_raw && SkipCppRaw()) || (rust_raw && SkipRustRaw())) token.kind = TokenKind::kString;
  }
  token.end = at();
  return token;
}

Token SourceLexer::Next() {
  Token token;
  token.first_on_line = at_ == 0 || text_[at_ - 1] == '\n';
  SkipSpace(token.first_on_line);
  token.begin = token.end = at();
  if (at_ >= text_.size()) return token;
  const std::uint8_t byte_class = ClassOf(text_[at_]);
  if (byte_class == kLetter) return previous_ = Word(token);
  if (byte_class == kHash && syntax_.directives && token.first_on_line) {
    SkipDirective();
    token.kind = TokenKind::kDirective;
    token.end = at();
    return token;
  }
  token.kind = SkipLiteral(byte_class);
  if (token.kind == TokenKind::kPunct) Punctuation(token);
  token.end = at();
  return previous_ = token;
}

// Numbers, strings and quoted words; kPunct, and nothing skipped, if it is none.
TokenKind SourceLexer::SkipLiteral(std::uint8_t byte_class) {
  const char c = text_[at_];
  switch (byte_class) {
    case kDigit:
      SkipNumber();
      return TokenKind::kNumber;
    case kQuote:
      if (c == '`' && syntax_.backtick_words) return SkipQuotedWord() ? TokenKind::kWord : TokenKind::kPunct;
      return SkipString(c) ? TokenKind::kString : TokenKind::kPunct;
    case kSlash:
      return syntax_.regex_literals && RegexMayFollow() && SkipRegex() ? TokenKind::kString : TokenKind::kPunct;
    default:
      break;
  }
  if (c == '<' && syntax_.heredocs && text_.substr(at_, 3) == "<<<" && SkipHeredoc()) return TokenKind::kString;
  if (c == '@' && syntax_.csharp_strings) {
    const bool interpolated = At(at_ + 1) == '$';
    if (At(at_ + (interpolated ? 2 : 1)) != '"') return TokenKind::kPunct;
    at_ += interpolated ? 2 : 1;
    SkipVerbatim();
    return TokenKind::kString;
  }
  return TokenKind::kPunct;
}

void SourceLexer::SkipNumber() {
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    const bool separator = syntax_.digit_separators && c == '\'' && IsWordByte(At(at_ + 1));
    if (!IsWordByte(c) && c != '.' && !separator) return;
  }
}

bool SourceLexer::SkipQuotedWord() {
  const std::size_t close = text_.find_first_of("`\n", at_ + 1);
  if (close == std::string_view::npos || text_[close] != '`') return false;
  at_ = close + 1;
  return true;
}

// One byte, or the pairs that decide something.
void SourceLexer::Punctuation(Token& token) {
  constexpr std::string_view kBeforeEquals = "=!<>+-*/%&|^:~";
  const char c = text_[at_];
  const char next = At(at_ + 1);
  token.punct = c;
  ++at_;
  if (c == '=' && next == '>') {
    token.punct = kFatArrow;
    ++at_;
  } else if (c == '-' && next == '>') {
    token.punct = kThinArrow;
    ++at_;
  } else if (c == ':' && next == ':') {
    token.punct = kScopeMark;
    ++at_;
  } else if (next == '=' && kBeforeEquals.find(c) != std::string_view::npos) {
    token.punct = kComparison;
    while (At(at_) == '=') ++at_;
  }
}

std::uint32_t SourceLexer::SkipBlock(std::uint32_t& depth) {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (!kStops[static_cast<unsigned char>(c)]) {
      ++at_;
      continue;
    }
    switch (c) {
      case '{':
        ++depth;
        ++at_;
        break;
      case '}':
        ++at_;
        if (--depth == 0) return at() - 1;
        break;
      case '/': {
        bool was_comment = false;
        SkipSlash(was_comment);
        if (!was_comment) ++at_;
        break;
      }
      case '#': {
        std::size_t line = at_;
        while (line > 0 && (text_[line - 1] == ' ' || text_[line - 1] == '\t')) --line;
        if (syntax_.directives && (line == 0 || text_[line - 1] == '\n')) {
          at_ = line;
          return at();
        }
        ++at_;
        break;
      }
      default: {
        const bool word_before = at_ > 0 && IsWordByte(text_[at_ - 1]);
        if (c == '"' && word_before && text_[at_ - 1] == 'R' && syntax_.cpp_raw_strings && SkipCppRaw()) break;
        const bool separator =
            c == '\'' && word_before && syntax_.digit_separators && ClassOf(text_[at_ - 1]) == kDigit;
        if (separator || !SkipString(c)) ++at_;
      }
    }
  }
  return at();
}

}  // namespace attune::console

#pragma once
// SourceLexer: the words, strings and punctuation of a source text, one at a time.
// It knows enough of each language's comments and strings that a brace inside of
// them is never taken for a brace.
//
//   SourceLexer lexer(text, kJavaSyntax);
//   for (Token t = lexer.Next(); t.kind != TokenKind::kEnd; t = lexer.Next()) ...
//
// Tolerance  an unfinished string ends with its line (or, where strings span lines, with the text), an unfinished
//            comment with the text. Every call makes progress.
// Cost       linear; allocates nothing; no recursion.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attune::console {

// What differs between the languages. Everything is off by default.
struct Syntax {
  bool slash_comments = true;         // "//" and "/* */"
  bool hash_comments = false;         // '#' to the end of the line
  bool nested_comments = false;       // "/* /* */ */"
  bool directives = false;            // a '#' that begins a line begins a preprocessor directive
  bool triple_quotes = false;         // """ ... """
  bool backtick_strings = false;      // `raw`
  bool backtick_words = false;        // `an identifier`
  bool template_literals = false;     // `text ${expression}`
  bool regex_literals = false;        // /re/ where an operand is expected
  bool lifetimes = false;             // 'a is no character
  bool cpp_raw_strings = false;       // R"x( ... )x"
  bool rust_raw_strings = false;      // r#" ... "#
  bool csharp_strings = false;        // @"..." and $@"..." with "" for a quote
  bool digit_separators = false;      // 1'000
  bool multiline_strings = false;     // "..." goes on over lines
  bool dollar_interpolation = false;  // "${ expression with "strings" }"
  bool slash_interpolation = false;   // "\( expression )"
  bool heredocs = false;              // <<<NAME ... NAME
};

enum class TokenKind : std::uint8_t { kEnd, kWord, kNumber, kString, kPunct, kDirective };

// Punctuation of two characters that decides something.
inline constexpr char kFatArrow = '\x01';    // =>
inline constexpr char kThinArrow = '\x02';   // ->
inline constexpr char kScopeMark = '\x03';   // ::
inline constexpr char kComparison = '\x04';  // == != <= >= and compound assignments

struct Token {
  TokenKind kind = TokenKind::kEnd;
  char punct = 0;              // for kPunct
  bool first_on_line = false;  // nothing but white space and comments before it on its line
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool Is(char c) const noexcept { return kind == TokenKind::kPunct && punct == c; }
};

class SourceLexer {
 public:
  // REQUIRES: text.size() < 4 GiB. Keeps a view of the text.
  SourceLexer(std::string_view text, const Syntax& syntax) : text_(text), syntax_(syntax) {}

  Token Next();

  // After a '{' was returned: goes on to behind the '}' that closes it and returns the position of that '}', or the
  // size of the text. Stops early at a directive (then at() is the beginning of its line) so that the caller can follow
  // it; `depth` counts the braces open and is carried over from call to call (start with 1, 0 when done).
  std::uint32_t SkipBlock(std::uint32_t& depth);

  std::string_view text() const noexcept { return text_; }
  std::string_view Text(const Token& token) const noexcept {
    return text_.substr(token.begin, token.end - token.begin);
  }
  std::uint32_t at() const noexcept { return static_cast<std::uint32_t>(at_); }
  void Seek(std::uint32_t at) noexcept { at_ = at; }

 private:
  void SkipSpace(bool& first_on_line);
  void SkipLine();
  void SkipBlockComment();
  void SkipDirective();
  bool SkipString(char quote);        // at the opening quote; false if it is no string after all
  void SkipQuoted(char quote);        // "..." with escapes
  void SkipInterpolation(char open);  // behind "${" or "\("
  void SkipTemplate();                // behind the opening backtick
  void SkipTriple();
  void SkipVerbatim();
  bool SkipCppRaw();
  bool SkipRustRaw();
  bool SkipLifetime();
  bool SkipRegex();
  bool SkipHeredoc();
  bool RegexMayFollow() const;
  void SkipSlash(bool& was_comment);
  Token Word(Token token);
  TokenKind SkipLiteral(std::uint8_t byte_class);
  void SkipNumber();
  bool SkipQuotedWord();
  void Punctuation(Token& token);
  char At(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }

  std::string_view text_;
  Syntax syntax_;
  std::size_t at_ = 0;
  Token previous_;  // decides whether a '/' divides
};

bool IsWordStart(char c) noexcept;
bool IsWordByte(char c) noexcept;

}  // namespace attune::console

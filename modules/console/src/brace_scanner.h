#pragma once
// BraceScanner: definitions in the languages with braces, for scan.cc by way of ScanBraces (scanners.h). A definition
// is led by a keyword ("func", "class", ...) or, among the members of a class, has the shape of a method: name(...) {.
// Its header lasts until the brace opens, a ';' ends it or, where lines end statements, until a line begins no further
// to the right than the definition did.
//
// Its parts: brace_scanner.cc (statements, words, punctuation, scopes), brace_names.cc (the name behind a keyword),
// brace_assignments.cc (functions that are values).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "brace_dialect.h"
#include "definition_list.h"
#include "source_lexer.h"

namespace attune::console {

class BraceScanner {
 public:
  BraceScanner(Language language, std::string_view text, DefinitionList& found)
      : language_(language),
        dialect_(DialectOf(language)),
        lexer_(text, dialect_.syntax),
        found_(found),
        csharp_(language == Language::kCSharp),
        go_(language == Language::kGo) {
    for (const BraceKeyword& keyword : dialect_.keywords) first_letters_.at(Octet(keyword.word[0])) = true;
    scopes_.push_back({.body = BraceBody::kNames});
  }

  void Run();

 private:
  struct Name {
    std::string_view text;
    std::uint32_t at = 0;
    std::uint32_t begin = 0;  // of the statement that it names
    std::string_view qualifier;
    bool empty() const { return text.empty(); }
  };
  struct Scope {
    BraceBody body = BraceBody::kCode;
    std::uint32_t definition = kNoDefinition;
    bool by_line = false;         // an expression or an indented block: ends with its lines, not with a brace
    std::uint32_t column = 0;     // for by_line
    std::uint32_t brackets = 0;   // open around it
    bool constants = false;       // the names at the beginning of a Java enumeration
    bool in_parentheses = false;  // type ( ... ) of Go
    // Of an object literal.
    std::string_view owner = {};  // may be left out of an initializer
  };
  // A definition whose body has not begun.
  struct Header {
    std::uint32_t definition = kNoDefinition;
    BraceBody body = BraceBody::kCode;
    std::uint32_t column = 0;
    std::uint32_t name_end = 0;
    std::uint32_t brackets = 0;
    bool open = false;
  };
  // What a brace interrupts.
  struct Interrupted {
    Header header;
    std::uint32_t brackets = 0;
    Name method;
    std::uint32_t statement_begin = 0;
    std::uint32_t statement_column = 0;
    std::uint32_t words = 0;
    bool has_value = false;
  };
  enum class AssignState : std::uint8_t { kNone, kAfterEqual, kAfterWord, kInParameters, kAfterParameters };
  // A name that a function may be given: name = function, name: (...) =>.
  struct Assignment {
    Name name;
    AssignState state = AssignState::kNone;
    std::uint32_t brackets = 0;
    std::size_t scopes = 0;
  };

  static std::size_t Octet(char c) { return static_cast<unsigned char>(c); }
  std::string_view Text(const Token& token) const { return lexer_.Text(token); }
  Scope& Top() { return scopes_.back(); }

  std::uint32_t Column(const Token& token) const;
  std::uint32_t Parent() const;
  bool AmongMembers();

  // Lines and statements.
  void OnLine(const Token& token);
  void EndStatement();
  void EndHeader();
  void OpenHeader(std::uint32_t definition, BraceBody body, std::uint32_t name_end);
  bool AtHeaderLevel() const { return header_.open && brackets_ == header_.brackets; }

  // Words.
  void BeginStatement(const Token& token);
  void OnWord(const Token& token);
  void OnHeaderWord(const Token& token);
  void OnKeyword(const BraceKeyword& keyword, const Token& token);
  void Define(const BraceKeyword& keyword, const Name& name);
  static bool IsTypeScope(SymbolKind kind);

  // Names.
  Name NameFrom(const Token& token) const;
  bool IsName(const Token& token) const;
  Name ReadName(const BraceKeyword& keyword, const Token& word, Token next);
  Name ReadWordName(Token next);
  Name ReadOperator(const Token& first);
  Name ReadPath(const Token& first);
  Name ReadGoFunction(Token next);
  Name ReadKotlinFunction(Token next);
  void SkipAngles();
  Name ReadImpl(Token next);
  Name ReadAlias(const Token& next);
  Name ReadOptional(const Token& word, const Token& next);
  void OpenGroupMember(const Token& token);

  // Functions that are values.
  void OnEqual();
  void StartAssignment();
  static std::string_view OwnerOf(std::string_view chain);
  void FollowAssignment(const Token& token);
  bool IsTypePart(const Token& token) const;
  void OpenArrow();

  // Punctuation.
  void OnPunct(const Token& token);
  void EnterTag(std::uint32_t at);
  void SkipAnnotation(const Token& at);
  void OnBracket(const Token& token);
  void FindMethod();
  void OnBracketClose(const Token& token);
  void OnColon(const Token& token);
  bool EndsLine(const Token& token) const;
  void OnComma();
  void OnSemicolon(const Token& token);
  void OnHeaderEqual();
  void OpenExpression();
  void OpenCSharpExpression();
  std::uint32_t OpenMethod();
  void PushScope(const Scope& scope);
  void PopScope(std::uint32_t end);
  bool OpensTypeInHeader() const;
  void SkipBraces();
  void OnOpen(const Token& token);
  void ResetStatement();
  bool OpensObject() const;
  void OnClose(const Token& token);
  bool IsFileScope() const;

  static constexpr std::size_t kHeaderTokensMax = 64;  // between a keyword and the name that it introduces
  static constexpr std::string_view kGroupMark = "(";

  Language language_;
  const BraceDialect& dialect_;
  SourceLexer lexer_;
  DefinitionList& found_;
  bool csharp_;
  bool go_;
  std::array<bool, 256> first_letters_{};

  std::vector<Scope> scopes_;             // never empty
  std::vector<Interrupted> interrupted_;  // one for each brace open
  std::uint64_t uncounted_ = 0;           // braces open beyond kScopesMax
  std::uint32_t brackets_ = 0;            // '(' and '[' open since the last brace

  Header header_;
  Assignment assign_;
  Name method_;   // what looks like a method, until its brace opens
  Name generic_;  // name in "name<T>("
  std::uint32_t angles_ = 0;
  std::uint32_t computed_begin_ = 0;  // of "[name]"
  Token previous_;
  std::uint32_t chain_begin_ = 0;  // of "a.b.c" that the last word belongs to
  std::uint32_t statement_begin_ = 0;
  std::uint32_t statement_column_ = 0;
  std::uint32_t line_column_ = 0;
  std::uint32_t words_ = 0;  // of the statement
  bool statement_begins_ = true;
  bool has_value_ = false;  // an '=' was seen in the statement
  bool annotated_ = false;  // the statement has nothing but annotations so far
  bool is_enumeration_ = false;
};

}  // namespace attune::console

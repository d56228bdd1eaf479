// The languages with braces. A definition is led by a keyword ("func", "class", ...) or, among the members of a class,
// has the shape of a method: name(...) {. Its header lasts until the brace opens, a ';' ends it or, where lines end
// statements, until a line begins no further to the right than the definition did.

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "brace_dialect.h"
#include "scanners.h"
#include "words.h"

namespace attune::console {
namespace {

constexpr std::size_t kScopesMax = 256;  // braces within each other that are told apart; deeper ones are only counted

// Words before "(" that name no method.
bool IsStatementWord(std::string_view word) {
  switch (word.size()) {
    case 2:
      return IsOneOf(word, {"if", "do"});
    case 3:
      return IsOneOf(word, {"for", "new", "try"});
    case 4:
      return IsOneOf(word, {"else", "with", "case", "lock", "when", "this"});
    case 5:
      return IsOneOf(word, {"while", "catch", "throw", "super", "await", "using"});
    case 6:
      return IsOneOf(word, {"switch", "return", "typeof", "sizeof"});
    default:
      return IsOneOf(word, {"function", "foreach", "synchronized"});
  }
}

// Words that follow a keyword without being the name that it introduces.
bool IsNoName(std::string_view word) {
  return IsOneOf(word, {"var", "let", "val", "func", "fun", "def", "extends", "implements"});
}

struct Name {
  std::string_view text;
  std::uint32_t at = 0;
  std::uint32_t begin = 0;  // of the statement that it names
  std::string_view qualifier;
  bool empty() const { return text.empty(); }
};

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

  void Run() {
    if (dialect_.tags) EnterTag(0);
    for (Token token = lexer_.Next(); token.kind != TokenKind::kEnd; token = lexer_.Next()) {
      if (token.first_on_line) OnLine(token);
      if (assign_.state != AssignState::kNone) FollowAssignment(token);
      if (token.kind == TokenKind::kWord) {
        OnWord(token);
      } else if (token.kind == TokenKind::kPunct) {
        OnPunct(token);
      }
      previous_ = token;
    }
  }

 private:
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

  std::uint32_t Column(const Token& token) const {
    std::uint32_t at = token.begin;
    while (at > 0 && lexer_.text()[at - 1] != '\n') --at;
    return token.begin - at;
  }

  std::uint32_t Parent() const {
    for (std::size_t i = scopes_.size(); i-- > 0;) {
      if (scopes_[i].definition != kNoDefinition) return scopes_[i].definition;
    }
    return kNoDefinition;
  }

  bool AmongMembers() {
    return Top().body == BraceBody::kMembers && !Top().by_line && brackets_ == Top().brackets && !Top().constants;
  }

  // --- Lines and statements ----------------------------------------------------------------------------------------

  void OnLine(const Token& token) {
    if (!dialect_.newlines_end) return;
    const std::uint32_t column = Column(token);
    line_column_ = column;
    if (AtHeaderLevel() && column <= header_.column && !token.Is('{')) EndHeader();
    while (Top().by_line && brackets_ == Top().brackets && column <= Top().column && !token.Is('{'))
      PopScope(previous_.end);
    if (brackets_ == Top().brackets && column <= statement_column_ && !annotated_) EndStatement();
  }

  void EndStatement() {
    if (!method_.empty() && dialect_.bodiless_methods && !has_value_ && AmongMembers()) {
      found_.Close(OpenMethod(), previous_.end);
    }
    ResetStatement();
  }

  void EndHeader() {
    found_.Close(header_.definition, previous_.end);
    header_.open = false;
  }

  void OpenHeader(std::uint32_t definition, BraceBody body, std::uint32_t name_end) {
    header_ = {definition, body, statement_column_, name_end, brackets_, true};
  }
  bool AtHeaderLevel() const { return header_.open && brackets_ == header_.brackets; }

  // --- Words -------------------------------------------------------------------------------------------------------

  void BeginStatement(const Token& token) {
    if (!statement_begins_) return;
    statement_begins_ = false;
    statement_begin_ = token.begin;
    statement_column_ = line_column_;
  }

  void OnWord(const Token& token) {
    BeginStatement(token);
    ++words_;
    annotated_ = false;
    if (!previous_.Is('.')) chain_begin_ = token.begin;
    if (header_.open) return OnHeaderWord(token);
    if (Top().in_parentheses && token.first_on_line && brackets_ == Top().brackets) return OpenGroupMember(token);
    if (!first_letters_[Octet(lexer_.text()[token.begin])]) return;
    if (previous_.Is('.') || previous_.Is(kScopeMark) || (previous_.Is('@') && Text(token) != "interface")) return;
    const std::string_view word = Text(token);
    for (const BraceKeyword& keyword : dialect_.keywords) {
      if (keyword.word == word) return OnKeyword(keyword, token);
    }
  }

  // type Name struct {: what follows the name says what it is.
  void OnHeaderWord(const Token& token) {
    if (!go_ || !AtHeaderLevel() || found_.KindOf(header_.definition) != SymbolKind::kType) return;
    const std::size_t next = lexer_.text().find_first_not_of(" \t", header_.name_end);
    if (next != token.begin && !previous_.Is(']')) return;
    if (Text(token) == "struct") found_.SetKind(header_.definition, SymbolKind::kStruct);
    if (Text(token) == "interface") found_.SetKind(header_.definition, SymbolKind::kInterface);
  }

  void OnKeyword(const BraceKeyword& keyword, const Token& token) {
    if (Top().constants || (keyword.rule == NameRule::kItself && Top().body != BraceBody::kMembers)) return;
    if (previous_.kind == TokenKind::kWord && IsOneOf(Text(previous_), {"use", "new"})) return;
    if (go_ && keyword.rule == NameRule::kReceiver && !(token.first_on_line && scopes_.size() == 1))
      return;  // a literal
    if (keyword.kind == SymbolKind::kConstant && (Top().body == BraceBody::kCode || previous_.Is('*'))) return;
    const SourceLexer saved = lexer_;
    const Token next = lexer_.Next();
    Name name = ReadName(keyword, token, next);
    if (name.empty()) {
      lexer_ = saved;
      return;
    }
    if (name.text == kGroupMark) {
      scopes_.push_back({.body = BraceBody::kNames, .brackets = ++brackets_, .in_parentheses = true});
      return;
    }
    name.begin = brackets_ == Top().brackets ? statement_begin_ : token.begin;
    if (name.text.data() == assign_.name.text.data()) name.begin = assign_.name.begin;
    Define(keyword, name);
  }

  void Define(const BraceKeyword& keyword, const Name& name) {
    const auto name_end = static_cast<std::uint32_t>(name.at + name.text.size());
    SymbolKind kind = keyword.kind;
    const std::uint32_t parent = Parent();
    const bool owned = !name.qualifier.empty() || IsTypeScope(found_.KindOf(parent));
    if (kind == SymbolKind::kFunction && owned) kind = SymbolKind::kMethod;
    if (keyword.word == "namespace" && Top().by_line) PopScope(name.begin);  // namespace A; ... namespace B;
    const std::uint32_t definition = found_.Open(kind, {name.text, name.at, name.begin, Parent(), name.qualifier});
    assign_.state = AssignState::kNone;
    OpenHeader(definition, keyword.body, name_end);
    is_enumeration_ = keyword.kind == SymbolKind::kEnum && language_ == Language::kJava;
  }

  static bool IsTypeScope(SymbolKind kind) {
    switch (kind) {
      case SymbolKind::kClass:
      case SymbolKind::kStruct:
      case SymbolKind::kEnum:
      case SymbolKind::kUnion:
      case SymbolKind::kInterface:
      case SymbolKind::kTrait:
      case SymbolKind::kImpl:
        return true;
      default:
        return false;
    }
  }

  // --- Names -------------------------------------------------------------------------------------------------------

  Name NameFrom(const Token& token) const {
    std::string_view text = Text(token);
    std::uint32_t at = token.begin;
    if (text.size() > 2 && text.front() == '`') {
      text = text.substr(1, text.size() - 2);
      ++at;
    }
    return {text, at, at, {}};
  }

  bool IsName(const Token& token) const {
    if (token.kind != TokenKind::kWord) return false;
    const std::string_view word = Text(token);
    if (IsNoName(word)) return false;
    return std::none_of(dialect_.keywords.begin(), dialect_.keywords.end(), [&](const BraceKeyword& keyword) {
      return keyword.word == word && keyword.rule != NameRule::kItself && keyword.rule != NameRule::kAlias;
    });
  }

  // The name behind a keyword; the lexer is left behind it. Empty: no definition after all.
  Name ReadName(const BraceKeyword& keyword, const Token& word, Token next) {
    switch (keyword.rule) {
      case NameRule::kWord:
        return ReadWordName(next);
      case NameRule::kPath:
        return ReadPath(next);
      case NameRule::kReceiver:
        return go_ ? ReadGoFunction(next) : ReadKotlinFunction(next);
      case NameRule::kItself:
        if (!next.Is('(') && !next.Is('{') && !next.Is('<') && !next.Is('?') && !next.Is('!')) return {};
        lexer_.Seek(next.begin);
        return NameFrom(word);
      case NameRule::kImpl:
        return ReadImpl(next);
      case NameRule::kAlias:
        return ReadAlias(next);
      case NameRule::kGroup:
        if (next.Is('(')) return {kGroupMark, 0, 0, {}};
        return next.kind == TokenKind::kWord ? NameFrom(next) : Name{};
      case NameRule::kMacro:
        if (!next.Is('!')) return {};
        next = lexer_.Next();
        return next.kind == TokenKind::kWord ? NameFrom(next) : Name{};
      case NameRule::kOptional:
        return ReadOptional(word, next);
    }
    return {};
  }

  Name ReadWordName(Token next) {
    const bool skips =
        next.Is('&') || (next.Is('*') && dialect_.functions_by_value) ||
        (next.kind == TokenKind::kWord && language_ == Language::kRust && IsOneOf(Text(next), {"mut", "ref"}));
    if (skips) next = lexer_.Next();
    if (language_ == Language::kRust && IsOneOf(Text(next), {"unsafe", "extern", "async", "move"})) return {};
    if (next.kind == TokenKind::kPunct && (language_ == Language::kSwift || language_ == Language::kScala)) {
      return ReadOperator(next);
    }
    if (IsName(next)) return NameFrom(next);
    // function () { }: the name that it is assigned to.
    const bool anonymous = next.Is('(') || next.Is('{') || (next.kind == TokenKind::kWord && Text(next) == "extends");
    if (dialect_.functions_by_value && anonymous && assign_.state == AssignState::kAfterEqual) {
      lexer_.Seek(next.begin);
      return assign_.name;
    }
    return {};
  }

  // static func == (a, b), def +(b)
  Name ReadOperator(const Token& first) {
    if (first.Is('(') || first.Is('{') || first.Is(':') || first.Is(';') || first.Is('.')) return {};
    std::uint32_t end = first.end;
    Token token = lexer_.Next();
    for (; token.kind == TokenKind::kPunct && token.begin == end && !token.Is('(') && !token.Is('[');
         token = lexer_.Next()) {
      end = token.end;
    }
    lexer_.Seek(token.begin);
    return {lexer_.text().substr(first.begin, end - first.begin), first.begin, first.begin, {}};
  }

  // A.B.C or A\B or "a module"
  Name ReadPath(const Token& first) {
    if (first.kind == TokenKind::kString && first.end - first.begin > 2) {
      return {lexer_.text().substr(first.begin + 1, first.end - first.begin - 2), first.begin + 1, first.begin, {}};
    }
    if (!IsName(first)) return {};
    std::uint32_t end = first.end;
    for (;;) {
      const SourceLexer saved = lexer_;
      const Token separator = lexer_.Next();
      const Token part = lexer_.Next();
      if ((separator.Is('.') || separator.Is('\\')) && part.kind == TokenKind::kWord) {
        end = part.end;
        continue;
      }
      lexer_ = saved;
      return {lexer_.text().substr(first.begin, end - first.begin), first.begin, first.begin, {}};
    }
  }

  // func Name( or func (r *Type[T]) Name(
  Name ReadGoFunction(Token next) {
    std::string_view receiver;
    if (next.Is('(')) {
      bool generic = false;
      next = lexer_.Next();
      for (std::size_t i = 0; !next.Is(')'); ++i, next = lexer_.Next()) {
        if (i == kHeaderTokensMax || next.kind == TokenKind::kEnd || next.Is('{')) return {};
        generic = generic || next.Is('[');
        if (next.kind == TokenKind::kWord && !generic) receiver = Text(next);
      }
      next = lexer_.Next();
    }
    if (next.kind != TokenKind::kWord) return {};
    Name name = NameFrom(next);
    name.qualifier = receiver;
    return name;
  }

  // fun name(, fun <T> name(, fun List<Int>.name(
  Name ReadKotlinFunction(Token next) {
    Name name;
    for (std::size_t i = 0; i < kHeaderTokensMax; ++i, next = lexer_.Next()) {
      if (next.Is('(')) {
        lexer_.Seek(next.begin);
        return name;
      }
      if (next.Is('<')) {
        SkipAngles();
      } else if (next.kind == TokenKind::kWord) {
        const std::string_view owner = name.text;
        if (std::any_of(dialect_.keywords.begin(), dialect_.keywords.end(),
                        [&](const BraceKeyword& keyword) { return keyword.word == Text(next); })) {
          return {};
        }
        name = NameFrom(next);
        name.qualifier = owner;
      } else if (!next.Is('.') && !next.Is('?')) {
        return {};
      }
    }
    return {};
  }

  // Behind a '<'.
  void SkipAngles() {
    std::size_t depth = 1;
    for (std::size_t i = 0; i < kHeaderTokensMax && depth > 0; ++i) {
      const Token token = lexer_.Next();
      if (token.Is('<')) ++depth;
      if (token.Is('>')) --depth;
      if (token.kind == TokenKind::kEnd || token.Is(';') || token.Is('{')) return lexer_.Seek(token.begin);
    }
  }

  // impl<T> Trait<T> for Name<T> where ... {
  Name ReadImpl(Token next) {
    if (previous_.kind == TokenKind::kPunct && !previous_.Is('}') && !previous_.Is(';') && !previous_.Is('{') &&
        !previous_.Is(']')) {
      return {};  // impl Trait as a type
    }
    if (previous_.kind == TokenKind::kWord && Text(previous_) == "mut") return {};
    Name name;
    for (std::size_t i = 0; i < kHeaderTokensMax; ++i, next = lexer_.Next()) {
      if (next.kind == TokenKind::kEnd || next.Is(';')) return {};
      const bool where = next.kind == TokenKind::kWord && Text(next) == "where";
      if (next.Is('{') || where) {
        lexer_.Seek(next.begin);
        return name;
      }
      if (next.Is('<')) {
        SkipAngles();
      } else if (next.kind == TokenKind::kWord && !IsOneOf(Text(next), {"for", "dyn", "mut", "const", "unsafe"})) {
        name = NameFrom(next);
      }
    }
    return {};
  }

  Name ReadAlias(const Token& next) {
    if (next.kind != TokenKind::kWord) return {};
    const SourceLexer saved = lexer_;
    const Token after = lexer_.Next();
    lexer_ = saved;
    const bool alias = after.Is('=') || after.Is('<') || after.Is('[');
    return alias || language_ == Language::kScala ? NameFrom(next) : Name{};
  }

  // object Name, companion object [Name], but not the expression "object : Type { }".
  Name ReadOptional(const Token& word, const Token& next) {
    if (IsName(next)) return NameFrom(next);
    const bool companion = previous_.kind == TokenKind::kWord && Text(previous_) == "companion";
    lexer_.Seek(next.begin);
    if (!companion) return {};
    Name name = NameFrom(word);
    name.text = "Companion";
    return name;
  }

  void OpenGroupMember(const Token& token) {
    const std::uint32_t definition = found_.Open(SymbolKind::kType, {Text(token), token.begin, token.begin, Parent()});
    OpenHeader(definition, BraceBody::kNames, token.end);
    header_.column = line_column_;
  }

  // --- Functions that are values -----------------------------------------------------------------------------------

  void OnEqual() {
    if (brackets_ == Top().brackets) has_value_ = true;
    if (!dialect_.functions_by_value || previous_.kind != TokenKind::kWord) return;
    if (assign_.state == AssignState::kInParameters) return;  // a default value
    StartAssignment();
  }

  void StartAssignment() {
    Name name = NameFrom(previous_);
    name.begin = brackets_ == Top().brackets && !statement_begins_ ? statement_begin_ : chain_begin_;
    if (Top().body == BraceBody::kObject) {
      name.begin = previous_.begin;
      name.qualifier = Top().owner;
    } else if (chain_begin_ < previous_.begin) {
      name.qualifier = OwnerOf(lexer_.text().substr(chain_begin_, previous_.begin - 1 - chain_begin_));
    }
    assign_ = {name, AssignState::kAfterEqual, brackets_, scopes_.size()};
  }

  // "Foo.prototype" -> "Foo"; "module.exports", "exports" and "this" own nothing.
  static std::string_view OwnerOf(std::string_view chain) {
    constexpr std::string_view kPrototype = ".prototype";
    if (chain.ends_with(kPrototype)) chain.remove_suffix(kPrototype.size());
    if (IsOneOf(chain, {"module.exports", "exports", "this", "self", "window", "module"})) return {};
    return chain;
  }

  void FollowAssignment(const Token& token) {
    switch (assign_.state) {
      case AssignState::kAfterEqual:
        if (token.kind == TokenKind::kWord) {
          const std::string_view word = Text(token);
          if (word == "async" || word == "function" || word == "class") return;
          assign_.state = AssignState::kAfterWord;
        } else if (token.Is('(')) {
          assign_.state = AssignState::kInParameters;
          assign_.brackets = brackets_;
          assign_.scopes = scopes_.size();
        } else if (!token.Is('=') && !token.Is(':') && !token.Is('<') && !token.Is('>')) {
          assign_.state = AssignState::kNone;
        }
        return;
      case AssignState::kInParameters:
        if (token.Is(')') && brackets_ == assign_.brackets + 1 && scopes_.size() == assign_.scopes) {
          assign_.state = AssignState::kAfterParameters;
        } else if (token.Is(kFatArrow) || (token.kind == TokenKind::kWord && Text(token) == "function")) {
          assign_.state = AssignState::kNone;
        }
        return;
      case AssignState::kAfterWord:
      case AssignState::kAfterParameters:
        if (token.Is(kFatArrow)) return OpenArrow();
        if (assign_.state == AssignState::kAfterWord || !IsTypePart(token)) assign_.state = AssignState::kNone;
        return;
      default:
        return;
    }
  }

  // What may stand between the parameters and "=>" in TypeScript.
  bool IsTypePart(const Token& token) const {
    if (language_ != Language::kTypeScript) return false;
    return token.kind == TokenKind::kWord || token.kind == TokenKind::kString || token.Is(':') || token.Is('<') ||
           token.Is('>') || token.Is('.') || token.Is('[') || token.Is(']') || token.Is('|') || token.Is('&') ||
           token.Is(',');
  }

  void OpenArrow() {
    const Name name = assign_.name;
    assign_.state = AssignState::kNone;
    const bool member = Top().body != BraceBody::kCode && IsTypeScope(found_.KindOf(Parent()));
    const bool method = member || !name.qualifier.empty();
    const std::uint32_t definition = found_.Open(method ? SymbolKind::kMethod : SymbolKind::kFunction,
                                                 {name.text, name.at, name.begin, Parent(), name.qualifier});
    OpenHeader(definition, BraceBody::kCode, name.at);
  }

  // --- Punctuation -------------------------------------------------------------------------------------------------

  void OnPunct(const Token& token) {
    switch (token.punct) {
      case '{':
        return OnOpen(token);
      case '}':
        return OnClose(token);
      case '(':
      case '[':
        return OnBracket(token);
      case ')':
      case ']':
        return OnBracketClose(token);
      case ';':
        return OnSemicolon(token);
      case '=':
        BeginStatement(token);
        if (header_.open) return OnHeaderEqual();
        return OnEqual();
      case kFatArrow:
        if (header_.open && dialect_.functions_by_value) return OpenExpression();
        if (csharp_ && AmongMembers() && !has_value_ && words_ >= 2) OpenCSharpExpression();
        return;
      case ':':
        return OnColon(token);
      case ',':
        return OnComma();
      case '<':
        if (angles_++ == 0 && previous_.kind == TokenKind::kWord) generic_ = NameFrom(previous_);
        return;
      case '>':
        if (angles_ > 0) --angles_;
        return;
      case '@':
        BeginStatement(token);
        if (dialect_.annotations) SkipAnnotation(token);
        return;
      case '?':
        if (dialect_.tags && lexer_.at() < lexer_.text().size() && lexer_.text()[lexer_.at()] == '>') {
          EnterTag(lexer_.at());
        }
        return;
      default:
        BeginStatement(token);
    }
  }

  // From `at` to behind the next "<?php", "<?=" or "<?".
  void EnterTag(std::uint32_t at) {
    const std::size_t tag = lexer_.text().find("<?", at);
    if (tag == std::string_view::npos) return lexer_.Seek(static_cast<std::uint32_t>(lexer_.text().size()));
    const bool named = lexer_.text().substr(tag + 2, 3) == "php";
    lexer_.Seek(static_cast<std::uint32_t>(tag) + (named ? 5 : 2));
    statement_begins_ = true;
  }

  // @Name.Of.It(arguments) says nothing about names; it stays part of the statement.
  void SkipAnnotation(const Token& at) {
    SourceLexer saved = lexer_;
    Token token = lexer_.Next();
    if (token.kind != TokenKind::kWord || token.begin != at.end || Text(token) == "interface") {
      lexer_ = saved;
      return;
    }
    annotated_ = words_ == 0;
    for (;;) {
      saved = lexer_;
      token = lexer_.Next();
      if (token.Is('.') || token.Is(':')) {
        token = lexer_.Next();
        if (token.kind == TokenKind::kWord) continue;
      }
      break;
    }
    if (!token.Is('(') || token.first_on_line) {
      lexer_ = saved;
      return;
    }
    for (std::size_t depth = 1; depth > 0;) {
      token = lexer_.Next();
      if (token.kind == TokenKind::kEnd) return;
      if (token.Is('(')) ++depth;
      if (token.Is(')')) --depth;
    }
  }

  void OnBracket(const Token& token) {
    BeginStatement(token);
    if (token.Is('[') && brackets_ == Top().brackets) computed_begin_ = token.begin;
    if (token.Is('(') && !header_.open && method_.empty() && !has_value_ && dialect_.bare_methods) FindMethod();
    ++brackets_;
  }

  void FindMethod() {
    const bool object = Top().body == BraceBody::kObject && brackets_ == Top().brackets;
    if (!object && !AmongMembers()) return;
    Name name;
    if (previous_.kind == TokenKind::kWord) {
      name = NameFrom(previous_);
    } else if (previous_.Is('>') && !generic_.empty()) {
      name = generic_;
    } else if (previous_.Is(']') && dialect_.functions_by_value) {  // [Symbol.iterator]()
      name = {
          lexer_.text().substr(computed_begin_, previous_.end - computed_begin_), computed_begin_, computed_begin_, {}};
    }
    if (name.empty() || (object ? IsStatementWord(name.text) : IsOneOf(name.text, {"if", "for", "while", "switch"})))
      return;
    name.begin = statement_begin_;
    name.qualifier = object ? Top().owner : std::string_view();
    method_ = name;
  }

  void OnBracketClose(const Token& token) {
    while (Top().by_line && brackets_ == Top().brackets) PopScope(previous_.end);
    if (AtHeaderLevel()) EndHeader();
    if (Top().in_parentheses && token.Is(')') && brackets_ == Top().brackets) {
      --brackets_;
      scopes_.pop_back();
      statement_begins_ = true;
      return;
    }
    const std::uint32_t floor = Top().brackets;
    if (brackets_ > floor) --brackets_;
  }

  void OnColon(const Token& token) {
    if (header_.open) {
      if (language_ == Language::kScala && EndsLine(token)) OpenExpression();  // an indented body
      return;
    }
    if (brackets_ == Top().brackets && Top().body == BraceBody::kObject) {
      has_value_ = true;
      if (previous_.kind == TokenKind::kWord && dialect_.functions_by_value) StartAssignment();
    }
  }

  bool EndsLine(const Token& token) const {
    const std::size_t next = lexer_.text().find_first_not_of(" \t\r", token.end);
    return next == std::string_view::npos || lexer_.text()[next] == '\n';
  }

  void OnComma() {
    if (dialect_.functions_by_value && AtHeaderLevel()) EndHeader();
    while (Top().by_line && dialect_.functions_by_value && brackets_ == Top().brackets) PopScope(previous_.end);
    if (Top().body == BraceBody::kObject && brackets_ == Top().brackets) {
      method_ = {};
      has_value_ = false;
      statement_begins_ = true;
    }
  }

  void OnSemicolon(const Token& token) {
    if (brackets_ != Top().brackets) return;  // for (;;), [u8; 4]
    if (Top().constants) Top().constants = false;
    if (header_.open) {
      if (found_.KindOf(header_.definition) == SymbolKind::kNamespace) {  // it holds for the rest of the file
        PushScope(
            {.body = BraceBody::kNames, .definition = header_.definition, .by_line = true, .brackets = brackets_});
        header_.open = false;
      } else {
        found_.Close(header_.definition, token.end);
        header_.open = false;
      }
    }
    while (Top().by_line && found_.KindOf(Top().definition) != SymbolKind::kNamespace) PopScope(token.end);
    previous_ = token;
    EndStatement();
  }

  void OnHeaderEqual() {
    const SymbolKind kind = found_.KindOf(header_.definition);
    if (dialect_.equals_body || kind == SymbolKind::kType || kind == SymbolKind::kConstant) OpenExpression();
  }

  // fun f() = expression; type T = ...; const N: T = ...
  void OpenExpression() {
    if (!AtHeaderLevel()) return;
    const SymbolKind kind = found_.KindOf(header_.definition);
    const bool members = language_ == Language::kScala && IsContainer(kind);
    PushScope({.body = members ? BraceBody::kMembers : BraceBody::kCode,
               .definition = header_.definition,
               .by_line = true,
               .column = header_.column,
               .brackets = brackets_});
    header_.open = false;
    statement_begins_ = true;
  }

  // int Twice(int x) => 2 * x;   int Count => items.Count;
  void OpenCSharpExpression() {
    std::uint32_t definition = kNoDefinition;
    if (!method_.empty()) {
      definition = OpenMethod();
    } else if (previous_.kind == TokenKind::kWord) {
      const Name name = NameFrom(previous_);
      definition = found_.Open(SymbolKind::kProperty, {name.text, name.at, statement_begin_, Parent()});
    }
    PushScope({.definition = definition, .by_line = true, .brackets = brackets_});
  }

  std::uint32_t OpenMethod() {
    const Name name = method_;
    method_ = {};
    return found_.Open(SymbolKind::kMethod, {name.text, name.at, name.begin, Parent(), name.qualifier});
  }

  void PushScope(const Scope& scope) {
    if (scopes_.size() < kScopesMax) scopes_.push_back(scope);
  }

  // `end` is where what it defines ends.
  void PopScope(std::uint32_t end) {
    found_.Close(Top().definition, end);
    scopes_.pop_back();
  }

  // { of a type in a header: func f() interface{} {, f(): { a: number } {
  bool OpensTypeInHeader() const {
    const bool after_word = previous_.kind == TokenKind::kWord;
    if (go_) {
      return after_word && IsOneOf(Text(previous_), {"struct", "interface"}) &&
             found_.KindOf(header_.definition) != SymbolKind::kStruct &&
             found_.KindOf(header_.definition) != SymbolKind::kInterface;
    }
    if (language_ != Language::kTypeScript) return false;
    if (after_word) return angles_ > 0 && Text(previous_) == "extends";
    return previous_.Is(':') || previous_.Is('|') || previous_.Is('&') || previous_.Is('<') || previous_.Is('=');
  }

  void SkipBraces() {
    for (std::size_t depth = 1; depth > 0;) {
      const Token token = lexer_.Next();
      if (token.kind == TokenKind::kEnd) return;
      if (token.Is('{')) ++depth;
      if (token.Is('}')) --depth;
    }
  }

  void OnOpen(const Token& token) {
    BeginStatement(token);
    Scope scope;
    if (AtHeaderLevel()) {
      if (OpensTypeInHeader()) return SkipBraces();
      if (found_.KindOf(header_.definition) == SymbolKind::kMacro) {
        SkipBraces();
        found_.Close(header_.definition, lexer_.at());
        header_.open = false;
        return ResetStatement();
      }
      scope.body = header_.body;
      scope.definition = header_.definition;
      scope.constants = is_enumeration_;
      is_enumeration_ = false;
      header_.open = false;
    } else if (!header_.open && !method_.empty() && !has_value_ && brackets_ == Top().brackets) {
      if (previous_.Is(':') || previous_.Is('|') || previous_.Is('<')) return SkipBraces();  // a type in the result
      scope.definition = OpenMethod();
    } else if (dialect_.properties && AmongMembers() && !has_value_ && words_ >= 2 &&
               previous_.kind == TokenKind::kWord) {
      const Name name = NameFrom(previous_);
      scope.definition = found_.Open(SymbolKind::kProperty, {name.text, name.at, statement_begin_, Parent()});
    } else if (dialect_.functions_by_value && OpensObject()) {
      scope.body = BraceBody::kObject;
      if (assign_.state == AssignState::kAfterEqual || previous_.Is('=')) scope.owner = assign_.name.text;
    }
    if (interrupted_.size() == kScopesMax) {
      ++uncounted_;
      return;
    }
    interrupted_.push_back({header_, brackets_, method_, statement_begin_, statement_column_, words_, has_value_});
    header_.open = false;
    brackets_ = 0;
    scopes_.push_back(scope);
    ResetStatement();
  }

  void ResetStatement() {
    method_ = {};
    generic_ = {};
    angles_ = 0;
    has_value_ = false;
    words_ = 0;
    statement_begins_ = true;
  }

  // Where an expression is expected a brace opens an object.
  bool OpensObject() const {
    if (previous_.kind == TokenKind::kWord) return IsOneOf(Text(previous_), {"return", "default"});
    return previous_.Is('=') || previous_.Is('(') || previous_.Is(',') || previous_.Is(':') || previous_.Is('[') ||
           previous_.Is('?') || previous_.Is('|') || previous_.Is('&') || previous_.Is(kComparison);
  }

  void OnClose(const Token& token) {
    if (uncounted_ > 0) {
      --uncounted_;
      return;
    }
    if (header_.open) EndHeader();
    EndStatement();
    while ((Top().by_line || Top().in_parentheses) && !IsFileScope()) PopScope(previous_.end);
    if (interrupted_.empty()) return;  // one brace too many
    PopScope(token.end);
    const Interrupted before = interrupted_.back();
    interrupted_.pop_back();
    header_ = before.header;
    brackets_ = before.brackets;
    ResetStatement();
    const bool by_line = Top().by_line && !IsFileScope();
    const bool in_expression = by_line || brackets_ != Top().brackets || Top().body == BraceBody::kObject;
    if (!in_expression) return;
    statement_begin_ = before.statement_begin;
    statement_column_ = before.statement_column;
    statement_begins_ = false;
    words_ = before.words;
    has_value_ = before.has_value || Top().body == BraceBody::kObject;
    if (brackets_ != Top().brackets) method_ = before.method;
  }

  // namespace A; lasts until the next one.
  bool IsFileScope() const {
    return interrupted_.empty() && found_.KindOf(scopes_.back().definition) == SymbolKind::kNamespace;
  }

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

}  // namespace

void ScanBraces(Language language, std::string_view text, DefinitionList& found) {
  BraceScanner(language, text, found).Run();
}

}  // namespace attune::console

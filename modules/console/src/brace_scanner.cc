#include "brace_scanner.h"

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

}  // namespace

void BraceScanner::Run() {
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

std::uint32_t BraceScanner::Column(const Token& token) const {
  std::uint32_t at = token.begin;
  while (at > 0 && lexer_.text()[at - 1] != '\n') --at;
  return token.begin - at;
}

std::uint32_t BraceScanner::Parent() const {
  for (std::size_t i = scopes_.size(); i-- > 0;) {
    if (scopes_[i].definition != kNoDefinition) return scopes_[i].definition;
  }
  return kNoDefinition;
}

bool BraceScanner::AmongMembers() {
  return Top().body == BraceBody::kMembers && !Top().by_line && brackets_ == Top().brackets && !Top().constants;
}

// ---- Lines and statements

void BraceScanner::OnLine(const Token& token) {
  if (!dialect_.newlines_end) return;
  const std::uint32_t column = Column(token);
  line_column_ = column;
  if (AtHeaderLevel() && column <= header_.column && !token.Is('{')) EndHeader();
  while (Top().by_line && brackets_ == Top().brackets && column <= Top().column && !token.Is('{'))
    PopScope(previous_.end);
  if (brackets_ == Top().brackets && column <= statement_column_ && !annotated_) EndStatement();
}

void BraceScanner::EndStatement() {
  if (!method_.empty() && dialect_.bodiless_methods && !has_value_ && AmongMembers()) {
    found_.Close(OpenMethod(), previous_.end);
  }
  ResetStatement();
}

void BraceScanner::EndHeader() {
  found_.Close(header_.definition, previous_.end);
  header_.open = false;
}

void BraceScanner::OpenHeader(std::uint32_t definition, BraceBody body, std::uint32_t name_end) {
  header_ = {definition, body, statement_column_, name_end, brackets_, true};
}

// ---- Words

void BraceScanner::BeginStatement(const Token& token) {
  if (!statement_begins_) return;
  statement_begins_ = false;
  statement_begin_ = token.begin;
  statement_column_ = line_column_;
}

void BraceScanner::OnWord(const Token& token) {
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
void BraceScanner::OnHeaderWord(const Token& token) {
  if (!go_ || !AtHeaderLevel() || found_.KindOf(header_.definition) != SymbolKind::kType) return;
  const std::size_t next = lexer_.text().find_first_not_of(" \t", header_.name_end);
  if (next != token.begin && !previous_.Is(']')) return;
  if (Text(token) == "struct") found_.SetKind(header_.definition, SymbolKind::kStruct);
  if (Text(token) == "interface") found_.SetKind(header_.definition, SymbolKind::kInterface);
}

void BraceScanner::OnKeyword(const BraceKeyword& keyword, const Token& token) {
  if (Top().constants || (keyword.rule == NameRule::kItself && Top().body != BraceBody::kMembers)) return;
  if (previous_.kind == TokenKind::kWord && IsOneOf(Text(previous_), {"use", "new"})) return;
  if (go_ && keyword.rule == NameRule::kReceiver && !(token.first_on_line && scopes_.size() == 1)) return;  // a literal
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

void BraceScanner::Define(const BraceKeyword& keyword, const Name& name) {
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

bool BraceScanner::IsTypeScope(SymbolKind kind) {
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

// ---- Punctuation

void BraceScanner::OnPunct(const Token& token) {
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
void BraceScanner::EnterTag(std::uint32_t at) {
  const std::size_t tag = lexer_.text().find("<?", at);
  if (tag == std::string_view::npos) return lexer_.Seek(static_cast<std::uint32_t>(lexer_.text().size()));
  const bool named = lexer_.text().substr(tag + 2, 3) == "php";
  lexer_.Seek(static_cast<std::uint32_t>(tag) + (named ? 5 : 2));
  statement_begins_ = true;
}

// @Name.Of.It(arguments) says nothing about names; it stays part of the statement.
void BraceScanner::SkipAnnotation(const Token& at) {
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

void BraceScanner::OnBracket(const Token& token) {
  BeginStatement(token);
  if (token.Is('[') && brackets_ == Top().brackets) computed_begin_ = token.begin;
  if (token.Is('(') && !header_.open && method_.empty() && !has_value_ && dialect_.bare_methods) FindMethod();
  ++brackets_;
}

void BraceScanner::FindMethod() {
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

void BraceScanner::OnBracketClose(const Token& token) {
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

void BraceScanner::OnColon(const Token& token) {
  if (header_.open) {
    if (language_ == Language::kScala && EndsLine(token)) OpenExpression();  // an indented body
    return;
  }
  if (brackets_ == Top().brackets && Top().body == BraceBody::kObject) {
    has_value_ = true;
    if (previous_.kind == TokenKind::kWord && dialect_.functions_by_value) StartAssignment();
  }
}

bool BraceScanner::EndsLine(const Token& token) const {
  const std::size_t next = lexer_.text().find_first_not_of(" \t\r", token.end);
  return next == std::string_view::npos || lexer_.text()[next] == '\n';
}

void BraceScanner::OnComma() {
  if (dialect_.functions_by_value && AtHeaderLevel()) EndHeader();
  while (Top().by_line && dialect_.functions_by_value && brackets_ == Top().brackets) PopScope(previous_.end);
  if (Top().body == BraceBody::kObject && brackets_ == Top().brackets) {
    method_ = {};
    has_value_ = false;
    statement_begins_ = true;
  }
}

void BraceScanner::OnSemicolon(const Token& token) {
  if (brackets_ != Top().brackets) return;  // for (;;), [u8; 4]
  if (Top().constants) Top().constants = false;
  if (header_.open) {
    if (found_.KindOf(header_.definition) == SymbolKind::kNamespace) {  // it holds for the rest of the file
      PushScope({.body = BraceBody::kNames, .definition = header_.definition, .by_line = true, .brackets = brackets_});
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

void BraceScanner::OnHeaderEqual() {
  const SymbolKind kind = found_.KindOf(header_.definition);
  if (dialect_.equals_body || kind == SymbolKind::kType || kind == SymbolKind::kConstant) OpenExpression();
}

// fun f() = expression; type T = ...; const N: T = ...
void BraceScanner::OpenExpression() {
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
void BraceScanner::OpenCSharpExpression() {
  std::uint32_t definition = kNoDefinition;
  if (!method_.empty()) {
    definition = OpenMethod();
  } else if (previous_.kind == TokenKind::kWord) {
    const Name name = NameFrom(previous_);
    definition = found_.Open(SymbolKind::kProperty, {name.text, name.at, statement_begin_, Parent()});
  }
  PushScope({.definition = definition, .by_line = true, .brackets = brackets_});
}

std::uint32_t BraceScanner::OpenMethod() {
  const Name name = method_;
  method_ = {};
  return found_.Open(SymbolKind::kMethod, {name.text, name.at, name.begin, Parent(), name.qualifier});
}

void BraceScanner::PushScope(const Scope& scope) {
  if (scopes_.size() < kScopesMax) scopes_.push_back(scope);
}

// `end` is where what it defines ends.
void BraceScanner::PopScope(std::uint32_t end) {
  found_.Close(Top().definition, end);
  scopes_.pop_back();
}

// { of a type in a header: func f() interface{} {, f(): { a: number } {
bool BraceScanner::OpensTypeInHeader() const {
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

void BraceScanner::SkipBraces() {
  for (std::size_t depth = 1; depth > 0;) {
    const Token token = lexer_.Next();
    if (token.kind == TokenKind::kEnd) return;
    if (token.Is('{')) ++depth;
    if (token.Is('}')) --depth;
  }
}

void BraceScanner::OnOpen(const Token& token) {
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

void BraceScanner::ResetStatement() {
  method_ = {};
  generic_ = {};
  angles_ = 0;
  has_value_ = false;
  words_ = 0;
  statement_begins_ = true;
}

// Where an expression is expected a brace opens an object.
bool BraceScanner::OpensObject() const {
  if (previous_.kind == TokenKind::kWord) return IsOneOf(Text(previous_), {"return", "default"});
  return previous_.Is('=') || previous_.Is('(') || previous_.Is(',') || previous_.Is(':') || previous_.Is('[') ||
         previous_.Is('?') || previous_.Is('|') || previous_.Is('&') || previous_.Is(kComparison);
}

void BraceScanner::OnClose(const Token& token) {
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
bool BraceScanner::IsFileScope() const {
  return interrupted_.empty() && found_.KindOf(scopes_.back().definition) == SymbolKind::kNamespace;
}

void ScanBraces(Language language, std::string_view text, DefinitionList& found) {
  BraceScanner(language, text, found).Run();
}

}  // namespace attune::console

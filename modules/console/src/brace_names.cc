// The name behind a keyword, in each of the shapes that languages give it.

#include <algorithm>

#include "brace_scanner.h"
#include "words.h"

namespace attune::console {
namespace {

// Words that follow a keyword without being the name that it introduces.
bool IsNoName(std::string_view word) {
  return IsOneOf(word, {"var", "let", "val", "func", "fun", "def", "extends", "implements"});
}

}  // namespace

BraceScanner::Name BraceScanner::NameFrom(const Token& token) const {
  std::string_view text = Text(token);
  std::uint32_t at = token.begin;
  if (text.size() > 2 && text.front() == '`') {
    text = text.substr(1, text.size() - 2);
    ++at;
  }
  return {text, at, at, {}};
}

bool BraceScanner::IsName(const Token& token) const {
  if (token.kind != TokenKind::kWord) return false;
  const std::string_view word = Text(token);
  if (IsNoName(word)) return false;
  return std::none_of(dialect_.keywords.begin(), dialect_.keywords.end(), [&](const BraceKeyword& keyword) {
    return keyword.word == word && keyword.rule != NameRule::kItself && keyword.rule != NameRule::kAlias;
  });
}

// The name behind a keyword; the lexer is left behind it. Empty: no definition after all.
BraceScanner::Name BraceScanner::ReadName(const BraceKeyword& keyword, const Token& word, Token next) {
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

BraceScanner::Name BraceScanner::ReadWordName(Token next) {
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
BraceScanner::Name BraceScanner::ReadOperator(const Token& first) {
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
BraceScanner::Name BraceScanner::ReadPath(const Token& first) {
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
BraceScanner::Name BraceScanner::ReadGoFunction(Token next) {
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
BraceScanner::Name BraceScanner::ReadKotlinFunction(Token next) {
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
void BraceScanner::SkipAngles() {
  std::size_t depth = 1;
  for (std::size_t i = 0; i < kHeaderTokensMax && depth > 0; ++i) {
    const Token token = lexer_.Next();
    if (token.Is('<')) ++depth;
    if (token.Is('>')) --depth;
    if (token.kind == TokenKind::kEnd || token.Is(';') || token.Is('{')) return lexer_.Seek(token.begin);
  }
}

// impl<T> Trait<T> for Name<T> where ... {
BraceScanner::Name BraceScanner::ReadImpl(Token next) {
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

BraceScanner::Name BraceScanner::ReadAlias(const Token& next) {
  if (next.kind != TokenKind::kWord) return {};
  const SourceLexer saved = lexer_;
  const Token after = lexer_.Next();
  lexer_ = saved;
  const bool alias = after.Is('=') || after.Is('<') || after.Is('[');
  return alias || language_ == Language::kScala ? NameFrom(next) : Name{};
}

// object Name, companion object [Name], but not the expression "object : Type { }".
BraceScanner::Name BraceScanner::ReadOptional(const Token& word, const Token& next) {
  if (IsName(next)) return NameFrom(next);
  const bool companion = previous_.kind == TokenKind::kWord && Text(previous_) == "companion";
  lexer_.Seek(next.begin);
  if (!companion) return {};
  Name name = NameFrom(word);
  name.text = "Companion";
  return name;
}

void BraceScanner::OpenGroupMember(const Token& token) {
  const std::uint32_t definition = found_.Open(SymbolKind::kType, {Text(token), token.begin, token.begin, Parent()});
  OpenHeader(definition, BraceBody::kNames, token.end);
  header_.column = line_column_;
}

}  // namespace attune::console

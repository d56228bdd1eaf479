// Functions that are values, and get their name where they are assigned: name = function, name: (...) => ...

#include "brace_scanner.h"
#include "words.h"

namespace attune::console {

void BraceScanner::OnEqual() {
  if (brackets_ == Top().brackets) has_value_ = true;
  if (!dialect_.functions_by_value || previous_.kind != TokenKind::kWord) return;
  if (assign_.state == AssignState::kInParameters) return;  // a default value
  StartAssignment();
}

void BraceScanner::StartAssignment() {
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
std::string_view BraceScanner::OwnerOf(std::string_view chain) {
  constexpr std::string_view kPrototype = ".prototype";
  if (chain.ends_with(kPrototype)) chain.remove_suffix(kPrototype.size());
  if (IsOneOf(chain, {"module.exports", "exports", "this", "self", "window", "module"})) return {};
  return chain;
}

void BraceScanner::FollowAssignment(const Token& token) {
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
bool BraceScanner::IsTypePart(const Token& token) const {
  if (language_ != Language::kTypeScript) return false;
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kString || token.Is(':') || token.Is('<') ||
         token.Is('>') || token.Is('.') || token.Is('[') || token.Is(']') || token.Is('|') || token.Is('&') ||
         token.Is(',');
}

void BraceScanner::OpenArrow() {
  const Name name = assign_.name;
  assign_.state = AssignState::kNone;
  const bool member = Top().body != BraceBody::kCode && IsTypeScope(found_.KindOf(Parent()));
  const bool method = member || !name.qualifier.empty();
  const std::uint32_t definition = found_.Open(method ? SymbolKind::kMethod : SymbolKind::kFunction,
                                               {name.text, name.at, name.begin, Parent(), name.qualifier});
  OpenHeader(definition, BraceBody::kCode, name.at);
}

}  // namespace attune::console

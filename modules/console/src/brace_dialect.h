#pragma once
// BraceDialect: what tells one language with braces from another, as data.

#include <cstdint>
#include <span>
#include <string_view>

#include "attune/console/language.h"
#include "attune/console/scan.h"
#include "source_lexer.h"

namespace attune::console {

// What the braces of a definition hold.
enum class BraceBody : std::uint8_t {
  kCode,     // statements; definitions in it are found by their keywords
  kMembers,  // of a class: methods need no keyword in some languages
  kNames,    // of a namespace or an enumeration
  kObject,   // an object literal
};

// How the name follows the keyword.
enum class NameRule : std::uint8_t {
  kWord,      // class Name
  kPath,      // namespace A.B
  kReceiver,  // func (r *T) Name, fun T.name, fun <T> name
  kItself,    // init(...)
  kImpl,      // impl<T> Trait for Name
  kAlias,     // type Name = ..., only if '=' or '<' follows
  kGroup,     // type Name ..., type ( Name ... )
  kMacro,     // macro_rules! name
  kOptional,  // companion object [Name]
};

struct BraceKeyword {
  std::string_view word;
  SymbolKind kind;
  BraceBody body;
  NameRule rule = NameRule::kWord;
};

struct BraceDialect {
  Syntax syntax;
  std::span<const BraceKeyword> keywords;
  bool bare_methods = false;        // name(...) { } among the members of a class
  bool bodiless_methods = false;    // name(...); too
  bool properties = false;          // Type Name { get; }
  bool functions_by_value = false;  // name = function, name = (...) =>, { name() { } }
  bool newlines_end = false;        // a definition without a body ends with its line
  bool equals_body = false;         // fun f() = expression
  bool annotations = false;         // @Name(...)
  bool tags = false;                // code between <?php and ?>
};

// REQUIRES: one of the languages of ScanBraces.
const BraceDialect& DialectOf(Language language);

}  // namespace attune::console

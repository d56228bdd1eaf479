#include "brace_dialect.h"

#include "attune/base/check.h"

namespace attune::console {
namespace {

using enum SymbolKind;
using enum BraceBody;
using Rule = NameRule;

constexpr BraceKeyword kJavaScriptWords[] = {
    {"function", kFunction, kCode},
    {"class", kClass, kMembers},
};
constexpr BraceKeyword kTypeScriptWords[] = {
    {"function", kFunction, kCode},
    {"class", kClass, kMembers},
    {"interface", kInterface, kMembers},
    {"enum", kEnum, kNames},
    {"namespace", kNamespace, kNames, Rule::kPath},
    {"module", kNamespace, kNames, Rule::kPath},
    {"type", kType, kCode, Rule::kAlias},
};
constexpr BraceKeyword kJavaWords[] = {
    {"class", kClass, kMembers},
    {"interface", kInterface, kMembers},
    {"enum", kEnum, kMembers},
    {"record", kClass, kMembers},
};
constexpr BraceKeyword kGoWords[] = {
    {"func", kFunction, kCode, Rule::kReceiver},
    {"type", kType, kNames, Rule::kGroup},
};
constexpr BraceKeyword kRustWords[] = {
    {"fn", kFunction, kCode},    {"struct", kStruct, kNames},
    {"enum", kEnum, kNames},     {"union", kUnion, kNames},
    {"trait", kTrait, kMembers}, {"impl", kImpl, kMembers, Rule::kImpl},
    {"mod", kModule, kNames},    {"macro_rules", kMacro, kCode, Rule::kMacro},
    {"const", kConstant, kCode}, {"static", kConstant, kCode},
    {"type", kType, kCode},
};
constexpr BraceKeyword kPhpWords[] = {
    {"function", kFunction, kCode}, {"class", kClass, kMembers}, {"interface", kInterface, kMembers},
    {"trait", kTrait, kMembers},    {"enum", kEnum, kMembers},   {"namespace", kNamespace, kNames, Rule::kPath},
};
constexpr BraceKeyword kCSharpWords[] = {
    {"class", kClass, kMembers}, {"struct", kStruct, kMembers}, {"interface", kInterface, kMembers},
    {"enum", kEnum, kNames},     {"record", kClass, kMembers},  {"namespace", kNamespace, kNames, Rule::kPath},
};
constexpr BraceKeyword kKotlinWords[] = {
    {"fun", kFunction, kCode, Rule::kReceiver},    {"class", kClass, kMembers}, {"interface", kInterface, kMembers},
    {"object", kClass, kMembers, Rule::kOptional}, {"typealias", kType, kCode},
};
constexpr BraceKeyword kSwiftWords[] = {
    {"func", kFunction, kCode},
    {"class", kClass, kMembers},
    {"struct", kStruct, kMembers},
    {"enum", kEnum, kMembers},
    {"protocol", kInterface, kMembers},
    {"extension", kImpl, kMembers, Rule::kPath},
    {"actor", kClass, kMembers},
    {"init", kMethod, kCode, Rule::kItself},
    {"deinit", kMethod, kCode, Rule::kItself},
    {"subscript", kMethod, kCode, Rule::kItself},
    {"typealias", kType, kCode},
};
constexpr BraceKeyword kScalaWords[] = {
    {"def", kFunction, kCode},   {"class", kClass, kMembers}, {"object", kClass, kMembers},
    {"trait", kTrait, kMembers}, {"enum", kEnum, kMembers},   {"type", kType, kCode, Rule::kAlias},
};

constexpr BraceDialect kJavaScript{
    .syntax = {.template_literals = true, .regex_literals = true},
    .keywords = kJavaScriptWords,
    .bare_methods = true,
    .functions_by_value = true,
    .newlines_end = true,
};
constexpr BraceDialect kTypeScript{
    .syntax = {.template_literals = true, .regex_literals = true},
    .keywords = kTypeScriptWords,
    .bare_methods = true,
    .bodiless_methods = true,
    .functions_by_value = true,
    .newlines_end = true,
    .annotations = true,
};
constexpr BraceDialect kJava{
    .syntax = {.triple_quotes = true},
    .keywords = kJavaWords,
    .bare_methods = true,
    .bodiless_methods = true,
    .annotations = true,
};
constexpr BraceDialect kGo{
    .syntax = {.backtick_strings = true},
    .keywords = kGoWords,
    .newlines_end = true,
};
constexpr BraceDialect kRust{
    .syntax = {.nested_comments = true, .lifetimes = true, .rust_raw_strings = true, .multiline_strings = true},
    .keywords = kRustWords,
};
constexpr BraceDialect kPhp{
    .syntax = {.hash_comments = true, .multiline_strings = true, .heredocs = true},
    .keywords = kPhpWords,
    .tags = true,
};
constexpr BraceDialect kCSharp{
    .syntax = {.directives = true, .triple_quotes = true, .csharp_strings = true},
    .keywords = kCSharpWords,
    .bare_methods = true,
    .bodiless_methods = true,
    .properties = true,
};
constexpr BraceDialect kKotlin{
    .syntax = {.nested_comments = true, .triple_quotes = true, .backtick_words = true, .dollar_interpolation = true},
    .keywords = kKotlinWords,
    .newlines_end = true,
    .equals_body = true,
    .annotations = true,
};
constexpr BraceDialect kSwift{
    .syntax = {.nested_comments = true, .triple_quotes = true, .backtick_words = true, .slash_interpolation = true},
    .keywords = kSwiftWords,
    .newlines_end = true,
    .annotations = true,
};
constexpr BraceDialect kScala{
    .syntax = {.nested_comments = true,
               .triple_quotes = true,
               .backtick_words = true,
               .lifetimes = true,
               .dollar_interpolation = true},
    .keywords = kScalaWords,
    .newlines_end = true,
    .equals_body = true,
    .annotations = true,
};

}  // namespace

const BraceDialect& DialectOf(Language language) {
  switch (language) {
    case Language::kJavaScript:
      return kJavaScript;
    case Language::kTypeScript:
      return kTypeScript;
    case Language::kJava:
      return kJava;
    case Language::kGo:
      return kGo;
    case Language::kRust:
      return kRust;
    case Language::kPhp:
      return kPhp;
    case Language::kCSharp:
      return kCSharp;
    case Language::kKotlin:
      return kKotlin;
    case Language::kSwift:
      return kSwift;
    case Language::kScala:
      return kScala;
    default:
      ATTUNE_CHECK(false, "a language without braces");
      return kJava;
  }
}

}  // namespace attune::console

// C and C++: statements are collected between ';', '{' and '}' with bracketed groups folded, and what a statement
// declares is decided when its brace opens. Bodies of functions are skipped at the speed of a byte loop.

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "scanners.h"
#include "source_lexer.h"
#include "words.h"

namespace attune::console {
namespace {

constexpr std::size_t kItemsMax = 192;        // of one statement; longer ones are tables
constexpr std::size_t kCScopesMax = 64;       // namespaces and types within each other
constexpr std::size_t kConditionalsMax = 64;  // #if within each other; deeper ones are read straight through

constexpr Syntax kCSyntax{.directives = true, .cpp_raw_strings = true, .digit_separators = true};

enum class ItemKind : std::uint8_t { kWord, kGroup, kBrackets, kBraces, kPunct, kOther };

// One token of a statement, or a folded group.
struct Item {
  ItemKind kind = ItemKind::kOther;
  char punct = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool Is(char c) const { return kind == ItemKind::kPunct && punct == c; }
};

// Part of the text that names something, and where its last part starts.
struct DeclaredName {
  std::string_view text;
  std::uint32_t at = 0;
};

bool IsTypeKey(std::string_view word) { return IsOneOf(word, {"class", "struct", "union", "enum"}); }

// Words before "(" that name no function.
bool IsReserved(std::string_view word) {
  switch (word.size()) {
    case 2:
      return IsOneOf(word, {"if", "do"});
    case 3:
      return IsOneOf(word, {"for", "int", "asm", "new"});
    case 4:
      return IsOneOf(word, {"void", "char", "long", "bool", "else", "auto"});
    case 5:
      return IsOneOf(word, {"while", "catch", "throw", "short", "float"});
    case 6:
      return IsOneOf(word, {"switch", "return", "sizeof", "double", "signed", "typeof", "delete"});
    default:
      return IsOneOf(word, {"alignas", "alignof", "decltype", "noexcept", "requires", "explicit", "unsigned", "__asm__",
                            "__attribute__", "__attribute", "__declspec", "__typeof__", "static_assert", "defined",
                            "_Static_assert", "_Alignas", "__nonnull", "__extension__"});
  }
}

bool LooksLikeMacro(std::string_view word) {
  return word.starts_with("__") || std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

class CScanner {
 public:
  CScanner(Language language, std::string_view text, DefinitionList& found, bool resynchronise)
      : cpp_(language == Language::kCpp), resynchronise_(resynchronise), lexer_(text, kCSyntax), found_(found) {}

  // Returns whether every brace had its partner.
  bool Run() {
    while (state_.body_depth > 0 ? SkipBody() : Step()) {
    }
    for (const Scope& scope : state_.scopes) balanced_ = balanced_ && scope.kind == ScopeKind::kLinkage;
    return balanced_ && state_.body_depth == 0;
  }

 private:
  enum class ScopeKind : std::uint8_t { kNamespace, kType, kLinkage };
  struct Scope {
    ScopeKind kind = ScopeKind::kNamespace;
    std::uint32_t definition = kNoDefinition;
    bool type_definition = false;  // typedef struct { ... } name;
  };
  // All that one branch of an #if may change.
  struct State {
    std::vector<Scope> scopes;
    std::vector<Item> items;
    std::uint32_t body_depth = 0;  // braces open in the body that is being skipped
    std::uint32_t body_definition = kNoDefinition;
    bool body_ends_statement = true;
    Scope finished_type;  // the type whose '}' was the last: names of variables or of the typedef may follow
    bool after_type = false;
  };
  struct Conditional {
    State before;
    State first_end;
    bool has_first_end = false;
    bool first_inactive = false;
  };

  std::string_view Text(const Item& item) const { return lexer_.text().substr(item.begin, item.end - item.begin); }
  bool WordIs(std::size_t i, std::string_view word) const {
    return i < state_.items.size() && state_.items[i].kind == ItemKind::kWord && Text(state_.items[i]) == word;
  }
  std::uint32_t Parent() const {
    for (std::size_t i = state_.scopes.size(); i-- > 0;) {
      if (state_.scopes[i].definition != kNoDefinition) return state_.scopes[i].definition;
    }
    return kNoDefinition;
  }
  bool InType() const { return !state_.scopes.empty() && state_.scopes.back().kind == ScopeKind::kType; }

  void Push(Item item) {
    if (state_.items.size() < kItemsMax) state_.items.push_back(item);
  }

  bool Step() {
    const Token token = lexer_.Next();
    switch (token.kind) {
      case TokenKind::kEnd:
        return false;
      case TokenKind::kDirective:
        OnDirective(token);
        return true;
      case TokenKind::kWord:
        Push({ItemKind::kWord, 0, token.begin, token.end});
        if (cpp_ && lexer_.Text(token) == "template") SkipTemplateParameters();
        return true;
      case TokenKind::kPunct:
        OnPunct(token);
        return true;
      default:
        Push({ItemKind::kOther, 0, token.begin, token.end});
        return true;
    }
  }

  void OnPunct(const Token& token) {
    switch (token.punct) {
      case '{':
        return OnOpen(token);
      case '}':
        return OnClose(token);
      case ';':
        return OnSemicolon(token);
      case '(':
        return Fold(token, ItemKind::kGroup);
      case '[':
        return Fold(token, ItemKind::kBrackets);
      case ':':
        if (IsAccessLabel()) return state_.items.clear();
        break;
      default:
        break;
    }
    Push({ItemKind::kPunct, token.punct, token.begin, token.end});
  }

  // Everything up to the matching bracket becomes one item. A ';' outside of inner braces, or a '}' too many, shows
  // that the bracket has no partner; reading goes on there.
  void Fold(const Token& open, ItemKind kind) {
    std::uint32_t brackets = 1;
    std::uint32_t braces = 0;
    for (;;) {
      const Token token = lexer_.Next();
      if (token.kind == TokenKind::kEnd) break;
      if (token.kind != TokenKind::kPunct) continue;
      if (token.Is('(') || token.Is('[')) ++brackets;
      if (token.Is(')') || token.Is(']')) --brackets;
      if (token.Is('{')) ++braces;
      const bool stray = (token.Is(';') || token.Is('}')) && braces == 0;
      if (token.Is('}') && braces > 0) --braces;
      if (brackets == 0) break;
      if (stray) {
        lexer_.Seek(token.begin);
        break;
      }
    }
    Push({kind, open.punct, open.begin, lexer_.at()});
  }

  void SkipTemplateParameters() {
    const std::uint32_t start = lexer_.at();
    if (!lexer_.Next().Is('<')) return lexer_.Seek(start);
    std::uint32_t depth = 1;
    while (depth > 0) {
      const Token token = lexer_.Next();
      if (token.kind == TokenKind::kEnd) return;
      if (token.Is('<')) ++depth;
      if (token.Is('>')) --depth;
      if (token.Is('(')) {
        Fold(token, ItemKind::kOther);
        if (!state_.items.empty() && state_.items.back().begin == token.begin) state_.items.pop_back();
      }
      if (token.Is(';') || token.Is('{') || token.Is('}')) return lexer_.Seek(token.begin);
    }
  }

  bool IsAccessLabel() const {
    if (!InType() || state_.items.empty() || state_.items.back().kind != ItemKind::kWord) return false;
    const std::string_view word = Text(state_.items.back());
    return state_.items.size() == 1 ? !IsTypeKey(word)
                                    : IsOneOf(word, {"public", "private", "protected", "signals", "slots"});
  }

  // --- What a statement declares ---------------------------------------------------------------------------------

  // Skips "<...>" that starts at `i`; returns the index behind it, or `i` + 1 if it never closes.
  std::size_t SkipAngles(std::size_t i) const {
    std::size_t depth = 0;
    for (std::size_t j = i; j < state_.items.size(); ++j) {
      if (state_.items[j].Is('<')) ++depth;
      if (state_.items[j].Is('>') && --depth == 0) return j + 1;
    }
    return i + 1;
  }

  // The '=' that begins an initializer, but not the one in "operator=".
  bool HasInitializer() const {
    for (std::size_t i = 0; i < state_.items.size(); ++i) {
      if (state_.items[i].Is('<') && i > 0 && !WordIs(i - 1, "operator")) i = SkipAngles(i) - 1;
      if (state_.items[i].Is('=') && (i == 0 || !WordIs(i - 1, "operator"))) return true;
    }
    return false;
  }

  // From "Get" in "Pool<T>::Get" back to "Pool"; `i` is the index of the last part.
  std::size_t QualifiedBegin(std::size_t i) const {
    if (i > 0 && state_.items[i - 1].Is('~')) --i;
    while (i >= 2 && state_.items[i - 1].Is(kScopeMark)) {
      std::size_t part = i - 2;
      if (state_.items[part].Is('>')) {
        std::size_t depth = 1;
        while (part > 0 && depth > 0) {
          --part;
          if (state_.items[part].Is('>')) ++depth;
          if (state_.items[part].Is('<')) --depth;
        }
        if (part == 0) return i;
        --part;
      }
      if (state_.items[part].kind != ItemKind::kWord) return i;
      i = part;
    }
    return i;
  }

  DeclaredName NameOf(std::size_t first, std::size_t last) const {
    const Item& begin = state_.items[first];
    const bool destructor = last > first && state_.items[last - 1].Is('~');
    return {lexer_.text().substr(begin.begin, state_.items[last].end - begin.begin),
            state_.items[destructor ? last - 1 : last].begin};
  }

  struct Function {
    DeclaredName name;
    std::size_t name_index = 0;
    std::size_t group = 0;  // of its parameters; 0: none found
    bool initializes = false;
  };

  // Whether the name before the group at `i` replaces an earlier candidate: "EXPORT(x) int f(int)" declares f.
  bool ReplacesMacro(const Function& function, std::size_t i) const {
    if (LooksLikeMacro(Text(state_.items[i - 1]))) return false;
    if (LooksLikeMacro(function.name.text) && i >= function.group + 2) return true;
    if (function.name_index != 0 || i < function.group + 3) return false;
    const Item& before = state_.items[i - 2];
    return before.kind == ItemKind::kWord || before.Is('*') || before.Is('&') || before.Is('>') ||
           before.Is(kScopeMark) || before.Is('~');
  }

  Function FindFunction() const {
    Function function;
    const std::vector<Item>& items = state_.items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      if (item.Is('<') && i > 0 && items[i - 1].kind == ItemKind::kWord) {
        const std::size_t behind = SkipAngles(i);
        const bool call =
            behind < items.size() && items[behind].kind == ItemKind::kGroup && !IsReserved(Text(items[i - 1]));
        if (call && function.group == 0) Take(i - 1, behind, function);  // a specialisation: f<int>()
        i = behind - 1;
      } else if (item.Is('=') || item.Is(kThinArrow)) {
        break;
      } else if (item.Is(':')) {
        function.initializes = true;
        break;
      } else if (item.kind == ItemKind::kWord && Text(item) == "operator" && cpp_) {
        return FindOperator(i);
      } else if (item.kind == ItemKind::kGroup && i > 0 && items[i - 1].kind == ItemKind::kWord) {
        if (IsReserved(Text(items[i - 1]))) continue;
        if (function.group != 0 && !ReplacesMacro(function, i)) continue;
        Take(i - 1, i, function);
      }
    }
    return function;
  }

  void Take(std::size_t name, std::size_t group, Function& function) const {
    function.name_index = QualifiedBegin(name);
    function.name = NameOf(function.name_index, name);
    function.group = group;
  }

  // `at` is the word "operator".
  Function FindOperator(std::size_t at) const {
    const std::vector<Item>& items = state_.items;
    std::size_t group = at + 1;
    while (group < items.size() && items[group].kind != ItemKind::kGroup) ++group;
    if (group == at + 1 && group + 1 < items.size() && items[group + 1].kind == ItemKind::kGroup) ++group;
    if (group >= items.size()) return {};
    Function function;
    function.name_index = QualifiedBegin(at);
    function.name = NameOf(function.name_index, group - 1);
    function.name.at = items[at].begin;
    function.group = group;
    for (std::size_t i = group; i < items.size(); ++i) function.initializes |= items[i].Is(':');
    return function;
  }

  struct Type {
    bool found = false;
    std::size_t key = 0;
    SymbolKind kind = SymbolKind::kStruct;
    DeclaredName name;  // empty: anonymous
  };

  Type FindType() const {
    Type type;
    const std::vector<Item>& items = state_.items;
    std::size_t i = 0;
    for (; i < items.size() && !type.found; ++i) {
      if (items[i].kind != ItemKind::kWord || !IsTypeKey(Text(items[i]))) continue;
      const std::string_view key = Text(items[i]);
      type.found = true;
      type.key = i;
      type.kind = key == "class"    ? SymbolKind::kClass
                  : key == "struct" ? SymbolKind::kStruct
                  : key == "union"  ? SymbolKind::kUnion
                                    : SymbolKind::kEnum;
    }
    if (!type.found) return type;
    if (i < items.size() && type.kind == SymbolKind::kEnum && (WordIs(i, "class") || WordIs(i, "struct"))) ++i;
    for (; i < items.size(); ++i) {
      if (items[i].Is(':') || items[i].Is('<') || items[i].Is('=')) break;
      if (items[i].kind != ItemKind::kWord || WordIs(i, "final")) continue;
      if (i + 1 < items.size() && items[i + 1].kind == ItemKind::kGroup) continue;  // a macro or an attribute
      type.name = NameOf(QualifiedBegin(i), i);
    }
    return type;
  }

  // A function that returns a struct has two names behind the key: the type's and its own.
  bool IsFunctionOfType(const Function& function, const Type& type) const {
    if (function.group == 0 || function.group < type.key) return false;
    return function.name_index >= type.key + 2;
  }

  // --- Braces ------------------------------------------------------------------------------------------------------

  void OnOpen(const Token& token) {
    state_.after_type = false;
    if (state_.items.empty()) return EnterBody(kNoDefinition, true);
    const std::size_t count = state_.items.size();
    if (count >= 2 && WordIs(count - 2, "extern") && state_.items[count - 1].kind == ItemKind::kOther) {
      return EnterScope({ScopeKind::kLinkage, kNoDefinition, false});
    }
    if (const std::size_t keyword = FindNamespace(); cpp_ && keyword < count) return EnterNamespace(keyword + 1);
    if (HasInitializer()) return EnterBody(kNoDefinition, false);
    const Function function = FindFunction();
    const Type type = FindType();
    if (type.found && !IsFunctionOfType(function, type)) return EnterType(type, token);
    if (function.group == 0) return EnterBody(kNoDefinition, false);
    const Item& last = state_.items.back();
    if (function.initializes && (last.kind == ItemKind::kWord || last.Is('>'))) {  // a member's {initial value}
      return EnterBody(kNoDefinition, false);
    }
    const bool member = InType() || function.name.text.find("::") != std::string_view::npos;
    const std::uint32_t definition =
        found_.Open(member ? SymbolKind::kMethod : SymbolKind::kFunction,
                    {function.name.text, function.name.at, state_.items.front().begin, Parent()});
    EnterBody(definition, true);
  }

  // Not only at the beginning: a macro without a ';' may precede it.
  std::size_t FindNamespace() const {
    for (std::size_t i = 0; i < state_.items.size(); ++i) {
      if (WordIs(i, "namespace")) return i;
    }
    return state_.items.size();
  }

  void EnterNamespace(std::size_t i) {
    DeclaredName name;
    const std::size_t first = i;
    while (i < state_.items.size() && state_.items[i].kind == ItemKind::kWord) {
      name = NameOf(first, i);
      if (i + 1 >= state_.items.size() || !state_.items[i + 1].Is(kScopeMark)) break;
      i += 2;
    }
    std::uint32_t definition = kNoDefinition;
    if (!name.text.empty()) {
      definition = found_.Open(SymbolKind::kNamespace, {name.text, name.at, state_.items.front().begin, Parent()});
    }
    EnterScope({ScopeKind::kNamespace, definition, false});
  }

  void EnterType(const Type& type, const Token& token) {
    const std::uint32_t at = type.name.text.empty() ? token.begin : type.name.at;
    const std::uint32_t definition = found_.Open(type.kind, {type.name.text, at, state_.items.front().begin, Parent()});
    const Scope scope{ScopeKind::kType, definition, WordIs(0, "typedef")};
    if (type.kind != SymbolKind::kEnum) return EnterScope(scope);
    EnterBody(definition, true);
    state_.finished_type = scope;
    state_.after_type = true;
  }

  void EnterScope(const Scope& scope) {
    state_.items.clear();
    if (state_.scopes.size() == kCScopesMax) return EnterBody(scope.definition, true);
    state_.scopes.push_back(scope);
  }

  // `ends_statement`: nothing of the statement is left behind the closing brace.
  void EnterBody(std::uint32_t definition, bool ends_statement) {
    state_.body_depth = 1;
    state_.body_definition = definition;
    state_.body_ends_statement = ends_statement;
    const std::uint32_t begin = state_.items.empty() ? 1 : state_.items.front().begin;
    if (ends_statement) state_.items.clear();
    const bool function =
        found_.KindOf(definition) == SymbolKind::kFunction || found_.KindOf(definition) == SymbolKind::kMethod;
    if (!resynchronise_ || !function) return;
    const bool at_margin = begin == 0 || lexer_.text()[begin - 1] == '\n';
    const std::size_t close = lexer_.text().find("\n}", lexer_.at());
    if (at_margin && close != std::string_view::npos) {
      lexer_.Seek(static_cast<std::uint32_t>(close) + 2);
      FinishBody();
    }
  }

  bool SkipBody() {
    lexer_.SkipBlock(state_.body_depth);
    if (state_.body_depth == 0) {
      FinishBody();
      return true;
    }
    if (lexer_.at() >= lexer_.text().size()) return false;
    OnDirective(lexer_.Next());
    return true;
  }

  void FinishBody() {
    state_.body_depth = 0;
    found_.Close(state_.body_definition, lexer_.at());
    state_.body_definition = kNoDefinition;
    if (!state_.body_ends_statement) Push({ItemKind::kBraces, '{', lexer_.at(), lexer_.at()});
  }

  void OnClose(const Token& token) {
    state_.items.clear();
    state_.after_type = false;
    if (state_.scopes.empty()) {
      balanced_ = false;
      return;
    }
    const Scope scope = state_.scopes.back();
    state_.scopes.pop_back();
    found_.Close(scope.definition, token.end);
    if (scope.kind == ScopeKind::kType) {
      state_.finished_type = scope;
      state_.after_type = true;
    }
  }

  // --- Statements without a body -----------------------------------------------------------------------------------

  void OnSemicolon(const Token& token) {
    if (state_.after_type) {
      NameFinishedType(token);
    } else if (WordIs(0, "typedef")) {
      if (const DeclaredName name = TypedefName(); !name.text.empty()) {
        AddWhole(SymbolKind::kType, name, state_.items.front().begin, token.end);
      }
    } else if (cpp_ && !state_.items.empty()) {
      AddAlias(token);
    } else if (LooksLikeOldStyle()) {
      return;  // "int f(a) int a; {": the parameters' types come as statements
    }
    state_.after_type = false;
    state_.items.clear();
  }

  void AddWhole(SymbolKind kind, const DeclaredName& name, std::uint32_t begin, std::uint32_t end) {
    found_.Close(found_.Open(kind, {name.text, name.at, begin, Parent()}), end);
  }

  // } name;
  void NameFinishedType(const Token& token) {
    const std::uint32_t definition = state_.finished_type.definition;
    if (!state_.finished_type.type_definition || definition == kNoDefinition) return;
    DeclaredName name;
    for (std::size_t i = 0; i < state_.items.size(); ++i) {
      const bool attribute = i + 1 < state_.items.size() && state_.items[i + 1].kind == ItemKind::kGroup;
      if (state_.items[i].kind == ItemKind::kWord && !attribute) name = NameOf(i, i);
      if (state_.items[i].Is(',')) break;
    }
    if (name.text.empty()) return;
    if (found_.all()[definition].name.empty()) {
      found_.Rename(definition, name.text, name.at);
    } else if (found_.all()[definition].name != name.text) {
      AddWhole(SymbolKind::kType, name, name.at, token.end);
    }
  }

  DeclaredName TypedefName() const {
    const std::vector<Item>& items = state_.items;
    for (std::size_t i = 1; i < items.size(); ++i) {  // typedef int (*name)(int);
      const bool pointer = items[i].kind == ItemKind::kGroup && i + 1 < items.size() &&
                           items[i + 1].kind == ItemKind::kGroup && Text(items[i]).size() > 2;
      if (!pointer || (items[i - 1].kind == ItemKind::kWord && IsReserved(Text(items[i - 1])) &&
                       Text(items[i - 1]).starts_with("__"))) {
        continue;
      }
      const std::string_view inside = Text(items[i]).substr(0, Text(items[i]).size() - 1);
      std::size_t end = inside.size();
      while (end > 0 && !IsWordByte(inside[end - 1])) --end;
      std::size_t begin = end;
      while (begin > 0 && IsWordByte(inside[begin - 1])) --begin;
      return {inside.substr(begin, end - begin), items[i].begin + static_cast<std::uint32_t>(begin)};
    }
    for (std::size_t i = items.size(); i-- > 1;) {
      const bool attribute =
          i + 1 < items.size() && items[i + 1].kind == ItemKind::kGroup && IsReserved(Text(items[i]));
      if (items[i].kind == ItemKind::kWord && !attribute) return NameOf(i, i);
    }
    return {};
  }

  // using Name = ...;   concept Name = ...;
  void AddAlias(const Token& token) {
    for (std::size_t i = 0; i + 2 < state_.items.size(); ++i) {
      if (state_.items[i].kind != ItemKind::kWord) continue;
      const std::string_view word = Text(state_.items[i]);
      if (word != "using" && word != "concept") continue;
      if (state_.items[i + 1].kind != ItemKind::kWord || !state_.items[i + 2].Is('=')) return;
      AddWhole(SymbolKind::kType, NameOf(i + 1, i + 1), state_.items.front().begin, token.end);
      return;
    }
  }

  bool LooksLikeOldStyle() {
    const Function function = FindFunction();
    if (function.group == 0 || function.group + 2 >= state_.items.size() || HasInitializer()) return false;
    const std::string_view parameters = Text(state_.items[function.group]);
    const bool only_names = parameters.size() > 2 && parameters.find_first_of("*&<[.") == std::string_view::npos;
    const Item& next = state_.items[function.group + 1];
    if (!only_names || next.kind != ItemKind::kWord || LooksLikeMacro(Text(next))) return false;
    for (std::size_t i = function.group + 1; i < state_.items.size(); ++i) {
      if (state_.items[i].kind == ItemKind::kGroup) return false;
    }
    state_.items.resize(function.group + 1);
    return true;
  }

  // --- Directives --------------------------------------------------------------------------------------------------

  void OnDirective(const Token& token) {
    std::string_view line = lexer_.Text(token);
    line.remove_prefix(1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const auto word_end = static_cast<std::size_t>(
        std::find_if_not(line.begin(), line.end(), [](char c) { return IsWordByte(c); }) - line.begin());
    const std::string_view word = line.substr(0, word_end);
    line.remove_prefix(word_end);
    if (word == "define") {
      OnDefine(line, token);
    } else if (word == "if" || word == "ifdef" || word == "ifndef") {
      OnIf(word == "if" && IsZero(line));
    } else if (word == "else" || word == "elif") {
      OnElse(token);
    } else if (word == "endif") {
      OnEndif(token);
    }
  }

  static bool IsZero(std::string_view condition) {
    const std::size_t first = condition.find_first_not_of(" \t");
    if (first == std::string_view::npos || condition[first] != '0') return false;
    return first + 1 == condition.size() ||
           std::string_view(" \t\r/").find(condition[first + 1]) != std::string_view::npos;
  }

  // Macros with parameters; others are constants and include guards.
  void OnDefine(std::string_view rest, const Token& token) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto length = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), [](char c) { return IsWordByte(c); }) - rest.begin());
    if (length == 0 || length == rest.size() || rest[length] != '(') return;
    const auto at = static_cast<std::uint32_t>(rest.data() - lexer_.text().data());
    const std::uint32_t parent = state_.body_depth > 0 ? state_.body_definition : kNoDefinition;
    const std::uint32_t macro = found_.Open(SymbolKind::kMacro, {rest.substr(0, length), at, token.begin, parent});
    found_.Close(macro, token.end);
  }

  void OnIf(bool inactive) {
    ++conditional_depth_;
    if (conditional_depth_ <= kConditionalsMax) {
      conditionals_.emplace_back();
      conditionals_.back().before = state_;
      conditionals_.back().first_inactive = inactive;
    }
    if (inactive) SkipInactive();
  }

  void OnElse(const Token& token) {
    if (conditional_depth_ == 0 || conditional_depth_ > kConditionalsMax) return;
    Conditional& now = conditionals_.back();
    if (now.first_inactive) {  // what follows is the first branch that counts
      now.first_inactive = false;
      return;
    }
    if (!now.has_first_end) {
      now.first_end = state_;
      now.has_first_end = true;
      state_ = now.before;
    } else {
      Abandon(now.before, token.begin);
      state_ = now.before;
    }
  }

  void OnEndif(const Token& token) {
    if (conditional_depth_ == 0) return;
    if (conditional_depth_ <= kConditionalsMax) {
      Conditional& now = conditionals_.back();
      if (now.has_first_end) {
        Abandon(now.first_end, token.begin);
        state_ = std::move(now.first_end);
      }
      conditionals_.pop_back();
    }
    --conditional_depth_;
  }

  // Closes what the branch that ends here opened and `next` does not know.
  void Abandon(const State& next, std::uint32_t at) {
    if (state_.body_definition != next.body_definition) found_.Close(state_.body_definition, at);
    for (std::size_t i = 0; i < state_.scopes.size(); ++i) {
      const bool shared = i < next.scopes.size() && next.scopes[i].definition == state_.scopes[i].definition;
      if (!shared) found_.Close(state_.scopes[i].definition, at);
    }
  }

  // From behind an "#if 0" to the directive that ends its branch.
  void SkipInactive() {
    const std::string_view text = lexer_.text();
    std::size_t nested = 0;
    for (std::size_t at = text.find('\n', lexer_.at()); at != std::string_view::npos; at = text.find('\n', at)) {
      ++at;
      const std::size_t hash = std::min(text.find_first_not_of(" \t", at), text.size());
      if (hash == text.size() || text[hash] != '#') continue;
      const std::size_t word = std::min(text.find_first_not_of(" \t", hash + 1), text.size());
      const std::string_view rest = text.substr(word, 5);
      if (rest.starts_with("if")) {
        ++nested;
      } else if (rest.starts_with("endif") || (nested == 0 && (rest.starts_with("else") || rest.starts_with("elif")))) {
        if (nested == 0) return lexer_.Seek(static_cast<std::uint32_t>(hash));
        --nested;
      }
    }
    lexer_.Seek(static_cast<std::uint32_t>(text.size()));
  }

  bool cpp_;
  bool resynchronise_;
  SourceLexer lexer_;
  DefinitionList& found_;
  State state_;
  std::vector<Conditional> conditionals_;
  std::size_t conditional_depth_ = 0;
  bool balanced_ = true;
};

}  // namespace

void ScanC(Language language, std::string_view text, DefinitionList& found) {
  const std::size_t before = found.size();
  if (CScanner(language, text, found, false).Run()) return;
  // A macro hides a brace: take every '}' at the left margin for the end of a function.
  found.Truncate(before);
  CScanner(language, text, found, true).Run();
}

}  // namespace attune::console

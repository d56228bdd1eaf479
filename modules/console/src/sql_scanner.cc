// SQL: CREATE statements. A table or view ends with the line that ends in ';'; a routine, whose body holds such lines,
// with the END or the closing quote of its body.

#include <algorithm>
#include <array>
#include <string_view>

#include "attune/base/ascii.h"
#include "scanners.h"
#include "source_lexer.h"

namespace attune::console {
namespace {

constexpr std::size_t kSqlHeadBytesMax = 512;  // of a line are looked at

std::string_view TakeWord(std::string_view& line) {
  line = TrimLeft(line);
  std::size_t end = 0;
  while (end < line.size() && IsWordByte(line[end])) ++end;
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

// schema.name, "quoted name", [name] or `name`
std::string_view TakeName(std::string_view line) {
  line = TrimLeft(line);
  std::size_t end = 0;
  char quote = 0;
  for (; end < line.size(); ++end) {
    const char c = line[end];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '[') {
      quote = ']';
    } else if (!IsWordByte(c) && c != '.') {
      break;
    }
  }
  return line.substr(0, end);
}

struct Kind {
  std::string_view word;
  SymbolKind kind;
};
constexpr Kind kKinds[] = {
    {"table", SymbolKind::kTable},       {"view", SymbolKind::kTable},         {"index", SymbolKind::kTable},
    {"function", SymbolKind::kFunction}, {"procedure", SymbolKind::kFunction}, {"trigger", SymbolKind::kFunction},
    {"type", SymbolKind::kType},         {"domain", SymbolKind::kType},        {"sequence", SymbolKind::kTable},
    {"schema", SymbolKind::kNamespace},  {"package", SymbolKind::kNamespace},
};

struct Created {
  SymbolKind kind = SymbolKind::kNone;
  std::string_view name;
};

Created MatchCreate(std::string_view line) {
  if (!EqualsIgnoringCase(TakeWord(line), "create")) return {};
  constexpr std::size_t kAdjectivesMax = 8;  // CREATE OR REPLACE GLOBAL TEMPORARY ...
  for (std::size_t i = 0; i < kAdjectivesMax; ++i) {
    const std::string_view word = TakeWord(line);
    if (word.empty()) return {};
    const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                    [&](const Kind& candidate) { return EqualsIgnoringCase(word, candidate.word); });
    if (kind == std::end(kKinds)) continue;
    for (const std::string_view optional : {"concurrently", "body", "if", "not", "exists"}) {
      std::string_view rest = line;
      if (EqualsIgnoringCase(TakeWord(rest), optional)) line = rest;
    }
    return {kind->kind, TakeName(line)};
  }
  return {};
}

class SqlScanner {
 public:
  SqlScanner(const LineTable& lines, DefinitionList& found) : lines_(lines), found_(found) {}

  void Run() {
    for (std::uint32_t line = 1; line <= lines_.count(); ++line) {
      const std::string_view text = TrimRight(lines_.Line(line));
      const std::string_view head = TrimLeft(text.substr(0, kSqlHeadBytesMax));
      if (!in_quote_ && (head.starts_with("create") || head.starts_with("CREATE") || head.starts_with("Create"))) {
        if (const Created created = MatchCreate(head); !created.name.empty()) Open(created, line);
      }
      Follow(text, line);
    }
    found_.Close(open_, static_cast<std::uint32_t>(lines_.text().size()));
  }

 private:
  void Open(const Created& created, std::uint32_t line) {
    found_.Close(open_, lines_.Begin(line));
    const auto at = static_cast<std::uint32_t>(created.name.data() - lines_.text().data());
    open_ = found_.Open(created.kind, {created.name, at, lines_.Begin(line)});
    routine_ = created.kind == SymbolKind::kFunction;
    has_body_ = false;
  }

  void Follow(std::string_view text, std::uint32_t line) {
    if (open_ == kNoDefinition) return;
    for (std::size_t at = text.find("$$"); at != std::string_view::npos; at = text.find("$$", at + 2)) {
      in_quote_ = !in_quote_;
      quoted_ = true;
    }
    std::string_view first_text = text;
    const std::string_view first = TakeWord(first_text);
    if (EqualsIgnoringCase(first, "begin")) has_body_ = true;
    const bool semicolon = text.ends_with(';');
    const bool body_ended =
        semicolon && (quoted_ || !has_body_ || (EqualsIgnoringCase(first, "end") && IsPlainEnd(first_text)));
    if (!in_quote_ && (routine_ ? body_ended : semicolon)) {
      found_.Close(open_, lines_.Begin(line + 1));
      open_ = kNoDefinition;
      quoted_ = false;
    }
  }

  // "END;" or "END name;", but not "END IF;", "END LOOP;", "END CASE;"
  static bool IsPlainEnd(std::string_view rest) {
    const std::string_view word = TakeWord(rest);
    return !EqualsIgnoringCase(word, "if") && !EqualsIgnoringCase(word, "loop") && !EqualsIgnoringCase(word, "case") &&
           !EqualsIgnoringCase(word, "while");
  }

  const LineTable& lines_;
  DefinitionList& found_;
  std::uint32_t open_ = kNoDefinition;
  bool routine_ = false;
  bool has_body_ = false;  // BEGIN was seen
  bool quoted_ = false;    // $$ was seen
  bool in_quote_ = false;
};

}  // namespace

void ScanSql(const LineTable& lines, DefinitionList& found) { SqlScanner(lines, found).Run(); }

}  // namespace attune::console

// Ruby, Perl, Lua and shell, line by line: what a line defines is seen at its beginning, and it ends at the first line
// with the closing word that is indented no further. People indent these languages reliably, and quoting in them is too
// irregular for a lexer that must never be thrown off.

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "attune/base/ascii.h"
#include "scanners.h"
#include "source_lexer.h"

namespace attune::console {
namespace {

constexpr std::size_t kNestingMax = 64;     // definitions within each other
constexpr std::size_t kLineBytesMax = 512;  // of a line are looked at; what it defines stands at its beginning

struct Found {
  SymbolKind kind = SymbolKind::kNone;
  std::string_view name;
  bool has_body = true;  // false: ends with its line
  bool to_next = false;  // lasts to the next one of its kind: package Name;
};

// Semicolons end statements of every language here, and say nothing.
std::string_view TrimEnd(std::string_view text) { return TrimRight(text, " \t\r\n;"); }

bool TakeWord(std::string_view& line, std::string_view word) {
  if (!line.starts_with(word) || line.size() == word.size()) return false;
  const char next = line[word.size()];
  if (next != ' ' && next != '\t') return false;
  line = TrimLeft(line.substr(word.size()));
  return true;
}

// The longest prefix of word bytes and of those in `also`.
std::string_view NameAt(std::string_view line, std::string_view also) {
  std::size_t end = 0;
  while (end < line.size() && (IsWordByte(line[end]) || also.find(line[end]) != std::string_view::npos)) ++end;
  return line.substr(0, end);
}

bool EndsWithWord(std::string_view line, std::string_view word) {
  line = TrimEnd(line);
  if (!line.ends_with(word)) return false;
  return line.size() == word.size() || !IsWordByte(line[line.size() - word.size() - 1]);
}

Found MatchRuby(std::string_view line) {
  for (const std::string_view modifier : {"private", "protected", "public", "private_class_method", "memoize"}) {
    if (TakeWord(line, modifier)) break;
  }
  if (TakeWord(line, "def")) {
    const std::string_view rest = line;
    std::string_view name = NameAt(line, ".?!=:");
    if (name.ends_with('.') || name.empty()) {  // an operator
      const std::size_t end = std::min(rest.find_first_of(" (;\n\r", name.size()), rest.size());
      name = rest.substr(0, end);
    }
    if (name.ends_with('=') && rest.substr(name.size()).starts_with(" ")) name.remove_suffix(name.size() > 1 ? 0 : 1);
    if (name.starts_with("self.")) name.remove_prefix(5);
    const bool endless = rest.find(") = ") != std::string_view::npos || rest.find("() =") != std::string_view::npos;
    return {SymbolKind::kMethod, name, !endless && !EndsWithWord(line, "end")};
  }
  if (TakeWord(line, "class")) {
    if (line.starts_with("<<")) return {};
    return {SymbolKind::kClass, NameAt(line, ":"), !EndsWithWord(line, "end")};
  }
  if (TakeWord(line, "module")) return {SymbolKind::kModule, NameAt(line, ":"), !EndsWithWord(line, "end")};
  return {};
}

Found MatchPerl(std::string_view line) {
  if (TakeWord(line, "sub")) {
    const std::string_view name = NameAt(line, ":'");
    const std::string_view rest = TrimLeft(line.substr(name.size()));
    const bool opens = rest.find('{') != std::string_view::npos;
    if (!opens && rest.find(';') != std::string_view::npos) return {};  // only declared
    return {SymbolKind::kFunction, name, !opens || rest.find('}') == std::string_view::npos};
  }
  if (TakeWord(line, "package")) {
    const std::string_view name = NameAt(line, ":'");
    const bool block = line.find('{') != std::string_view::npos;
    return {SymbolKind::kNamespace, name, true, !block};
  }
  return {};
}

Found MatchLua(std::string_view line) {
  TakeWord(line, "local");
  const bool one_line = EndsWithWord(line, "end") || line.find(" end") != std::string_view::npos;
  if (TakeWord(line, "function")) {
    const std::string_view name = NameAt(line, ".:");
    const bool method = name.find_first_of(".:") != std::string_view::npos;
    return {method ? SymbolKind::kMethod : SymbolKind::kFunction, name, !one_line};
  }
  const std::string_view name = NameAt(line, ".");  // name = function(
  std::string_view rest = TrimLeft(line.substr(name.size()));
  if (name.empty() || !rest.starts_with('=')) return {};
  rest = TrimLeft(rest.substr(1));
  if (!rest.starts_with("function") || !TrimLeft(rest.substr(8)).starts_with('(')) return {};
  return {SymbolKind::kFunction, name, !one_line};
}

Found MatchShell(std::string_view line) {
  const bool keyword = TakeWord(line, "function");
  const std::string_view name = NameAt(line, "-.:+@");
  std::string_view rest = TrimLeft(line.substr(name.size()));
  if (name.empty()) return {};
  const bool parentheses =
      rest.starts_with("()") || (rest.starts_with('(') && TrimLeft(rest.substr(1)).starts_with(')'));
  if (!parentheses && !(keyword && (TrimEnd(rest).empty() || rest.starts_with('{')))) return {};
  if (name == "if" || name == "while") return {};
  const bool one_line = rest.find('{') != std::string_view::npos && TrimEnd(rest).ends_with('}');
  return {SymbolKind::kFunction, name, !one_line};
}

class LineScanner {
 public:
  LineScanner(Language language, const LineTable& lines, DefinitionList& found)
      : language_(language), lines_(lines), found_(found) {}

  void Run() {
    for (std::uint32_t line = 1; line <= lines_.count(); ++line) {
      const std::string_view text = lines_.Line(line);
      if (SkipsVerbatim(text)) continue;
      const std::string_view content = TrimLeft(text.substr(0, kLineBytesMax));
      if (content.empty() || content[0] == '\n' || content[0] == '\r' || content[0] == '#') continue;
      if (language_ == Language::kPerl && (content.starts_with("__END__") || content.starts_with("__DATA__"))) break;
      const auto indent = static_cast<std::uint32_t>(text.size() - TrimLeft(text).size());
      if (IsEnd(content)) {
        CloseFrom(indent, lines_.Begin(line + 1));
      } else if (const Found match = Match(content); match.kind != SymbolKind::kNone && !match.name.empty()) {
        Open(match, line, indent);
      }
      if (language_ == Language::kShell || language_ == Language::kRuby) FindHeredoc(text);
    }
    for (const OpenOne& one : open_) found_.Close(one.definition, static_cast<std::uint32_t>(lines_.text().size()));
  }

 private:
  struct OpenOne {
    std::uint32_t definition;
    std::uint32_t indent;
    bool to_next;
  };

  Found Match(std::string_view content) const {
    switch (language_) {
      case Language::kRuby:
        return MatchRuby(content);
      case Language::kPerl:
        return MatchPerl(content);
      case Language::kLua:
        return MatchLua(content);
      default:
        return MatchShell(content);
    }
  }

  bool IsEnd(std::string_view content) const {
    if (language_ == Language::kPerl || language_ == Language::kShell) {
      return content[0] == '}' || (language_ == Language::kShell && content[0] == ')');
    }
    return content.starts_with("end") && (content.size() == 3 || !IsWordByte(content[3])) &&
           !content.starts_with("end:");
  }

  void Open(const Found& match, std::uint32_t line, std::uint32_t indent) {
    const std::uint32_t begin = lines_.Begin(line);
    CloseOverrun(match, indent, begin);
    const std::uint32_t parent = open_.empty() ? kNoDefinition : open_.back().definition;
    SymbolKind kind = match.kind;
    if (language_ == Language::kRuby && kind == SymbolKind::kMethod && parent == kNoDefinition) {
      kind = SymbolKind::kFunction;
    }
    const auto at = static_cast<std::uint32_t>(match.name.data() - lines_.text().data());
    const std::uint32_t definition = found_.Open(kind, {match.name, at, begin, parent});
    if (!match.has_body || open_.size() == kNestingMax) {
      found_.Close(definition, lines_.Begin(line + 1));
    } else {
      open_.push_back({definition, indent, match.to_next});
    }
  }

  // Ends what should have ended before a definition that is indented no further: a missing end, or a package.
  void CloseOverrun(const Found& match, std::uint32_t indent, std::uint32_t at) {
    while (!open_.empty()) {
      const OpenOne& last = open_.back();
      const bool ends = last.to_next ? match.to_next : last.indent >= indent;
      if (!ends) return;
      found_.Close(last.definition, at);
      open_.pop_back();
    }
  }

  // A closing line ends the innermost definition of its indentation and whatever was left open inside of it.
  void CloseFrom(std::uint32_t indent, std::uint32_t end) {
    std::size_t keep = open_.size();
    while (keep > 0 && !open_[keep - 1].to_next && open_[keep - 1].indent >= indent) --keep;
    while (open_.size() > keep) {
      found_.Close(open_.back().definition, end);
      open_.pop_back();
    }
  }

  // Documentation (POD, =begin, --[[ ]]) and here-documents.
  bool SkipsVerbatim(std::string_view text) {
    if (!heredoc_.empty()) {
      if (TrimEnd(TrimLeft(text)) == heredoc_) heredoc_ = {};
      return true;
    }
    if (in_documentation_) {
      const bool perl_end = language_ == Language::kPerl && text.starts_with("=cut");
      const bool ruby_end = language_ == Language::kRuby && text.starts_with("=end");
      const bool lua_end = language_ == Language::kLua && text.find("]]") != std::string_view::npos;
      in_documentation_ = !(perl_end || ruby_end || lua_end);
      return true;
    }
    const bool perl = language_ == Language::kPerl && text.size() > 1 && text[0] == '=' && IsWordStart(text[1]);
    const bool ruby = language_ == Language::kRuby && text.starts_with("=begin");
    const bool lua =
        language_ == Language::kLua && TrimLeft(text).starts_with("--[[") && text.find("]]") == std::string_view::npos;
    in_documentation_ = perl || ruby || lua;
    return in_documentation_;
  }

  // <<NAME, <<-NAME, <<~NAME, <<'NAME', <<"NAME"
  void FindHeredoc(std::string_view text) {
    const std::size_t mark = text.find("<<");
    if (mark == std::string_view::npos || text.substr(mark + 2).starts_with('<')) return;
    if (text.substr(0, mark).find("((") != std::string_view::npos) return;  // shifts bits
    std::string_view rest = text.substr(mark + 2);
    const bool plain_ruby = language_ == Language::kRuby && !rest.starts_with('-') && !rest.starts_with('~');
    if (rest.starts_with('-') || rest.starts_with('~')) rest.remove_prefix(1);
    if (language_ == Language::kShell) rest = TrimLeft(rest);
    if (rest.starts_with('\\')) rest.remove_prefix(1);
    const bool quoted = rest.starts_with('\'') || rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    const std::string_view name = NameAt(rest, "-");
    if (name.empty() || !IsWordStart(name[0]) || name[0] == '$') return;
    if (plain_ruby && !quoted && !(name[0] >= 'A' && name[0] <= 'Z')) return;  // a << b
    if (plain_ruby && TrimLeft(text).starts_with("class")) return;
    heredoc_ = name;
  }

  Language language_;
  const LineTable& lines_;
  DefinitionList& found_;
  std::vector<OpenOne> open_;
  std::string_view heredoc_;
  bool in_documentation_ = false;
};

}  // namespace

void ScanLines(Language language, const LineTable& lines, DefinitionList& found) {
  LineScanner(language, lines, found).Run();
}

}  // namespace attune::console

// Configuration and build files: sections, top-level keys, targets, stages and rules. Each lasts until the next.

#include <algorithm>
#include <string_view>

#include "attune/base/ascii.h"
#include "scanners.h"
#include "source_lexer.h"

namespace attune::console {
namespace {

constexpr std::size_t kNameBytesMax = 120;   // longer ones are data, not names
constexpr std::size_t kHeadBytesMax = 1024;  // of a line are looked at

// What a line begins; empty: nothing.
struct Match {
  std::string_view name;
  SymbolKind kind = SymbolKind::kSection;
};

// [section] and [[array]]
Match MatchSection(std::string_view line) {
  const std::string_view text = Trim(line);
  if (!text.starts_with('[')) return {};
  const std::size_t begin = text.find_first_not_of('[');
  const std::size_t end = text.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return {Trim(text.substr(begin, end - begin))};
}

// key: at the left margin
Match MatchYaml(std::string_view line) {
  if (line.empty() || line[0] == ' ' || line[0] == '-' || line[0] == '#' || line[0] == '\t') return {};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view after = line.substr(colon + 1);
  if (!after.empty() && after[0] != ' ' && after[0] != '\n' && after[0] != '\r') return {};
  std::string_view name = line.substr(0, colon);
  if (name.size() > 2 && (name[0] == '"' || name[0] == '\'')) name = name.substr(1, name.size() - 2);
  return {name};
}

// "key": one level deep, as printers indent it
Match MatchJson(std::string_view line) {
  const std::size_t quote = line.find_first_not_of(" \t");
  if (quote == std::string_view::npos || quote == 0 || quote > 4 || line[quote] != '"') return {};
  const std::size_t end = line.find('"', quote + 1);
  if (end == std::string_view::npos || !Trim(line.substr(end + 1)).starts_with(':')) return {};
  return {line.substr(quote + 1, end - quote - 1)};
}

// target: prerequisites, but not VARIABLE := value
Match MatchMakefile(std::string_view line) {
  if (line.empty() || line[0] == '\t' || line[0] == ' ' || line[0] == '#') return {};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view name = Trim(line.substr(0, colon));
  const std::string_view after = line.substr(colon + 1);
  if (after.starts_with('=') || after.starts_with(":=") || name.find_first_of("=(") != std::string_view::npos)
    return {};
  return {name};
}

// function(name ...), macro(name ...), add_library(name ...), add_executable(name ...)
Match MatchCmake(std::string_view line) {
  const std::string_view text = Trim(line);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return {};
  const std::string_view command = Trim(text.substr(0, open));
  Match match;
  if (StartsWithIgnoringCase(command, "function") || StartsWithIgnoringCase(command, "macro")) {
    match.kind = ToLower(command[0]) == 'm' ? SymbolKind::kMacro : SymbolKind::kFunction;
    if (command.size() > 8) return {};
  } else if (!StartsWithIgnoringCase(command, "add_library") && !StartsWithIgnoringCase(command, "add_executable") &&
             !StartsWithIgnoringCase(command, "add_custom_target")) {
    return {};
  }
  const std::string_view rest = Trim(text.substr(open + 1));
  match.name = rest.substr(0, rest.find_first_of(" \t)"));
  return match;
}

// FROM image AS name
Match MatchDockerfile(std::string_view line) {
  const std::string_view text = Trim(line);
  if (!StartsWithIgnoringCase(text, "from ")) return {};
  for (std::size_t at = 5; at + 4 < text.size(); ++at) {
    if (StartsWithIgnoringCase(text.substr(at), " as ")) return {Trim(text.substr(at + 4))};
  }
  return {Trim(text.substr(5))};
}

// selector {
Match MatchCss(std::string_view line) {
  if (line.empty() || line[0] == ' ' || line[0] == '\t' || line[0] == '}' || line[0] == '/') return {};
  const std::size_t open = line.find('{');
  if (open == std::string_view::npos) return {};
  return {Trim(line.substr(0, open))};
}

Match MatchLine(Language language, std::string_view line) {
  switch (language) {
    case Language::kIni:
    case Language::kToml:
      return MatchSection(line);
    case Language::kYaml:
      return MatchYaml(line);
    case Language::kJson:
      return MatchJson(line);
    case Language::kMakefile:
      return MatchMakefile(line);
    case Language::kCmake:
      return MatchCmake(line);
    case Language::kDockerfile:
      return MatchDockerfile(line);
    default:
      return MatchCss(line);
  }
}

}  // namespace

void ScanConfiguration(Language language, const LineTable& lines, DefinitionList& found) {
  std::uint32_t open = kNoDefinition;
  std::uint32_t column = 0;  // of the first key of JSON
  for (std::uint32_t line = 1; line <= lines.count(); ++line) {
    const Match match = MatchLine(language, lines.Line(line).substr(0, kHeadBytesMax));
    if (match.name.empty() || match.name.size() > kNameBytesMax) continue;
    const std::uint32_t begin = lines.Begin(line);
    const auto at = static_cast<std::uint32_t>(match.name.data() - lines.text().data());
    if (language == Language::kJson) {  // only keys as far to the right as the first one: the others are nested
      if (open == kNoDefinition) column = at - begin;
      if (at - begin != column) continue;
    }
    found.Close(open, begin);
    open = found.Open(match.kind, {match.name, at, begin});
  }
  found.Close(open, static_cast<std::uint32_t>(lines.text().size()));
}

}  // namespace attune::console

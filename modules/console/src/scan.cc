#include "attune/console/scan.h"

#include <array>
#include <limits>

#include "attune/base/check.h"
#include "definition_list.h"
#include "line_table.h"
#include "passage_cutter.h"
#include "scanners.h"

namespace attune::console {
namespace {

void FindDefinitions(Language language, const LineTable& lines, DefinitionList& found) {
  switch (language) {
    case Language::kC:
    case Language::kCpp:
      return ScanC(language, lines.text(), found);
    case Language::kPython:
      return ScanPython(lines.text(), found);
    case Language::kJavaScript:
    case Language::kTypeScript:
    case Language::kJava:
    case Language::kGo:
    case Language::kRust:
    case Language::kPhp:
    case Language::kCSharp:
    case Language::kKotlin:
    case Language::kSwift:
    case Language::kScala:
      return ScanBraces(language, lines.text(), found);
    case Language::kRuby:
    case Language::kPerl:
    case Language::kLua:
    case Language::kShell:
      return ScanLines(language, lines, found);
    case Language::kSql:
      return ScanSql(lines, found);
    case Language::kJson:
    case Language::kYaml:
    case Language::kToml:
    case Language::kIni:
    case Language::kMakefile:
    case Language::kCmake:
    case Language::kDockerfile:
    case Language::kCss:
      return ScanConfiguration(language, lines, found);
    case Language::kMarkdown:
    case Language::kRestructuredText:
    case Language::kAsciiDoc:
    case Language::kLatex:
      return ScanHeadings(language, lines, found);
    case Language::kPlainText:
    case Language::kXml:
    case Language::kHtml:
    case Language::kCsv:
      return;
  }
}

constexpr std::array<std::string_view, 19> kKindNames = {
    "none",      "function", "method", "class", "struct",   "union",    "enum",  "interface", "trait",  "impl",
    "namespace", "module",   "macro",  "type",  "constant", "property", "table", "section",   "heading"};

}  // namespace

std::string_view ToString(SymbolKind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return kKindNames[index < kKindNames.size() ? index : 0];
}

ScannedDocument ScanDocument(Language language, std::string_view text, const ScanLimits& limits) {
  ATTUNE_CHECK(text.size() < std::numeric_limits<std::uint32_t>::max(), "offsets have 32 bits");
  const LineTable lines(text);
  DefinitionList found(limits.definitions_max);
  FindDefinitions(language, lines, found);
  return AssembleDocument(language, lines, found, limits);
}

}  // namespace attune::console

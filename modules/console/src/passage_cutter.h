#pragma once
// CutPassages: cuts a whole text along its definitions.
//
// 1. Every definition that is not inside of code gets the lines from its leading
//    comments to its end, less the lines of its own members.
// 2. Neighbouring pieces that are very small are joined; a member or function of some
//    size always stands alone, under its own symbol.
// 3. Pieces that are too large are divided at blank lines.
//
// Cost: linear in the text, plus sorting definitions that were found out of order.

#include <cstdint>
#include <string>
#include <vector>

#include "attune/console/scan.h"
#include "definition_list.h"
#include "line_table.h"

namespace attune::console {

// `definitions` and `found` correspond by index.
struct CutSource {
  const LineTable& lines;
  const std::vector<FoundDefinition>& found;
  const std::vector<Definition>& definitions;
  Language language = Language::kPlainText;
};

std::vector<Passage> CutPassages(const CutSource& source, const ScanLimits& limits);

// Qualified symbols, lines and bytes of what was found. Definitions without a name are left in place with an empty
// symbol.
std::vector<Definition> DescribeDefinitions(const LineTable& lines, const std::vector<FoundDefinition>& found,
                                            std::string_view separator);

// The title, the passages and the named definitions of a text, by position.
ScannedDocument AssembleDocument(Language language, const LineTable& lines, const DefinitionList& found,
                                 const ScanLimits& limits);

}  // namespace attune::console

#pragma once
// The scanners: each finds the definitions of a family of languages in one linear
// pass and adds them to the list. All of them keep views of the text.

#include <string_view>

#include "attune/console/language.h"
#include "definition_list.h"
#include "line_table.h"

namespace attune::console {

// C and C++.
void ScanC(Language language, std::string_view text, DefinitionList& found);

// JavaScript, TypeScript, Java, Go, Rust, PHP, C#, Kotlin, Swift, Scala.
void ScanBraces(Language language, std::string_view text, DefinitionList& found);

void ScanPython(std::string_view text, DefinitionList& found);

// Ruby, Perl, Lua, shell: the end of a definition is found by its indentation.
void ScanLines(Language language, const LineTable& lines, DefinitionList& found);

void ScanSql(const LineTable& lines, DefinitionList& found);

// INI, TOML, YAML, JSON, Makefile, CMake, Dockerfile, CSS.
void ScanConfiguration(Language language, const LineTable& lines, DefinitionList& found);

// Markdown, reStructuredText, AsciiDoc, LaTeX: headings.
void ScanHeadings(Language language, const LineTable& lines, DefinitionList& found);

}  // namespace attune::console

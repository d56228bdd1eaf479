#pragma once
// ScanDocument: finds what a text defines (functions, classes, headings ...) and
// cuts the whole text into passages along those lines.
//
//   ScannedDocument doc = ScanDocument(Language::kCpp, text);
//   for (const Passage& p : doc.passages) Index(text.substr(p.byte_begin, p.byte_end - p.byte_begin), p.symbol);
//
// The scanners are tolerant lexers, not parsers: they know strings, comments and
// nesting of each language, follow one branch of #if, and get over broken or
// unknown syntax at the next line that makes sense. A macro that hides a brace or a
// definition is the known way to lose one.
//
// Passages   cover the text from the first byte to the last, in order, without overlap. Each function, method or small
// type is
//            one passage; members of a large type are passages of their own; very small neighbours share one, and a
//            large one is continued in several that carry the same symbol. Comments, decorators and attributes belong
//            to what they precede. Ends of lines never fall between passages unless one line alone is too long.
// Ownership  the result owns all its strings.
// Threads    pure function.
// Cost       linear in the text, at least 100 MB/s for C and Python (bench/scan_bench.cc). Recursion: none.
// Limits     REQUIRES: text.size() < 4 GiB. At most definitions_max definitions are kept; the rest is counted.
// Errors     none: every text can be cut.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/console/language.h"

namespace attune::console {

enum class SymbolKind : std::uint8_t {
  kNone,  // a passage outside of every definition
  kFunction,
  kMethod,
  kClass,
  kStruct,
  kUnion,
  kEnum,
  kInterface,  // also protocols
  kTrait,      // also Rust traits and Scala traits
  kImpl,       // impl and extension blocks
  kNamespace,  // also packages
  kModule,
  kMacro,
  kType,  // typedef, alias
  kConstant,
  kProperty,
  kTable,    // SQL tables and views
  kSection,  // of a configuration file; a build target or stage
  kHeading,
};
std::string_view ToString(SymbolKind kind) noexcept;  // "function"

struct Definition {
  std::string symbol;  // qualified as the language does it: "Pool::Acquire", "Client.send", "Install > Debian"
  std::uint32_t name_begin = 0;  // where the unqualified name starts in `symbol`
  SymbolKind kind = SymbolKind::kNone;
  std::uint32_t line = 0;        // of the name, 1-based
  std::uint32_t line_begin = 0;  // of the definition without its leading comments
  std::uint32_t line_end = 0;    // inclusive
  std::uint32_t byte_begin = 0;
  std::uint32_t byte_end = 0;

  std::string_view name() const noexcept { return std::string_view(symbol).substr(name_begin); }
};

struct Passage {
  std::uint32_t byte_begin = 0;
  std::uint32_t byte_end = 0;
  std::uint32_t line_begin = 0;  // 1-based
  std::uint32_t line_end = 0;    // inclusive
  std::string symbol;            // of the first definition in it, or of the one that it continues; may be empty
  SymbolKind symbol_kind = SymbolKind::kNone;
};

struct ScanLimits {
  std::uint32_t passage_bytes_target = 1536;  // where cutting starts to look for a blank line
  std::uint32_t passage_bytes_max = 6144;     // about 1,500 tokens: several fit into a model's context
  std::uint32_t passage_lines_target = 40;
  std::uint32_t passage_lines_max = 120;
  std::uint32_t definitions_max = 100'000;  // per document; real files stay under 20,000
};

struct ScannedDocument {
  std::string title;  // first heading of prose; empty for code
  std::uint32_t line_count = 0;
  std::vector<Passage> passages;
  std::vector<Definition> definitions;  // by position
  std::uint64_t definitions_dropped = 0;
};

ScannedDocument ScanDocument(Language language, std::string_view text, const ScanLimits& limits = {});

}  // namespace attune::console

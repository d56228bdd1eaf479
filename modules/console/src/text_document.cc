#include "attune/console/text_document.h"

#include <algorithm>
#include <utility>

#include "attune/base/ascii.h"
#include "attune/console/html.h"
#include "definition_list.h"
#include "line_table.h"
#include "passage_cutter.h"

namespace attune::console {
namespace {

constexpr Bytes kDocumentMaxOfAll(1U << 30U);  // offsets have 32 bits, and encodings may triple the size

// A word on why a file of this size is left out.
Skip TooLarge(std::size_t size, Bytes limit) {
  return {SkipReason::kTooLarge, std::to_string(size) + " bytes; the limit is " + ToString(limit)};
}

// Image and archive formats that happen to begin with text, or that are text of no use.
bool IsUnsupported(std::string_view head) {
  return head.starts_with("%PDF-") || head.starts_with("%!PS") || head.starts_with("{\\rtf");
}

void TakeScan(ScannedDocument scanned, TextDocument& document) {
  document.title = std::move(scanned.title);
  document.line_count = scanned.line_count;
  document.passages = std::move(scanned.passages);
  document.definitions = std::move(scanned.definitions);
  document.definitions_dropped = scanned.definitions_dropped;
}

// Headings become sections that nest by their levels.
void ScanPage(const HtmlText& page, const ScanLimits& limits, TextDocument& document) {
  const LineTable lines(document.text);
  DefinitionList found(limits.definitions_max);
  struct Section {
    std::uint32_t definition;
    std::uint32_t level;
  };
  std::vector<Section> open;  // levels grow along it: at most six
  const auto close = [&](std::uint32_t level, std::uint32_t end) {
    while (!open.empty() && open.back().level >= level) {
      found.Close(open.back().definition, end);
      open.pop_back();
    }
  };
  for (const HtmlHeading& heading : page.headings) {
    close(heading.level, heading.byte_begin);
    const std::string_view name =
        std::string_view(document.text).substr(heading.byte_begin, heading.byte_end - heading.byte_begin);
    const std::uint32_t parent = open.empty() ? kNoDefinition : open.back().definition;
    open.push_back(
        {found.Open(SymbolKind::kHeading, {name, heading.byte_begin, heading.byte_begin, parent}), heading.level});
  }
  TakeScan(AssembleDocument(Language::kHtml, lines, found, limits), document);
  document.title = page.title;
}

std::variant<TextDocument, Skip> ReadPage(TextDocument document, const ReadLimits& limits) {
  HtmlText page = ReadHtml(document.text);
  document.text = std::move(page.text);
  if (IsBlank(document.text)) return Skip{SkipReason::kEmpty, "a page without text"};
  ScanPage(page, limits.scan, document);
  return document;
}

}  // namespace

std::variant<TextDocument, Skip> ReadTextDocument(std::string_view path, std::string bytes, const ReadLimits& limits) {
  const Bytes size_max = std::min(limits.document_max, kDocumentMaxOfAll);
  if (bytes.size() > size_max.count()) return TooLarge(bytes.size(), size_max);
  if (bytes.empty()) return Skip{SkipReason::kEmpty, "no bytes"};
  if (IsUnsupported(bytes)) return Skip{SkipReason::kUnsupported, "not a text format, although it begins like one"};
  if (LooksBinary(bytes)) return Skip{SkipReason::kBinary, "holds bytes that no text has"};

  TextDocument document;
  DecodedText decoded = DecodeText(std::move(bytes));
  document.text = std::move(decoded.text);
  document.encoding = decoded.encoding;
  document.bytes_replaced = decoded.bytes_replaced;
  if (IsBlank(document.text)) return Skip{SkipReason::kEmpty, "nothing but white space"};
  if (document.bytes_replaced * 10 > document.text.size()) {
    return Skip{SkipReason::kInvalidEncoding,
                std::to_string(document.bytes_replaced) + " bytes are not " + std::string(ToString(document.encoding))};
  }

  document.language = DetectLanguage(path, document.text);
  document.prose = IsProse(document.language);
  const std::size_t line_max = document.prose ? limits.prose_line_bytes_max : limits.code_line_bytes_max;
  const bool any_line = document.language == Language::kHtml;  // pages are often one line, and it is divided anyway
  if (const std::size_t longest = any_line ? 0 : LongestLine(document.text); longest > line_max) {
    return Skip{SkipReason::kOverLongLines,
                "a line of " + std::to_string(longest) + " bytes; the limit is " + std::to_string(line_max)};
  }
  if (document.language == Language::kHtml) return ReadPage(std::move(document), limits);
  TakeScan(ScanDocument(document.language, document.text, limits.scan), document);
  return document;
}

}  // namespace attune::console

#pragma once
// ReadTextDocument: the one front door from the bytes of a file to something that
// can be remembered. Decides what the file is, whether it is text worth reading,
// decodes it and cuts it into passages.
//
//   auto reading = ReadTextDocument("src/pool.cc", std::move(bytes), {});
//   if (const Skip* skip = std::get_if<Skip>(&reading)) return Count(skip->reason);
//   TextDocument& document = std::get<TextDocument>(reading);
//
// Ownership  takes the bytes; the document owns its text.
// Threads    pure function.
// Cost       linear. Peak memory: the text and its passages; twice the text while an
//            encoding is converted or HTML is read.
// Errors     a Skip that says what and why. Nothing is cut off silently.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/console/language.h"
#include "attune/console/scan.h"
#include "attune/console/skip_reason.h"
#include "attune/console/text_encoding.h"

namespace attune::console {

struct ReadLimits {
  Bytes document_max = Bytes(16U << 20U);         // more costs memory: reading holds about two copies. At most 1 GiB
  std::size_t code_line_bytes_max = 8192;         // longer lines in code or data: minified or generated
  std::size_t prose_line_bytes_max = 256 * 1024;  // a paragraph in one line is fine, a dump is not
  ScanLimits scan;
};

struct TextDocument {
  Language language = Language::kPlainText;
  bool prose = false;
  std::string title;  // may be empty
  std::string text;   // UTF-8; passages point into it
  std::uint32_t line_count = 0;
  std::vector<Passage> passages;
  std::vector<Definition> definitions;
  TextEncoding encoding = TextEncoding::kUtf8;  // of the file
  std::uint64_t bytes_replaced = 0;             // were not valid in it and became U+FFFD
  std::uint64_t definitions_dropped = 0;        // beyond ScanLimits
};

std::variant<TextDocument, Skip> ReadTextDocument(std::string_view path, std::string bytes, const ReadLimits& limits);

}  // namespace attune::console

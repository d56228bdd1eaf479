// Whatever the text, in whatever language: the passages cover it, in order and without overlap.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/console/scan.h"

namespace {

using attune::console::Language;

// Random bytes are rarely source text; every byte picks a piece of one.
constexpr std::array<std::string_view, 89> kPieces = {"{",
                                                      "}",
                                                      "(",
                                                      ")",
                                                      "[",
                                                      "]",
                                                      "<",
                                                      ">",
                                                      ";",
                                                      ":",
                                                      "::",
                                                      ",",
                                                      "=",
                                                      "=>",
                                                      "->",
                                                      "\n",
                                                      "\n  ",
                                                      "\n\n",
                                                      " ",
                                                      "\t",
                                                      "\"",
                                                      "'",
                                                      "`",
                                                      "/",
                                                      "//",
                                                      "/*",
                                                      "*/",
                                                      "#",
                                                      "\\",
                                                      "${",
                                                      "\\(",
                                                      "\"\"\"",
                                                      "'''",
                                                      "R\"x(",
                                                      ")x\"",
                                                      "r#\"",
                                                      "\"#",
                                                      "@",
                                                      "class ",
                                                      "struct ",
                                                      "enum ",
                                                      "namespace ",
                                                      "def ",
                                                      "function ",
                                                      "func ",
                                                      "fn ",
                                                      "fun ",
                                                      "impl ",
                                                      "trait ",
                                                      "interface ",
                                                      "type ",
                                                      "template<",
                                                      "typedef ",
                                                      "operator",
                                                      "extern \"C\" ",
                                                      "#if X\n",
                                                      "#if 0\n",
                                                      "#else\n",
                                                      "#elif Y\n",
                                                      "#endif\n",
                                                      "#define F(",
                                                      "end\n",
                                                      "module ",
                                                      "sub ",
                                                      "package ",
                                                      "=pod\n",
                                                      "=cut\n",
                                                      "<<EOF\n",
                                                      "EOF\n",
                                                      "<?php ",
                                                      "?>",
                                                      "<<<X\n",
                                                      "CREATE TABLE t (",
                                                      "CREATE FUNCTION f",
                                                      "$$",
                                                      "BEGIN\n",
                                                      "END;\n",
                                                      "# h\n",
                                                      "===\n",
                                                      "---\n",
                                                      "```\n",
                                                      "\\section{",
                                                      "a",
                                                      "name",
                                                      "x = ",
                                                      "\xC3\xA9",
                                                      "\xFF",
                                                      "async ",
                                                      "companion object "};

std::string Compose(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += kPieces.at(static_cast<unsigned char>(byte) % kPieces.size());
  return text;
}

void CheckScan(Language language, std::string_view text) {
  attune::console::ScanLimits limits;
  limits.passage_bytes_target = 64;
  limits.passage_bytes_max = 128;
  const auto document = ScanDocument(language, text, limits);
  std::uint32_t at = 0;
  for (const auto& passage : document.passages) {
    ATTUNE_CHECK(passage.byte_begin == at && passage.byte_end > at, "passages follow each other");
    ATTUNE_CHECK(passage.line_begin >= 1 && passage.line_begin <= passage.line_end, "lines are counted from one");
    ATTUNE_CHECK(passage.line_end <= document.line_count, "no line behind the last");
    at = passage.byte_end;
  }
  ATTUNE_CHECK(at == text.size(), "the whole text is covered");
  for (const auto& definition : document.definitions) {
    ATTUNE_CHECK(definition.byte_begin < definition.byte_end && definition.byte_end <= text.size(),
                 "inside of the text");
    ATTUNE_CHECK(!definition.name().empty() && definition.line_begin <= definition.line_end, "has a name and lines");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto language = static_cast<Language>(data[0] % attune::console::kLanguageCount);
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckScan(language, rest);
  CheckScan(language, Compose(rest));
  return 0;
}

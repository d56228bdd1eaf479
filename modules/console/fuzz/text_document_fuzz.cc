// Every file is read or left out with a reason; what is read is valid UTF-8 and covered by its passages.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "attune/base/check.h"
#include "attune/console/text_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::console;
  constexpr std::array<std::string_view, 12> kPaths = {"a.c",  "a.html", "a.md", "a.py", "a",     "a.js",
                                                       "a.rs", "a.h",    "a.pl", "a.go", "a.sql", "a.json"};
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  ReadLimits limits;
  limits.code_line_bytes_max = 64;
  const auto reading = ReadTextDocument(kPaths.at(data[0] % kPaths.size()), std::move(bytes), limits);
  if (const auto* skip = std::get_if<Skip>(&reading)) {
    ATTUNE_CHECK(!skip->detail.empty(), "a reason says what it saw");
    return 0;
  }
  const auto& document = std::get<TextDocument>(reading);
  ATTUNE_CHECK(ValidUtf8Prefix(document.text) == document.text.size(), "the text is UTF-8");
  ATTUNE_CHECK(!document.passages.empty() && document.passages.back().byte_end == document.text.size(),
               "all of it is covered");
  return 0;
}

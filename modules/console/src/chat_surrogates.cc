#include "chat_surrogates.h"

#include <charconv>
#include <cstddef>

namespace attune::console {
namespace {

// The number of "\uXXXX" at `at`; 0 when there is none.
unsigned EscapeAt(std::string_view json, std::size_t at) {
  if (json.size() - at < 6 || json[at] != '\\' || json[at + 1] != 'u') return 0;
  unsigned code = 0;
  const char* first = json.data() + at + 2;
  const auto [end, error] = std::from_chars(first, first + 4, code, 16);
  return error == std::errc() && end == first + 4 ? code : 0;
}

bool IsHigh(unsigned code) { return code >= 0xD800 && code <= 0xDBFF; }
bool IsLow(unsigned code) { return code >= 0xDC00 && code <= 0xDFFF; }

}  // namespace

std::optional<std::string> ReplaceHalfSurrogates(std::string_view json, std::uint64_t& replaced) {
  std::optional<std::string> repaired;
  std::size_t at = json.find('\\');
  while (at != std::string_view::npos) {
    const unsigned code = EscapeAt(json, at);
    std::size_t length = code != 0 ? 6 : 2;
    if (IsHigh(code) && IsLow(at + 6 < json.size() ? EscapeAt(json, at + 6) : 0)) {
      length = 12;
    } else if (IsHigh(code) || IsLow(code)) {
      if (!repaired) repaired.emplace(json);
      repaired->replace(at, 6, "\\ufffd");  // as long as what it replaces: places stay the same
      ++replaced;
    }
    at = at + length < json.size() ? json.find('\\', at + length) : std::string_view::npos;
  }
  return repaired;
}

}  // namespace attune::console

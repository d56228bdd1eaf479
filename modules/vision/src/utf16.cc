#include "utf16.h"

#include <cstddef>
#include <cstdint>

#include "attune/base/utf8.h"

namespace attune::vision {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

bool IsHigh(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLow(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace

std::string Utf8FromUtf16(std::basic_string_view<unsigned short> text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t code = text[i];
    if (code == 0 || code == 0xFEFF) continue;
    if (IsHigh(code) && i + 1 < text.size() && IsLow(text[i + 1])) {
      code = 0x10000 + ((code - 0xD800) << 10U) + (text[++i] - 0xDC00U);
    } else if (IsHigh(code) || IsLow(code)) {
      code = kReplacement;
    }
    AppendUtf8(code, out);
  }
  return out;
}

}  // namespace attune::vision

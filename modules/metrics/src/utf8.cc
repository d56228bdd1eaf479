#include "utf8.h"

namespace attune::metrics {
namespace {

unsigned At(std::string_view text, std::size_t index) noexcept {
  return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
}

bool InRange(unsigned byte, unsigned low, unsigned high) noexcept { return byte >= low && byte <= high; }
bool Continues(unsigned byte) noexcept { return InRange(byte, 0x80, 0xbf); }

}  // namespace

// Table 3-7 of the Unicode Standard: the second byte's range depends on the first.
std::size_t ValidSequence(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const unsigned first = At(text, 0);
  const unsigned second = At(text, 1);
  if (first < 0x80) return 1;
  if (InRange(first, 0xc2, 0xdf)) return Continues(second) ? 2 : 0;
  if (InRange(first, 0xe0, 0xef)) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return InRange(second, low, high) && Continues(At(text, 2)) ? 3 : 0;
  }
  if (InRange(first, 0xf0, 0xf4)) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return InRange(second, low, high) && Continues(At(text, 2)) && Continues(At(text, 3)) ? 4 : 0;
  }
  return 0;
}

}  // namespace attune::metrics

#include "utf8.h"

#include <cstddef>
#include <cstdint>

namespace attune::server {
namespace {

struct Lead {
  std::size_t continuations;
  unsigned char second_min, second_max;  // the second byte carries the limits of the whole
};

Lead Classify(unsigned char byte) {
  if (byte < 0x80) return {0, 0, 0};
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};
  if (byte == 0xED) return {2, 0x80, 0x9F};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};
  return {SIZE_MAX, 0, 0};
}

}  // namespace

bool IsValidUtf8(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const Lead lead = Classify(static_cast<unsigned char>(text[i]));
    ++i;
    if (lead.continuations == 0) continue;
    if (lead.continuations == SIZE_MAX || text.size() - i < lead.continuations) return false;
    const auto second = static_cast<unsigned char>(text[i]);
    if (second < lead.second_min || second > lead.second_max) return false;
    for (std::size_t k = 1; k < lead.continuations; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += lead.continuations;
  }
  return true;
}

std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace attune::server

#pragma once
// LengthCode: a length in one byte. Exact below 32, then 16 steps per doubling (at most 6 % too small), up to 507904;
// longer ones count as that. Decode(Encode(n)) <= n, and both are monotonic, so a code also serves as a lower bound.

#include <array>
#include <bit>
#include <cstdint>

namespace attune::index {

constexpr std::uint8_t EncodeLength(std::uint32_t length) noexcept {
  if (length < 32) {
    return static_cast<std::uint8_t>(length);
  }
  const auto shift = static_cast<std::uint32_t>(std::bit_width(length)) - 5;
  const std::uint32_t code = 32 + (shift - 1) * 16 + ((length >> shift) - 16);
  return code < 255 ? static_cast<std::uint8_t>(code) : std::uint8_t{255};
}

constexpr std::uint32_t DecodeLength(std::uint8_t code) noexcept {
  if (code < 32) {
    return code;
  }
  return (16 + (code & 15U)) << ((code - 32U) / 16 + 1);
}

static_assert(DecodeLength(EncodeLength(31)) == 31 && DecodeLength(EncodeLength(32)) == 32);
static_assert(DecodeLength(EncodeLength(1000)) == 992 && EncodeLength(1U << 31U) == 255);
static_assert(DecodeLength(255) == 507904);

}  // namespace attune::index

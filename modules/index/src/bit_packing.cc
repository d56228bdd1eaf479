#include "bit_packing.h"

#include <bit>
#include <cstring>
#include <utility>

namespace attune::index {
namespace {

constexpr unsigned kRows = kBlock / 4;  // of four numbers

// The vector types of g++ and clang; every target has them, with or without vector registers.
using Lanes __attribute__((vector_size(16))) = std::uint32_t;

template <unsigned Width>
void UnpackWidth(const char* in, std::uint32_t* out) noexcept {
  if constexpr (Width == 0) {
    std::memset(out, 0, kBlock * sizeof *out);
  } else {
    constexpr std::uint32_t kMask = Width == 32 ? ~0U : (1U << (Width % 32)) - 1;
    Lanes current;
    std::memcpy(&current, in, sizeof current);
    unsigned used = 0;
#pragma GCC unroll 32
    for (unsigned row = 0; row < kRows; ++row) {
      Lanes value = current >> used;
      if (used + Width >= 32 && row + 1 < kRows) {
        in += sizeof current;
        std::memcpy(&current, in, sizeof current);
        const unsigned taken = 32 - used;
        if (taken < Width) {
          value |= current << taken;
        }
        used = Width - taken;
      } else {
        used += Width;
      }
      value &= kMask;
      std::memcpy(out + std::size_t{4} * row, &value, sizeof value);
    }
  }
}

using UnpackFunction = void (*)(const char*, std::uint32_t*) noexcept;

template <std::size_t... Widths>
constexpr std::array<UnpackFunction, sizeof...(Widths)> MakeUnpackers(std::index_sequence<Widths...>) {
  return {&UnpackWidth<Widths>...};
}

constexpr auto kUnpackers = MakeUnpackers(std::make_index_sequence<kPackedWidthMax + 1>());

}  // namespace

unsigned WidthOf(const Block& values) noexcept {
  std::uint32_t all = 0;
  for (const std::uint32_t value : values) {
    all |= value;
  }
  return static_cast<unsigned>(std::bit_width(all));
}

void Pack(const Block& values, unsigned width, char* out) noexcept {
  if (width == 0) {
    return;
  }
  std::array<std::uint64_t, 4> pending{};
  unsigned bits = 0;
  for (unsigned row = 0; row < kRows; ++row) {
    for (unsigned lane = 0; lane < 4; ++lane) {
      pending[lane] |= std::uint64_t{values[row * 4 + lane]} << bits;
    }
    bits += width;
    if (bits >= 32) {
      for (std::uint64_t& lane : pending) {
        const auto word = static_cast<std::uint32_t>(lane);
        std::memcpy(out, &word, sizeof word);
        out += sizeof word;
        lane >>= 32U;
      }
      bits -= 32;
    }
  }
}

void Unpack(const char* in, unsigned width, Block& values) noexcept { kUnpackers[width](in, values.data()); }

}  // namespace attune::index

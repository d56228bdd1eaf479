#pragma once
// Bit packing of blocks of 128 numbers, four lanes at a time: number i lies in lane i % 4, so that one vector operation
// unpacks four neighbours. A block of width w takes 16 * w bytes (after "SIMD-BP128", Lemire and Boytsov 2015).
//
// Cost  about 0.3 ns per number; plain vector code of the compiler, no instruction set beyond the baseline.

#include <array>
#include <cstddef>
#include <cstdint>

namespace attune::index {

inline constexpr std::size_t kBlock = 128;
inline constexpr unsigned kPackedWidthMax = 32;
using Block = std::array<std::uint32_t, kBlock>;

constexpr std::size_t PackedBytes(unsigned width) noexcept { return std::size_t{16} * width; }

// Smallest width that holds every value.
unsigned WidthOf(const Block& values) noexcept;

// REQUIRES: width <= 32, every value < 2^width, PackedBytes(width) writable (readable) bytes.
void Pack(const Block& values, unsigned width, char* out) noexcept;
void Unpack(const char* in, unsigned width, Block& values) noexcept;

}  // namespace attune::index

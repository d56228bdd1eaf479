#pragma once
// In what pieces memory comes: lines of the processor's caches, pages and huge pages of the system (x86-64, and arm64
// with pages of 4 KiB). Threads: a pure function.

#include <cstddef>

namespace attune::memory {

inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kHugePage = std::size_t{2} << 20U;

constexpr std::size_t RoundUp(std::size_t size, std::size_t unit) noexcept { return (size + unit - 1) / unit * unit; }

}  // namespace attune::memory

#include "attune/memory/copy_floats.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace attune::memory {
namespace {

using internal::BlockCopy;
using internal::kCopyBlock;

void CopyByLibrary(const float* from, std::size_t blocks, float* to) noexcept {
  if (blocks > 0) std::memcpy(to, from, blocks * kCopyBlock * sizeof(float));  // nothing may be null, but for memcpy
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void CopyBy512(const float* from, std::size_t blocks, float* to) noexcept {
  constexpr std::size_t kFloats = sizeof(__m512) / sizeof(float);
  for (; blocks > 0; --blocks, from += kCopyBlock, to += kCopyBlock) {
    __m512 held[kCopyBlock / kFloats];
#pragma GCC unroll 8
    for (std::size_t i = 0; i < std::size(held); ++i) held[i] = _mm512_loadu_ps(from + i * kFloats);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < std::size(held); ++i) _mm512_storeu_ps(to + i * kFloats, held[i]);
  }
}
#endif

// Not by a constructor of a global: others may copy before it would run.
void ChooseAndCopy(const float* from, std::size_t blocks, float* to) noexcept {
  const BlockCopy fastest = internal::BlockCopies().front();
  internal::copy_blocks.store(fastest, std::memory_order_relaxed);
  fastest(from, blocks, to);
}

}  // namespace

constinit std::atomic<BlockCopy> internal::copy_blocks = ChooseAndCopy;

std::span<const BlockCopy> internal::BlockCopies() noexcept {
#if defined(__x86_64__)
  static constexpr std::array<BlockCopy, 2> kAll = {CopyBy512, CopyByLibrary};
  return std::span(kAll).last(__builtin_cpu_supports("avx512f") != 0 ? 2 : 1);
#else
  static constexpr std::array<BlockCopy, 1> kAll = {CopyByLibrary};
  return kAll;
#endif
}

}  // namespace attune::memory

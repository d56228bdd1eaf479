#pragma once
// CopyFloats: puts a vector of numbers into its record, faster than memcpy does.
//
//   Pooled<Anchor> anchor = anchors.TryLease();
//   CopyFloats(embedding, anchor->embedding);
//
// What a pool saves disappears beside a copy of 1.5 KB, so the copy had to become cheaper as well. Blocks of 512 bytes
// are read into registers before any of them is written. memcpy takes turns, and a processor that tells addresses apart
// by their low twelve bits makes a read wait for a write to another page; where the two lie decides how often.
//
// Threads    a pure function of its arguments.
// Cost       384 floats and the cycle of a pool around them: 10 ns, with memcpy 12 to 13 (memory_pool_bench). What
//            is left over a multiple of 128 floats, and everything where there is no AVX-512, is memcpy.

#include <atomic>
#include <cstddef>
#include <cstring>
#include <span>

namespace attune::memory {
namespace internal {

inline constexpr std::size_t kCopyBlock = 128;  // floats: eight registers of AVX-512

using BlockCopy = void (*)(const float* from, std::size_t blocks, float* to) noexcept;
// Those that this processor can run, the fastest in front.
std::span<const BlockCopy> BlockCopies() noexcept;
// The fastest; the first call finds out which that is.
extern std::atomic<BlockCopy> copy_blocks;

}  // namespace internal

// REQUIRES: `to` has room for all of `from`, and the two do not overlap. Neither needs an alignment.
inline void CopyFloats(std::span<const float> from, float* to) noexcept {
  const std::size_t blocks = from.size() / internal::kCopyBlock;
  internal::copy_blocks.load(std::memory_order_relaxed)(from.data(), blocks, to);
  if (const std::span<const float> rest = from.subspan(blocks * internal::kCopyBlock); !rest.empty()) {
    std::memcpy(to + blocks * internal::kCopyBlock, rest.data(), rest.size_bytes());
  }
}

}  // namespace attune::memory

#pragma once
// What a block of the heap really takes.
//
//   HeapBlockSize(1)     32 B: the smallest chunk
//   HeapBlockSize(24)    32 B: 24 and the header of 8
//   HeapBlockSize(25)    48 B: the next multiple of 16
//
// The rule of glibc on 64 bits (malloc.c, request2size): 8 bytes of header, multiples
// of 16, at least 32. Not counted: a recycled chunk of which less than 32 would be left is given whole, and
// blocks of mapped pages (128 KiB and more) take up to a page besides, below 3.2 % of them. Other
// allocators differ by their size classes, 12.5 % at most.
//
// Threads    pure functions.
// Cost       two additions.

#include <malloc.h>

#include <cstddef>

#include "attune/base/bytes.h"

namespace attune::memory {

inline constexpr std::size_t kHeapHeader = 8;
inline constexpr std::size_t kHeapGranule = 16;
inline constexpr std::size_t kHeapChunkMin = 32;

constexpr Bytes HeapBlockSize(std::size_t requested) noexcept {
  const std::size_t chunk = (requested + kHeapHeader + kHeapGranule - 1) & ~(kHeapGranule - 1);
  return Bytes(chunk < kHeapChunkMin ? kHeapChunkMin : chunk);
}

// Of a block that the heap handed out, whatever was asked for; 0 for null.
// REQUIRES: `block` is what malloc or operator new answered, not a place inside.
inline Bytes HeapBlockSizeOf(const void* block) noexcept {
  if (block == nullptr) {
    return Bytes(0);
  }
  // malloc_usable_size only reads; its parameter lacks the const for historical reasons.
  return Bytes(malloc_usable_size(const_cast<void*>(block)) + kHeapHeader);
}

}  // namespace attune::memory

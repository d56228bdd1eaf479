#pragma once
// NumaTopology: how many memory nodes there are, and on which one this thread runs.
//
//   const NumaTopology nodes = SystemNumaTopology(RealFileSystem());
//   ObjectPool<Page> pages(config, {}, nodes);
//
// Ownership  a value: two numbers and a function pointer.
// Threads    thread-safe.
// Cost       node_of_thread: one getcpu through the vDSO, 20 ns or so; never on a fast path.
// Errors     a system that does not tell counts as one node.

#include <cstddef>

#include "attune/sys/file_system.h"

namespace attune::memory {

inline constexpr std::size_t kNumaNodesMax = 64;  // what one word of a node mask holds

struct NumaTopology {
  std::size_t nodes = 1;  // 1 .. kNumaNodesMax
  // Of the calling thread, below `nodes`; null means node 0. Answers may be stale: a thread moves.
  std::size_t (*node_of_thread)() noexcept = nullptr;

  std::size_t NodeOfThread() const noexcept {
    const std::size_t node = node_of_thread != nullptr ? node_of_thread() : 0;
    return node < nodes ? node : 0;
  }
};

NumaTopology SystemNumaTopology(const sys::FileSystem& files);

// Asks that the pages of [begin, begin + size) come from `node` where it has any left (mbind, MPOL_PREFERRED). Advice:
// a kernel without NUMA refuses, and then pages come from where they are first touched.
void PreferNumaNode(void* begin, std::size_t size, std::size_t node) noexcept;

}  // namespace attune::memory

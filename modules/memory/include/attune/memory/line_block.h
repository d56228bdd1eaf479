#pragma once
// LineBlock: zeroed memory for a table, aligned so that a lookup misses as little as it can.
//
//   LineBlock block(4096);             // begins at a cache line
//   block.Grow(3 << 20U);              // what was there is there; the rest is zero
//   auto* words = static_cast<std::uint64_t*>(block.data());
//   LineBlock fixed = LineBlock::Reserved(1 << 30U);  // grows to 1 GiB where it is, from nothing
//
// A block of 2 MiB and more lies on huge pages as far as it fills them: a random access then needs no walk through the
// page tables, which in a virtual machine costs as much as the cache miss itself. One that has grown to 128 KiB and
// more has addresses, not memory, for sixteen times as much, so that it goes on growing without being copied, and
// fetches what it grows by in one call: page by page, the first touch costs an exception each. A smaller block comes
// from the heap.
//
// Ownership  owns the memory; movable.
// Threads    none.
// Cost       Grow of a small block, or past the addresses, copies. A block that is made large holds no huge page until
//            it is touched; one that grows holds what it says.
// Errors     the end of the address space is the end of the process, as for operator new without exceptions.

#include <cstddef>
#include <utility>

#include "attune/base/bytes.h"
#include "attune/memory/page_size.h"

namespace attune::memory {

class LineBlock {
 public:
  LineBlock() = default;
  explicit LineBlock(std::size_t size) { Grow(size); }
  LineBlock(LineBlock&& other) noexcept { Swap(other); }
  LineBlock& operator=(LineBlock&& other) noexcept {
    LineBlock(std::move(other)).Swap(*this);
    return *this;
  }
  ~LineBlock();

  // An empty block with addresses for `size` bytes: it grows to that without moving. Empty without such addresses where
  // the system has none.
  static LineBlock Reserved(std::size_t size);

  // Null while it is empty. Valid until the next Grow past reserved().
  void* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t reserved() const noexcept { return mapped_; }
  Bytes bytes() const noexcept;
  static Bytes BytesFor(std::size_t size) noexcept;  // what a block takes that is made with this size

  // REQUIRES: size >= this->size().
  void Grow(std::size_t size);
  // Gives back what lies behind. REQUIRES: size <= this->size(), and the block is large or reserved.
  void Shrink(std::size_t size);

 private:
  void Extend(std::size_t size, std::size_t used_from);
  void Swap(LineBlock& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(mapped_, other.mapped_);
  }

  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;  // bytes of addresses; 0: it is the heap's
};

}  // namespace attune::memory

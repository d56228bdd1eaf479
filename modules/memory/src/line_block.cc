#include "attune/memory/line_block.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "attune/base/check.h"
#include "attune/memory/heap_block.h"

namespace attune::memory {
namespace {

constexpr std::size_t kRoomToGrow = 16;  // four doublings

// Null where the system gives no such addresses.
void* MapAligned(std::size_t size) {
  const std::size_t with_slack = size + kHugePage;
  void* const place =
      mmap(nullptr, with_slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (place == MAP_FAILED) {
    return nullptr;
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(place);
  const std::uintptr_t aligned = RoundUp(begin, kHugePage);
  auto* const block = static_cast<char*>(place) + (aligned - begin);
  if (aligned > begin) {
    (void)munmap(place, aligned - begin);
  }
  (void)munmap(block + size, kHugePage - (aligned - begin));
  return block;
}

// Only pages that the block fills: a huge page that it fills in part would hold memory that nobody counts.
void AdviseHugePages(void* block, std::size_t size) {
  (void)madvise(block, size / kHugePage * kHugePage, MADV_HUGEPAGE);  // advice; without it, small pages
}

}  // namespace

LineBlock::~LineBlock() {
  if (mapped_ > 0) {
    (void)munmap(data_, mapped_);
  } else {
    std::free(data_);
  }
}

Bytes LineBlock::BytesFor(std::size_t size) noexcept {
  return size == 0 || size >= kHugePage ? Bytes(size) : HeapBlockSize(RoundUp(size, kCacheLine));
}

LineBlock LineBlock::Reserved(std::size_t size) {
  LineBlock block;
  block.data_ = MapAligned(RoundUp(size, kHugePage));
  block.mapped_ = block.data_ == nullptr ? 0 : RoundUp(size, kHugePage);
  return block;
}

void LineBlock::Shrink(std::size_t size) {
  ATTUNE_CHECK(size <= size_ && (mapped_ > 0 || size == size_), "only mapped pages are given back");
  if (size == size_) {
    return;
  }
  auto* const begin = static_cast<char*>(data_);
  const std::size_t kept = RoundUp(size, kPage);  // the next Grow finds zeros in the rest of the last page as well
  std::memset(begin + size, 0, std::min(kept, size_) - size);
  if (kept < size_) {
    (void)madvise(begin + kept, RoundUp(size_ - kept, kPage), MADV_DONTNEED);
  }
  size_ = size;
}

void LineBlock::Grow(std::size_t size) {
  ATTUNE_CHECK(size >= size_, "a block only grows");
  if (size <= mapped_) {
    size_ = size;
    AdviseHugePages(data_, size_);
    return;
  }
  LineBlock next;
  next.size_ = size;
  if (size >= kHugePage) {
    next.mapped_ = RoundUp(size, kHugePage) * (size_ > 0 ? kRoomToGrow : 1);  // what has grown goes on growing
    next.data_ = MapAligned(next.mapped_);
    if (next.data_ == nullptr) {
      next.mapped_ = RoundUp(size, kHugePage);
      next.data_ = MapAligned(next.mapped_);
    }
    ATTUNE_CHECK(next.data_ != nullptr, "out of memory for a table");
    AdviseHugePages(next.data_, size);
  } else if (size > 0) {
    next.data_ = std::aligned_alloc(kCacheLine, RoundUp(size, kCacheLine));
    ATTUNE_CHECK(next.data_ != nullptr, "out of memory for a table");
    std::memset(static_cast<char*>(next.data_) + size_, 0, size - size_);
  }
  if (size_ > 0) {
    std::memcpy(next.data_, data_, size_);
  }
  Swap(next);
}

}  // namespace attune::memory

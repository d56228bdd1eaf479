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

constexpr std::size_t kGrownMappedMin = std::size_t{128} << 10U;  // the heap would map it as well, without room to grow
constexpr std::size_t kRoomToGrow = 16;                           // four doublings
// Since Linux 5.14 and 6.1; the C library's headers may be older than the kernel.
constexpr int kPopulateWrite = 23;
constexpr int kCollapse = 25;

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
  if (const std::size_t filled = size / kHugePage * kHugePage; filled > 0) {
    (void)madvise(block, filled, MADV_HUGEPAGE);  // advice; without it, small pages
  }
}

// Makes one huge page of the small ones that have lain here while the block did not fill it. False: it did not.
bool Collapse(char* huge_page) { return madvise(huge_page, kHugePage, kCollapse) == 0; }

// Fetches pages in one call: at their first touch each of them costs an exception, which in a virtual machine takes
// longer than all the rest. Without it they come one by one.
void Populate(char* begin, char* end) {
  if (begin < end) {
    (void)madvise(begin, static_cast<std::size_t>(end - begin), kPopulateWrite);
  }
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
  return size == 0 || size >= kHugePage ? Bytes(RoundUp(size, kPage)) : HeapBlockSize(RoundUp(size, kCacheLine));
}

Bytes LineBlock::bytes() const noexcept { return mapped_ > 0 ? Bytes(RoundUp(size_, kPage)) : BytesFor(size_); }

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

// Within its addresses. What lies from `used_from` on is about to be used. REQUIRES: size <= mapped_.
void LineBlock::Extend(std::size_t size, std::size_t used_from) {
  auto* const block = static_cast<char*>(data_);
  const std::size_t huge = size_ / kHugePage * kHugePage;
  const bool outgrows_small_pages = huge < size_ && huge + kHugePage <= size;
  size_ = size;
  AdviseHugePages(block, size);
  if (outgrows_small_pages && Collapse(block + huge)) {
    used_from = huge + kHugePage;
  }
  Populate(block + used_from, block + RoundUp(size, kPage));
}

void LineBlock::Grow(std::size_t size) {
  ATTUNE_CHECK(size >= size_, "a block only grows");
  if (size <= mapped_) {
    Extend(size, RoundUp(size_, kPage));
    return;
  }
  LineBlock next;
  if (size >= (size_ > 0 ? kGrownMappedMin : kHugePage)) {
    next.mapped_ = RoundUp(size, kHugePage) * (size_ > 0 ? kRoomToGrow : 1);  // what has grown goes on growing
    next.data_ = MapAligned(next.mapped_);
    if (next.data_ == nullptr) {
      next.mapped_ = RoundUp(size, kHugePage);
      next.data_ = MapAligned(next.mapped_);
    }
    ATTUNE_CHECK(next.data_ != nullptr, "out of memory for a table");
    next.Extend(size, size_ > 0 ? 0 : size / kHugePage * kHugePage);  // a huge page may wait for its first touch
  } else if (size > 0) {
    next.size_ = size;
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

#pragma once
// Tables with one element per slot, which grow as slots appear.
//
// New elements are zero. A table doubles, but stops at `entries_max`, where a full cache ends: doubling past it would
// only waste. A large one lies on huge pages and is not copied (memory/line_block.h).

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"
#include "attune/memory/line_block.h"

namespace attune::cache {

constexpr std::size_t CoveringSize(std::size_t size, Slot slot, std::size_t entries_max) {
  constexpr std::size_t kSizeMin = 16;
  const std::size_t doubled = std::max(2 * size, kSizeMin);
  return std::max<std::size_t>(slot + std::size_t{1}, slot < entries_max ? std::min(doubled, entries_max) : doubled);
}

template <class T>
class SlotTable {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64, "elements move as bytes");

 public:
  T& operator[](std::size_t at) noexcept { return data_[at]; }
  const T& operator[](std::size_t at) const noexcept { return data_[at]; }
  T* data() noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return block_.bytes(); }

  // Makes sure that the table has an element for `slot`. True: it grew.
  bool Cover(Slot slot, std::size_t entries_max) {
    if (slot < size_) [[likely]]
      return false;
    Grow(CoveringSize(size_, slot, entries_max));
    return true;
  }

 private:
  [[gnu::noinline]] void Grow(std::size_t size) {
    block_.Grow(size * sizeof(T));
    data_ = static_cast<T*>(block_.data());
    size_ = size;
  }

  T* data_ = nullptr;  // in the block
  std::size_t size_ = 0;
  memory::LineBlock block_;
};

template <class T>
void CoverSlot(std::vector<T>& table, Slot slot, std::size_t entries_max) {
  if (slot < table.size()) return;
  const std::size_t size = CoveringSize(table.size(), slot, entries_max);
  table.reserve(size);
  table.resize(size);
}

template <class T>
Bytes BytesOf(const std::vector<T>& table) noexcept {
  return Bytes(table.capacity() * sizeof(T));
}

}  // namespace attune::cache

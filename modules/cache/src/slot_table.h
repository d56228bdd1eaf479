#pragma once
// Tables with one element per slot, which grow as slots appear.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"

namespace attune::cache {

// Grows `table` so that table[slot] exists. It doubles, but stops at `entries_max`, where a full
// cache ends: doubling past it would only waste.
template <class T>
void CoverSlot(std::vector<T>& table, Slot slot, std::size_t entries_max) {
  if (slot < table.size()) return;
  constexpr std::size_t kSizeMin = 16;
  const std::size_t doubled = std::max(2 * table.size(), kSizeMin);
  const std::size_t size =
      std::max<std::size_t>(slot + std::size_t{1}, slot < entries_max ? std::min(doubled, entries_max) : doubled);
  table.reserve(size);
  table.resize(size);
}

template <class T>
Bytes BytesOf(const std::vector<T>& table) noexcept {
  return Bytes(table.capacity() * sizeof(T));
}

}  // namespace attune::cache

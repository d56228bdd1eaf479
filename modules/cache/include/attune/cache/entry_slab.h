#pragma once
// EntrySlab: the entries of one shard, numbered.
//
// Entries live in chunks that never move while they are used, so a slot's address holds until the slot is freed. Freed
// slots are used again last in, first out: the memory is still warm.
//
// Threads    none: whoever holds the shard's lock.
// Cost       every member is O(1) but ReleaseTail.

#include <bit>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/base/clock.h"
#include "attune/cache/cache_stats.h"
#include "attune/cache/policy.h"
#include "attune/memory/heap_block.h"

namespace attune::cache {

enum class EntryState : std::uint8_t {
  kFree,
  kValue,     // key and value
  kAbsent,    // a key that is known not to exist: no value
  kDetached,  // left the cache while pinned: key and value wait for the last pin
};

// Remembers the hash of keys whose hash is expensive.
template <bool kKept>
struct StoredHash {
  KeyHash hash = 0;
};
template <>
struct StoredHash<false> {};

// Two 64-bit numbers make an entry of 32 bytes: half a cache line.
template <typename K, typename V, typename Traits>
struct Entry {
  static constexpr Duration::rep kNever = Duration::max().count();

  Entry() {}   // NOLINT(modernize-use-equals-default): key and value are made and destroyed by the shard
  ~Entry() {}  // NOLINT(modernize-use-equals-default)
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  KeyHash HashOfKey() const noexcept {
    if constexpr (Traits::kHashIsCheap) {
      return Traits::Hash(key);
    } else {
      return stored_hash.hash;
    }
  }

  // A value without a time and without a pin: a lookup has nothing more to ask.
  bool Plain() const noexcept { return state == EntryState::kValue && pins == 0 && expires == kNever; }

  union {
    K key;
  };
  union {
    V value;
  };
  [[no_unique_address]] StoredHash<!Traits::kHashIsCheap> stored_hash;
  Duration::rep expires = kNever;  // on the clock of the cache
  union {
    std::uint32_t granules;  // of 16 bytes, owned on the heap
    Slot next_free;
  };
  std::uint16_t pins = 0;
  EntryState state = EntryState::kFree;
  RemovalReason detached_because = RemovalReason::kErased;
};

template <typename T>
class EntrySlab {
 public:
  // REQUIRES: per_chunk is a power of two.
  explicit EntrySlab(std::size_t per_chunk)
      : shift_(static_cast<unsigned>(std::countr_zero(per_chunk))), mask_(per_chunk - 1) {}

  T& operator[](Slot slot) noexcept { return chunks_[slot >> shift_][slot & mask_]; }
  const T& operator[](Slot slot) const noexcept { return chunks_[slot >> shift_][slot & mask_]; }

  std::size_t slots() const noexcept { return chunks_.size() << shift_; }
  std::size_t per_chunk() const noexcept { return mask_ + 1; }
  Bytes chunk_bytes() const noexcept { return memory::HeapBlockSize(per_chunk() * sizeof(T)); }
  Bytes bytes() const noexcept {
    return chunk_bytes() * chunks_.size() + memory::HeapBlockSize(chunks_.capacity() * sizeof(Chunk));
  }

  bool full() const noexcept { return free_ == kNoSlot && fresh_ == slots(); }
  void Grow() { chunks_.push_back(std::make_unique<T[]>(per_chunk())); }

  // REQUIRES: !full().
  Slot Take() noexcept {
    if (free_ != kNoSlot) {
      return std::exchange(free_, (*this)[free_].next_free);
    }
    return fresh_++;
  }
  void Free(Slot slot) noexcept {
    (*this)[slot].state = EntryState::kFree;
    (*this)[slot].next_free = std::exchange(free_, slot);
  }

  // Gives back the chunks behind the last used slot.
  void ReleaseTail() {
    std::size_t used = 0;
    for (Slot slot = 0; slot < fresh_; ++slot) {
      used = (*this)[slot].state != EntryState::kFree ? slot + std::size_t{1} : used;
    }
    chunks_.resize((used + mask_) >> shift_);
    chunks_.shrink_to_fit();
    fresh_ = static_cast<Slot>(used);
    free_ = kNoSlot;
    for (Slot slot = fresh_; slot > 0; --slot) {
      if ((*this)[slot - 1].state == EntryState::kFree) {
        Free(slot - 1);
      }
    }
  }

 private:
  using Chunk = std::unique_ptr<T[]>;
  unsigned shift_;
  std::size_t mask_;
  std::vector<Chunk> chunks_;
  Slot free_ = kNoSlot;  // the last freed
  Slot fresh_ = 0;       // never used from here on
};

}  // namespace attune::cache

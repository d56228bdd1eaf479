#pragma once
// EntrySlab: the entries of one shard, numbered.
//
// Entries live in chunks that never move while they are used, so a slot's address holds until the slot is freed. Freed
// slots are used again last in, first out: the memory is still warm. A chunk begins at a cache line, so that an entry
// of 32 bytes never lies across two. A slab that may take megabytes reserves addresses for what it is expected to hold,
// so that its chunks lie one behind the other, on huge pages, and a slot is found by a multiplication; others, and what
// a changed limit adds, look up where their chunk is.
//
// Threads    none: whoever holds the shard's lock.
// Cost       every member is O(1) but ReleaseTail.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/base/clock.h"
#include "attune/cache/cache_stats.h"
#include "attune/cache/policy.h"
#include "attune/memory/heap_block.h"
#include "attune/memory/line_block.h"

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

// What a lookup asks of an entry before it answers, in four bytes: one comparison.
struct EntryStanding {
  std::uint16_t pins = 0;
  EntryState state = EntryState::kFree;
  bool timed = false;  // expires is not kNever
};
static_assert(sizeof(EntryStanding) == sizeof(std::uint32_t));

// Two 64-bit numbers make an entry of 32 bytes: half a cache line.
template <typename K, typename V, typename Traits>
struct Entry : EntryStanding {
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
  bool Plain() const noexcept {
    constexpr std::uint32_t kPlain = std::bit_cast<std::uint32_t>(EntryStanding{.state = EntryState::kValue});
    return std::bit_cast<std::uint32_t>(static_cast<const EntryStanding&>(*this)) == kPlain;
  }

  union {
    std::uint32_t granules;  // of 16 bytes, owned on the heap
    Slot next_free;
  };
  union {
    K key;
  };
  union {
    V value;
  };
  [[no_unique_address]] StoredHash<!Traits::kHashIsCheap> stored_hash;
  union {
    Duration::rep expires = kNever;  // on the clock of the cache
    RemovalReason detached_because;
  };
};

template <typename T>
class EntrySlab {
 public:
  // `slots_expected`: a guess at the most it will hold. REQUIRES: per_chunk is a power of two.
  EntrySlab(std::size_t per_chunk, std::size_t slots_expected)
      : shift_(static_cast<unsigned>(std::countr_zero(per_chunk))) {
    const std::size_t size = std::min(slots_expected, kReservedMax / sizeof(T)) * sizeof(T);
    if (size >= memory::kHugePage) {
      reserved_ = memory::LineBlock::Reserved(size);
      row_ = static_cast<T*>(reserved_.data());
      row_slots_ = reserved_.reserved() / sizeof(T) / per_chunk * per_chunk;
    }
  }

  T& operator[](Slot slot) noexcept { return *At(slot); }
  const T& operator[](Slot slot) const noexcept { return *At(slot); }

  std::size_t slots() const noexcept { return origins_.size() << shift_; }
  std::size_t per_chunk() const noexcept { return std::size_t{1} << shift_; }
  std::size_t used() const noexcept { return fresh_; }  // slots from here on were never taken
  Bytes chunk_bytes() const noexcept { return memory::LineBlock::BytesFor(per_chunk() * sizeof(T)); }
  Bytes bytes() const noexcept {
    return Bytes(reserved_.size()) + chunk_bytes() * chunks_.size() +
           memory::HeapBlockSize(chunks_.capacity() * sizeof(memory::LineBlock)) +
           memory::HeapBlockSize(origins_.capacity() * sizeof(std::uintptr_t));
  }

  bool full() const noexcept { return free_ == kNoSlot && fresh_ == slots(); }
  void Grow() {
    const std::size_t slot = slots();
    if (slot < row_slots_) {
      reserved_.Grow((slot + per_chunk()) * sizeof(T));
      origins_.push_back(reinterpret_cast<std::uintptr_t>(row_));
    } else {
      chunks_.emplace_back(per_chunk() * sizeof(T));
      origins_.push_back(reinterpret_cast<std::uintptr_t>(chunks_.back().data()) - slot * sizeof(T));
    }
  }

  // REQUIRES: !full().
  Slot Take() noexcept {
    if (free_ != kNoSlot) {
      return std::exchange(free_, (*this)[free_].next_free);
    }
    new (&(*this)[fresh_]) T;
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
    origins_.resize((used + per_chunk() - 1) >> shift_);
    origins_.shrink_to_fit();
    chunks_.resize(slots() > row_slots_ ? (slots() - row_slots_) >> shift_ : 0);
    chunks_.shrink_to_fit();
    reserved_.Shrink(std::min(reserved_.size(), slots() * sizeof(T)));
    fresh_ = static_cast<Slot>(used);
    free_ = kNoSlot;
    for (Slot slot = fresh_; slot > 0; --slot) {
      if ((*this)[slot - 1].state == EntryState::kFree) {
        Free(slot - 1);
      }
    }
  }

 private:
  static_assert(alignof(T) <= 64, "a chunk begins at a cache line");

  static constexpr std::size_t kReservedMax = std::size_t{1} << 36U;  // of addresses, of which there are 2^47

  T* At(Slot slot) const noexcept {
    if (slot < row_slots_) [[likely]] {
      return row_ + slot;
    }
    return reinterpret_cast<T*>(origins_[slot >> shift_] + std::size_t{slot} * sizeof(T));
  }

  T* row_ = nullptr;  // the first row_slots_ slots lie here, one behind the other, as far as they exist
  std::size_t row_slots_ = 0;
  unsigned shift_;
  memory::LineBlock reserved_;             // for the row
  std::vector<memory::LineBlock> chunks_;  // behind the row
  // Where slot 0 would lie if all of the slab lay like this chunk: one addition then finds a slot. Modulo 2^64.
  std::vector<std::uintptr_t> origins_;
  Slot free_ = kNoSlot;  // the last freed
  Slot fresh_ = 0;       // never used from here on
};

}  // namespace attune::cache

#pragma once
// SlotIndex: from a key's hash to the slot of its entry.
//
//   SlotIndex index(1000);
//   index.Insert(hash, slot);
//   const Slot found = index.Find(hash, [&](Slot s) { return entries[s].key == key; });
//
// Groups of twelve slots fill one cache line each, so that a lookup reads one line of this table however full it is:
// twelve tags (a byte of each hash) are compared at once, and only slots whose tag agrees are asked. An
// insertion that finds its group full goes to the next and counts itself in every group it passed; a lookup that meets
// a count of zero has seen all there is, and an erasure leaves no tombstone. After F14 (Bronson and Shi, Facebook,
// 2019), which probes by double hashing and keeps values in the groups; here the number of groups is any
// number, not a power of two, so that the table is as large as its entries need.
//
// A large table lies on huge pages (memory/line_block.h).
//
// Threads    none: whoever holds the shard's lock.
// Cost       Find, Insert and Erase are O(1) and about one cache line; Rehash is O(entries).
//            9 bytes per entry of capacity.

#include <cstdint>
#include <utility>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/cache/policy.h"
#include "attune/memory/line_block.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::cache {

class SlotIndex {
 public:
  explicit SlotIndex(std::size_t capacity) { Allocate(capacity); }

  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  Bytes bytes() const noexcept { return BytesFor(capacity_); }
  static Bytes BytesFor(std::size_t capacity) noexcept { return Bytes(GroupsFor(capacity) * sizeof(Group)); }

  // The slot under `hash` for which `same(slot)` is true, or kNoSlot.
  template <typename Same>
  Slot Find(KeyHash hash, Same&& same) const {
    const Group& home = groups_[Home(hash)];
    const std::uint32_t hits = Match(home, hash);
    if (hits != 0) [[likely]] {
      const Slot slot = home.slots[FirstOf(hits)];
      if (same(slot)) [[likely]] {
        return slot;
      }
    } else if (Passed(home) == 0) [[likely]] {
      return kNoSlot;
    }
    return FindFurther(hash, same);
  }

  // Find, but for its first guess alone, which nearly always is all: the address of the slot to compare, or null.
  const Slot* FirstGuess(KeyHash hash) const noexcept {
    const Group& home = groups_[Home(hash)];
    const std::uint32_t hits = Match(home, hash);
    return hits != 0 ? &home.slots[FirstOf(hits)] : nullptr;
  }

  // Starts to fetch the line that Find will read. Inline in any case: g++ 12 takes a function that only prefetches for
  // one without effect, and drops its calls.
  [[gnu::always_inline]] void Prefetch(KeyHash hash) const noexcept { __builtin_prefetch(groups_ + Home(hash), 1); }

  // REQUIRES: size() < capacity(), and `slot` is not in the table.
  void Insert(KeyHash hash, Slot slot) {
    ATTUNE_CHECK(size_ < capacity_, "the index is full");
    Group* group = groups_ + Home(hash);
    while (Used(*group) == kAllPlaces) {
      group->used_and_passed += Passed(*group) == kPassedMax ? 0U : kPassedOnce;
      group = Next(group);
    }
    const std::uint32_t place = FirstOf(~group->used_and_passed);
    group->used_and_passed |= 1U << place;
    group->tags[place] = TagAt(place, hash);
    group->slots[place] = slot;
    ++size_;
  }

  // REQUIRES: `slot` was inserted under `hash`.
  void Erase(KeyHash hash, Slot slot) {
    const Place found = PlaceOf(hash, slot);
    found.group->used_and_passed &= ~(1U << found.at);
    for (Group* group = groups_ + Home(hash); group != found.group; group = Next(group)) {
      // One that was ever full of counts stays so.
      group->used_and_passed -= Passed(*group) == kPassedMax ? 0U : kPassedOnce;
    }
    --size_;
  }

  // An entry has moved. REQUIRES: `from` was inserted under `hash`.
  void Move(KeyHash hash, Slot from, Slot to) {
    const Place found = PlaceOf(hash, from);
    found.group->slots[found.at] = to;
  }

  // Makes room for `capacity` entries. `hash_of(slot)` says under what hash a slot was inserted.
  // REQUIRES: capacity >= size().
  template <typename HashOf>
  void Rehash(std::size_t capacity, HashOf&& hash_of) {
    ATTUNE_CHECK(capacity >= size_, "the entries do not fit");
    const memory::LineBlock old_block = std::move(block_);
    const Group* const old = groups_;
    const std::size_t old_count = groups_count_;
    Allocate(capacity);
    for (std::size_t i = 0; i < old_count; ++i) {
      for (std::uint32_t used = Used(old[i]); used != 0; used &= used - 1) {
        const Slot slot = old[i].slots[FirstOf(used)];
        Insert(hash_of(slot), slot);
      }
    }
  }

  // Calls `visit(slot)` for each.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (std::size_t i = 0; i < groups_count_; ++i) {
      for (std::uint32_t used = Used(groups_[i]); used != 0; used &= used - 1) {
        visit(groups_[i].slots[FirstOf(used)]);
      }
    }
  }

 private:
  static constexpr std::size_t kPlaces = 12;
  static constexpr std::uint32_t kAllPlaces = (1U << kPlaces) - 1;
  static constexpr unsigned kPassedShift = 16;
  static constexpr std::uint32_t kPassedOnce = 1U << kPassedShift;
  static constexpr std::uint32_t kPassedMax = 0xFFFF;
  // Seven of twelve on average: with hashes that spread, 3 % of the groups are too small then. With eight it is 6 %,
  // and the last tenth of a filling cache is felt to be slower.
  static constexpr std::size_t kPlacesUsed = 7;

  struct alignas(64) Group {
    std::uint8_t tags[kPlaces];
    // A bit for each used place, and above them how many entries found this group full on their way.
    std::uint32_t used_and_passed;
    Slot slots[kPlaces];
  };
  static_assert(sizeof(Group) == 64);
  static std::uint32_t Used(const Group& group) noexcept { return group.used_and_passed & kAllPlaces; }
  static std::uint32_t Passed(const Group& group) noexcept { return group.used_and_passed >> kPassedShift; }
  struct Place {
    Group* group;
    std::uint32_t at;
  };

  static std::size_t GroupsFor(std::size_t capacity) noexcept { return capacity / kPlacesUsed + 1; }

  // All zero is an empty table.
  void Allocate(std::size_t capacity) {
    capacity_ = capacity;
    groups_count_ = GroupsFor(capacity);
    size_ = 0;
    block_ = memory::LineBlock(groups_count_ * sizeof(Group));
    groups_ = static_cast<Group*>(block_.data());
  }

  // The high bits of the hash choose the group, by one multiplication; a byte of its low half is the tag.
  std::size_t Home(KeyHash hash) const noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>((static_cast<Wide>(hash) * groups_count_) >> 64U);
  }
  // Which byte goes by the place, so that the low half of a hash is what four places are compared with, as it is.
  static std::uint8_t TagAt(std::size_t place, KeyHash hash) noexcept {
    return static_cast<std::uint8_t>(hash >> (place % 4 * 8));
  }

  const Group* Next(const Group* group) const noexcept { return ++group == groups_ + groups_count_ ? groups_ : group; }
  Group* Next(Group* group) noexcept { return ++group == groups_ + groups_count_ ? groups_ : group; }

  // Find without its first guess, which nearly always is all that there is to do.
  template <typename Same>
  [[gnu::noinline]] Slot FindFurther(KeyHash hash, Same& same) const {
    const Group* group = groups_ + Home(hash);
    for (std::size_t left = groups_count_; left > 0; --left) {
      for (std::uint32_t hits = Match(*group, hash); hits != 0; hits &= hits - 1) {
        const Slot slot = group->slots[FirstOf(hits)];
        if (same(slot)) {
          return slot;
        }
      }
      if (Passed(*group) == 0) {
        return kNoSlot;
      }
      group = Next(group);
    }
    return kNoSlot;
  }

  // REQUIRES: hits != 0. Unsigned: no sign to extend.
  static std::uint32_t FirstOf(std::uint32_t hits) noexcept { return static_cast<std::uint32_t>(__builtin_ctz(hits)); }

  // A bit for each used place whose tag is that of `hash`.
  static std::uint32_t Match(const Group& group, KeyHash hash) noexcept {
#if defined(__SSE2__)
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(group.tags));
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(static_cast<std::uint32_t>(hash)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags, wanted))) & group.used_and_passed;
#else
    std::uint32_t hits = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      hits |= static_cast<std::uint32_t>(group.tags[i] == TagAt(i, hash)) << i;
    }
    return hits & group.used_and_passed;
#endif
  }

  // By the tag, like a lookup: comparing the slots one by one ends where no branch predictor expects it.
  Place PlaceOf(KeyHash hash, Slot slot) noexcept {
    Group* group = groups_ + Home(hash);
    for (std::size_t left = groups_count_; left > 0; --left) {
      for (std::uint32_t hits = Match(*group, hash); hits != 0; hits &= hits - 1) {
        const std::uint32_t at = FirstOf(hits);
        if (group->slots[at] == slot) {
          return {group, at};
        }
      }
      group = Next(group);
    }
    ATTUNE_CHECK(false, "the slot is not in the index");
    return {group, 0};
  }

  Group* groups_ = nullptr;  // in the block
  std::size_t groups_count_ = 0;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  memory::LineBlock block_;
};

}  // namespace attune::cache

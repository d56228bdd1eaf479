#pragma once
// RecencyLog: numbered members in the order of their last use, written down rather than linked.
//
// A use appends its number to a log, and that is all: nothing else is read or written. What a list would have moved is
// found out when somebody asks for the oldest member, or when the log is full. The log has a settled part, where every
// number stands once, and behind it a fresh one, where the last mention of a number counts. A number of the settled
// part that is mentioned in the fresh one, or has left, has been passed over: a bit for each says so. Settling reads
// the fresh part from its end, keeps what it meets for the first time, and drops from the settled part what was met.
//
// A list moves a member by writing to three places, which a large cache misses one and all. Here the places that are
// read at random are bits, and an eighth of a byte for each member lies in the processor's near caches.
//
//   RecencyLog log;
//   log.Cover(slot, log.size() + 1, {.ids_max = entries_max, .members_max = entries_max});
//   log.Insert(slot);
//   log.Use(slot);
//   const RecencyLog::Id victim = log.Oldest();
//   log.Remove(victim);
//
// Threads    none.
// Cost       8 bytes for each member of the fullest moment and two bits for each number. Every call is O(1) amortised:
//            settling takes some nanoseconds for each number in the log, and comes after as many uses as there are
//            members: 0.3 ms for a hundred thousand, 5 to 10 for a million, which shards divide.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "slot_table.h"

namespace attune::cache {

class RecencyLog {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = ~Id{0};

  // What tables need not grow beyond while the owner keeps to it.
  struct Bounds {
    std::size_t ids_max = 0;
    std::size_t members_max = 0;
  };
  // Makes room for `id` to be a member, one of so many. True: it took more memory. Nothing else does.
  bool Cover(Id id, std::size_t members, const Bounds& bounds) {
    if (id < passed_.size() && 2 * members <= log_.size()) [[likely]]
      return false;
    return Grow(id, members, bounds);
  }

  std::size_t size() const noexcept { return size_; }
  Bytes bytes() const noexcept { return log_.bytes() + members_.bytes() + passed_.bytes(); }

  // REQUIRES: `id` and the members were covered; it is no member (Insert) or is one (Use, Remove).
  bool Contains(Id id) const { return members_.Has(id); }
  void Insert(Id id) {
    members_.Add(id);
    ++size_;
    Append(id);
  }
  void Use(Id id) { Append(id); }
  void Remove(Id id) {
    members_.Remove(id);
    passed_.Add(id);
    --size_;
  }

  // Use of each, in their order.
  void UseAll(std::span<const Id> ids);

  // Use of `id_of(slot)` for each as long as they are members, and answers how many they were. It may be fewer where
  // the log is full.
  template <typename IdOf>
  std::size_t UseLeadingMembers(std::span<const Slot> slots, IdOf&& id_of) {
    if (Room() < slots.size()) [[unlikely]]
      Settle();
    const std::size_t most = std::min(Room(), slots.size());
    Id* const to = log_.data() + end_;
    std::size_t used = 0;
    for (; used < most; ++used) {
      const Id id = id_of(slots[used]);
      if (!members_.Has(id)) [[unlikely]]
        break;
      to[used] = id;
    }
    end_ += used;
    return used;
  }

  // Whose last use is the longest ago, or kNone.
  Id Oldest() {
    PassOverFresh();
    for (; begin_ < settled_; ++begin_) {
      if (const Id id = log_[begin_]; !passed_.Has(id)) return id;
    }
    return OldestOfFresh();
  }

  std::vector<Id> OldestFirst() const;
  void CheckInvariants() const;

 private:
  // A bit for each number.
  class Bits {
   public:
    using Byte = std::uint8_t;
    static Byte MaskOf(Id id) { return static_cast<Byte>(1U << (id % 8)); }

    bool Has(Id id) const { return (bytes_[id / 8] >> (id % 8) & 1U) != 0; }
    void Add(Id id) { bytes_[id / 8] |= MaskOf(id); }
    void Remove(Id id) { bytes_[id / 8] &= static_cast<Byte>(~MaskOf(id)); }
    bool Cover(Id id, std::size_t ids_max) { return bytes_.Cover(id / 8, ids_max / 8 + 1); }
    std::size_t size() const noexcept { return bytes_.size() * 8; }
    Bytes bytes() const noexcept { return bytes_.bytes(); }
    std::span<Byte> all() { return {bytes_.data(), bytes_.size()}; }

   private:
    SlotTable<Byte> bytes_;
  };

  static constexpr std::size_t kLogMin = 16;

  std::size_t Room() const { return log_.size() - end_; }
  void Append(Id id) {
    if (end_ == log_.size()) [[unlikely]]
      Settle();
    log_[end_++] = id;
  }
  void PassOverFresh() {
    for (std::size_t at = std::exchange(marked_, end_); at < end_; ++at) passed_.Add(log_[at]);
  }
  Id OldestOfFresh();
  bool Grow(Id id, std::size_t members, const Bounds& bounds);
  void Settle();
  std::size_t KeepLastOfFresh();
  std::size_t KeepOfSettled();

  SlotTable<Id> log_;
  std::size_t begin_ = 0;    // of the settled part
  std::size_t settled_ = 0;  // the end of it; there the fresh part begins
  std::size_t marked_ = 0;   // up to here the fresh part is known to passed_
  std::size_t end_ = 0;
  std::size_t size_ = 0;
  Bits members_;
  Bits passed_;
};

}  // namespace attune::cache

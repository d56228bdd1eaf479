#pragma once
// CacheShard: the entries of a cache whose keys fall into one part of the hash space, under one lock.
//
// It keeps four structures in step: the slab of entries, the index from hashes to slots, the policy that names
// victims and the timing wheel that names who has expired. A pinned entry is in the slab and the
// index but not in the policy, so that it cannot be named; one that leaves the cache while pinned is in
// the slab alone until its last pin goes.
//
// Hits reach the policy late but in order: they are noted in a short list and told to it before anything else is
// (as in BP-Wrapper, Ding, Jiang and Zhang, ICDE 2009). The policy sees the same calls as without
// the list, so it decides the same; the misses in its memory overlap, which alternating with a lock they would not.
//
// Ownership  borrows the Budget, which outlives it.
// Threads    none but `lock`: every member REQUIRES it to be held.
// Cost       O(1) amortised, but SetPolicy and Compact, which are O(entries of this shard).
//
// This is how Cache works inside; use Cache.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/clock.h"
#include "attune/cache/budget.h"
#include "attune/cache/cache_config.h"
#include "attune/cache/cache_stats.h"
#include "attune/cache/cache_traits.h"
#include "attune/cache/entry_slab.h"
#include "attune/cache/evicted_sample.h"
#include "attune/cache/policies.h"
#include "attune/cache/policy_handover.h"
#include "attune/cache/shard_lock.h"
#include "attune/cache/slot_index.h"
#include "attune/cache/timing_wheel.h"
#include "attune/memory/heap_block.h"

namespace attune::cache {

inline constexpr std::uint64_t kChargeGranule = 16;  // the heap's own
inline constexpr std::uint64_t kChargeMax = kChargeGranule * 0xFFFF'FFFFULL;

// What left a shard, to be told to the listener and destroyed without its lock.
template <typename K, typename V>
class RemovedBatch {
 public:
  struct Item {
    K key;
    std::optional<V> value;  // none: a remembered absence
    RemovalReason reason;
  };

  // Nothing has taken the place of what was to be replaced.
  void NothingReplaced() {
    ForEach([](Item& item) {
      item.reason = item.reason == RemovalReason::kReplaced ? RemovalReason::kErased : item.reason;
    });
  }

  void Add(K&& key, std::optional<V>&& value, RemovalReason reason) {
    if (!first_.has_value()) {
      first_.emplace(Item{std::move(key), std::move(value), reason});
    } else {
      rest_.push_back(Item{std::move(key), std::move(value), reason});
    }
  }
  template <typename Visit>
  void ForEach(Visit&& visit) {
    if (first_.has_value()) {
      visit(*first_);
      for (Item& item : rest_) {
        visit(item);
      }
    }
  }

 private:
  std::optional<Item> first_;  // nearly always the only one: no allocation
  std::vector<Item> rest_;
};

struct ShardSetup {
  std::size_t entries_share = 0;  // of the entry limit
  Bytes bytes_share;
  PolicyKind policy = PolicyKind::kS3Fifo;
  Duration stale_for = Duration(0);
  bool keeps_removed = false;  // somebody listens
};

template <typename K, typename V, typename Traits>
class CacheShard {
 public:
  using EntryType = Entry<K, V, Traits>;
  using Removed = RemovedBatch<K, V>;

  // Counts of what happened under this lock.
  struct Counts {
    std::uint64_t hits_told = 0;  // without those that wait for the policy; hits() has them all
    std::uint64_t hits_negative = 0;
    std::uint64_t hits_stale = 0;
    std::uint64_t misses = 0;
    std::uint64_t insertions = 0;
    std::uint64_t refusals_too_large = 0;
    std::uint64_t refusals_pinned = 0;
    std::array<std::uint64_t, kRemovalReasons> removals = {};
  };

  enum class Freshness : std::uint8_t { kFresh, kStale, kGone };
  struct Found {
    Slot slot = kNoSlot;
    Freshness freshness = Freshness::kFresh;
  };

  // What Put stores. `value` null: an absence.
  struct Item {
    K& key;
    V* value;
    Duration::rep expires;
    std::uint64_t owned;  // bytes on the heap
  };
  enum class PutResult : std::uint8_t { kInserted, kReplaced, kTooLarge, kNoEntryHere, kNoBytesHere };

  CacheShard(Budget& budget, const ShardSetup& setup, TimePoint now);
  ~CacheShard();
  CacheShard(const CacheShard&) = delete;
  CacheShard& operator=(const CacheShard&) = delete;

  // ---- lookups

  struct Accessed {
    Slot slot = kNoSlot;
    const EntryType* entry = nullptr;  // of the slot
  };

  // Access for the plain hit that most lookups are, without a call: the key is at its first guess, has no time and no
  // pin. Otherwise it answers nothing and leaves no trace, and Access says more.
  template <typename Q>
  [[gnu::always_inline]] Accessed AccessPlain(KeyHash hash, const Q& key) {
    const Slot* const guess = index_.FirstGuess(hash);
    if (guess == nullptr) [[unlikely]] {
      return {};
    }
    const Slot slot = *guess;
    const EntryType& entry = slab_[slot];
    if (!IsKey(entry.key, key) || !entry.Plain()) [[unlikely]] {
      return {};
    }
    NoteHit(slot);
    return {slot, &entry};
  }

  // The entry of a key that is fresh, counted as a hit or a miss and told to the policy. `gone`: there is an entry
  // whose time is over; the caller calls RemoveGone.
  template <typename Q>
  Accessed Access(KeyHash hash, const Q& key, const Clock& clock, bool& gone) {
    const Slot slot = Find(hash, key);
    if (slot != kNoSlot) [[likely]] {
      const EntryType& entry = slab_[slot];
      if (entry.Plain()) [[likely]] {
        NoteHit(slot);
        return {slot, &entry};
      }
    }
    return AccessFound(slot, hash, clock, gone);
  }

  // Access for all that is not plain: what is missing, absent, pinned or timed.
  [[gnu::noinline]] Accessed AccessFound(Slot slot, KeyHash hash, const Clock& clock, bool& gone) {
    if (slot == kNoSlot) {
      ++counts.misses;
      evicted_.Missed(hash);
      return {};
    }
    const EntryType& entry = slab_[slot];
    if (entry.expires != EntryType::kNever) [[unlikely]] {
      const Freshness freshness = FreshnessOf(entry.expires, clock.Now());
      gone = freshness == Freshness::kGone;
      if (freshness != Freshness::kFresh) {
        ++counts.misses;
        return {};
      }
    }
    CountHit(slot, entry);
    return {slot, &entry};
  }

  // The same, but a value past its time is found as well until `stale_for` has passed.
  template <typename Q>
  Found AccessStale(KeyHash hash, const Q& key, const Clock& clock, bool& gone) {
    Found found{Find(hash, key), Freshness::kFresh};
    if (found.slot != kNoSlot && slab_[found.slot].expires != EntryType::kNever) {
      const EntryType& entry = slab_[found.slot];
      found.freshness = FreshnessOf(entry.expires, clock.Now());
      gone = found.freshness == Freshness::kGone;
      const bool stale_absence = found.freshness == Freshness::kStale && entry.state == EntryState::kAbsent;
      found.slot = gone || stale_absence ? kNoSlot : found.slot;
    }
    if (found.slot == kNoSlot) {
      ++counts.misses;
      evicted_.Missed(hash);
      return found;
    }
    CountHit(found.slot, slab_[found.slot]);
    counts.hits_stale += found.freshness == Freshness::kStale ? 1U : 0U;
    return found;
  }

  template <typename Q>
  void RemoveGone(KeyHash hash, const Q& key, const Clock& clock, Removed& removed) {
    const Slot slot = Find(hash, key);
    if (slot != kNoSlot && FreshnessOf(slab_[slot].expires, clock.Now()) == Freshness::kGone) {
      Remove(slot, RemovalReason::kExpired, removed);
    }
  }

  // Neither counted nor told to anybody; an expired entry is not found.
  template <typename Q>
  Slot Peek(KeyHash hash, const Q& key, const Clock& clock) const {
    const Slot slot = Find(hash, key);
    const bool expired = slot != kNoSlot && slab_[slot].expires != EntryType::kNever &&
                         slab_[slot].expires <= clock.Now().time_since_epoch().count();
    return expired ? kNoSlot : slot;
  }

  template <typename Q>
  Slot Find(KeyHash hash, const Q& key) const {
    return index_.Find(hash, [&](Slot slot) { return IsKey(slab_[slot].key, key); });
  }

  EntryType& entry(Slot slot) noexcept { return slab_[slot]; }
  const EntryType& entry(Slot slot) const noexcept { return slab_[slot]; }

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    index_.ForEach([&](Slot slot) { visit(slot, slab_[slot]); });
  }
  // Every entry that the policy could name, the one to go first in front; then the pinned ones.
  std::vector<Slot> ColdestFirst();

  // ---- changes

  // kNoEntryHere and kNoBytesHere leave `item` as it was; the caller makes room in other shards and tries again, with
  // `replaces` as it is: whether there was a value before the first try.
  PutResult Put(KeyHash hash, const Item& item, bool& replaces, Removed& removed);
  void Remove(Slot slot, RemovalReason reason, Removed& removed);
  // A Put was given up for want of room. `replaces`: it has taken an older value out.
  void GiveUp(PutOutcome outcome, bool replaces, Removed& removed) {
    ++(outcome == PutOutcome::kAllPinned ? counts.refusals_pinned : counts.refusals_too_large);
    if (replaces) {
      --counts.removals[static_cast<std::size_t>(RemovalReason::kReplaced)];
      ++counts.removals[static_cast<std::size_t>(RemovalReason::kErased)];
      removed.NothingReplaced();
    }
  }
  // Evicts what the policy names; false when there is nothing to name.
  bool EvictOne(KeyHash incoming, RemovalReason reason, Removed& removed);
  // Evicts until bytes come free. Entries that own nothing free none until the rest has moved together, so after one in
  // sixteen it does. False: nothing is left to free.
  bool FreeSomeBytes(KeyHash incoming, RemovalReason reason, Removed& removed);
  template <typename Late>
  bool ShrinkTo(std::size_t entries_max, std::uint64_t bytes_max, Late&& late, Removed& removed);
  void RemoveExpired(TimePoint now, Removed& removed) {
    if (wheel_.size() > 0) {
      wheel_.Advance(now, [&](Slot slot) { Remove(slot, RemovalReason::kExpired, removed); });
    }
  }

  bool Pin(Slot slot);
  void Unpin(Slot slot, Removed& removed);

  // ---- shape

  void SetPolicy(PolicyKind kind, Removed& removed);
  void SetShare(std::size_t entries_share);
  // Tells the budget what the tables hold now, if they may have grown since it was told.
  void ChargeOverhead() noexcept {
    if (MayHaveGrown()) {
      ChargeMeasured();
    }
  }
  // Moves entries together and gives back what they no longer need.
  void Compact();

  // With a single entry in it.
  Bytes bytes_least() const noexcept {
    return std::max(kCacheShardBytesMin, Bytes(kFirstEntryBytes) + slab_.chunk_bytes());
  }
  std::size_t entries() const noexcept { return index_.size(); }
  std::uint64_t bytes() const noexcept { return owned_ + overhead_; }
  std::size_t evictable() const noexcept { return resident(); }
  std::size_t pinned() const noexcept { return pinned_; }
  std::size_t detached() const noexcept { return detached_; }
  std::size_t timed() const noexcept { return wheel_.size(); }  // entries with a time
  PolicyKind policy_kind() const noexcept { return kind_; }
  const Policy& policy() const noexcept { return *policy_; }
  std::uint64_t overhead() const noexcept { return overhead_; }
  std::uint64_t owned() const noexcept { return owned_; }
  const EvictedSample& evicted() const noexcept { return evicted_; }
  std::uint64_t hits() const noexcept { return counts.hits_told + hits_count_; }
  void FlushHits() {
    if (hits_count_ > 0) {
      TellHits();
    }
  }
  void CheckInvariants() const;

  ShardLock lock;
  Counts counts;

 private:
  static constexpr std::size_t kHitsNoted = 64;  // what telling the policy costs beside the hits is hardly felt then
  static constexpr std::size_t kSlotsMin = 64;
  static constexpr std::size_t kPinsMax = 0xFFFF;
  // What a shard's tables take for its first entry, besides a chunk: the policy's and the wheel's smallest.
  static constexpr std::size_t kEvictionsBetweenLooks = 1024;  // at the clock: 0.1 ms
  static constexpr std::uint64_t kFirstEntryBytes = 4096;
  // An index for more than this many entries starts small: a limit is not a promise to fill it.
  static constexpr std::size_t kIndexedAtFirstMax = std::size_t{1} << 21U;

  template <typename Q>
  static bool IsKey(const K& stored, const Q& key) noexcept {
    if constexpr (kHashedByValue<K>) {
      return stored == static_cast<K>(key);
    } else if constexpr (std::is_same_v<K, std::string>) {
      return stored == std::string_view(key);
    } else {
      return stored == key;
    }
  }
  static std::size_t PerChunk(const ShardSetup& setup) noexcept;
  static std::size_t IndexedAtFirst(const ShardSetup& setup) noexcept;

  void CountHit(Slot slot, const EntryType& entry) {
    if (entry.pins == 0) [[likely]] {
      NoteHit(slot);
    } else {
      ++counts.hits_told;
    }
    counts.hits_negative += entry.state == EntryState::kAbsent ? 1U : 0U;
  }
  // REQUIRES: `slot` is not pinned.
  void NoteHit(Slot slot) {
    const std::size_t count = hits_count_ + 1;
    hits_noted_[count - 1] = slot;
    hits_count_ = count;
    if (count == kHitsNoted) [[unlikely]] {
      TellHits();
    }
  }
  [[gnu::noinline]] void TellHits();
  Freshness FreshnessOf(Duration::rep expires, TimePoint now) const noexcept;

  TimePoint GoneAt(Duration::rep expires) const noexcept;
  static std::uint32_t Granules(std::uint64_t owned) noexcept {
    return static_cast<std::uint32_t>((owned + kChargeGranule - 1) / kChargeGranule);
  }
  std::size_t FreeSlots() const noexcept { return slab_.slots() - index_.size() - detached_; }
  bool CompactionPays() const noexcept;
  std::size_t GrownCapacity() const noexcept { return std::max(index_.capacity() * 2, kSlotsMin); }
  bool TooLarge(std::uint64_t charge) const noexcept;
  std::size_t resident() const noexcept { return index_.size() + detached_ - pinned_; }  // of the policy
  PutResult PutFurther(Slot existing, KeyHash hash, const Item& item, std::uint64_t charge, bool& replaces,
                       Removed& removed);
  bool PutInVictimsPlace(KeyHash hash, const Item& item, std::uint64_t charge, Removed& removed);
  bool Replace(Slot slot, KeyHash hash, const Item& item, Removed& removed);
  bool TakeEntry(KeyHash hash, Removed& removed);
  bool TakeBytes(KeyHash hash, std::uint64_t charge, Removed& removed);
  bool TryTakeBytes(std::uint64_t charge);
  void Fill(Slot slot, KeyHash hash, const Item& item);
  void SetExpiry(Slot slot, Duration::rep expires);
  void AddToWheel(Slot slot);
  void Forget(Slot slot, RemovalReason reason);
  void TakeOut(EntryType& entry, RemovalReason reason, Removed& removed);
  void GiveBack(Slot slot);
  void Destroy(Slot slot, RemovalReason reason, Removed& removed);
  void GrowPolicy();
  void SettleOverhead(KeyHash hash, Removed& removed) {
    if (MayHaveGrown() || budget_.over_bytes()) [[unlikely]] {
      PayForGrowth(hash, removed);
    }
  }
  void PayForGrowth(KeyHash hash, Removed& removed);
  void Squeeze(KeyHash hash, Removed& removed);
  bool MayHaveGrown() const noexcept { return policy_->grown() || tables_grew_; }
  void ChargeMeasured() noexcept;
  std::uint64_t MeasureOverhead() const noexcept;
  std::vector<Slot> MoveTogether();

  Budget& budget_;
  SlotIndex index_;
  EntrySlab<EntryType> slab_;
  std::size_t hits_count_ = 0;
  std::array<Slot, kHitsNoted> hits_noted_;
  std::unique_ptr<Policy> policy_;
  TimingWheel wheel_;
  EvictedSample evicted_;

  PolicyKind kind_;
  const Duration stale_for_;
  const bool keeps_removed_;
  std::size_t share_;           // of the entry limit; the policy is told less until it is used
  std::size_t policy_entries_;  // what the policy was told
  std::size_t slots_max_ =
      kEntriesUnbounded;    // found by Squeeze: more slots than this do not fit with their bookkeeping
  std::size_t pinned_ = 0;  // slots with a pin, detached ones included
  std::size_t detached_ = 0;
  std::uint64_t overhead_ = 0;  // charged to the budget beyond what entries own
  bool tables_grew_ = false;    // since that was measured
  std::uint64_t owned_ = 0;     // what entries own
  static constexpr std::size_t kEntriesUnbounded = ~std::size_t{0};
};

}  // namespace attune::cache

#include "attune/cache/cache_shard_impl.h"
#include "attune/cache/cache_shard_shape_impl.h"

#pragma once
// The members of CacheShard by which entries come and go: storing, evicting, pins. Included by cache_shard.h alone.

#include "attune/cache/cache_shard.h"

namespace attune::cache {

template <typename K, typename V, typename Traits>
CacheShard<K, V, Traits>::CacheShard(Budget& budget, const ShardSetup& setup, TimePoint now)
    : budget_(budget),
      index_(IndexedAtFirst(setup)),
      slab_(PerChunk(setup), std::min<std::size_t>(setup.entries_share, setup.bytes_share.count() / sizeof(EntryType))),
      wheel_(now),
      kind_(setup.policy),
      stale_for_(setup.stale_for),
      keeps_removed_(setup.keeps_removed || !std::is_trivially_destructible_v<K> ||
                     !std::is_trivially_destructible_v<V>),
      share_(setup.entries_share),
      policy_entries_(std::min(setup.entries_share, kSlotsMin)) {
  policy_ = MakePolicy(kind_, {.entries_max = policy_entries_});
  ChargeOverhead();
  const Bytes index_at_least = std::min(index_.bytes(), SlotIndex::BytesFor(kSlotsMin));
  budget_.AddFixed(overhead_ - (index_.bytes() - index_at_least).count());
}

template <typename K, typename V, typename Traits>
CacheShard<K, V, Traits>::~CacheShard() {
  ATTUNE_CHECK(pinned_ == 0, "pins end before their cache");
  index_.ForEach([&](Slot slot) {
    EntryType& entry = slab_[slot];
    entry.key.~K();
    if (entry.state == EntryState::kValue) {
      entry.value.~V();
    }
  });
}

template <typename K, typename V, typename Traits>
std::size_t CacheShard<K, V, Traits>::PerChunk(const ShardSetup& setup) noexcept {
  // A chunk is a small part of what may be held, so that little is held in vain, and at most some thousand entries, so
  // that growing one never takes long; but a huge page where that is an eighth, or less, of the entries.
  constexpr std::size_t kPerChunkMin = 8;
  constexpr std::size_t kPerChunkMax = 4096;
  constexpr std::size_t kPerHugePage = std::bit_ceil(memory::kHugePage / sizeof(EntryType));
  const std::size_t by_entries = setup.entries_share / 16;
  const std::size_t by_bytes = static_cast<std::size_t>(setup.bytes_share.count() / 64 / sizeof(EntryType));
  if (setup.entries_share / 8 >= kPerHugePage && by_bytes >= kPerHugePage) {
    return kPerHugePage;
  }
  return std::clamp(std::bit_floor(std::min(by_entries, by_bytes)), kPerChunkMin, kPerChunkMax);
}

template <typename K, typename V, typename Traits>
std::size_t CacheShard<K, V, Traits>::IndexedAtFirst(const ShardSetup& setup) noexcept {
  // Ready for all entries where that is a small part of the bytes: then no store ever waits for a bigger table.
  const bool affordable = setup.entries_share <= kIndexedAtFirstMax &&
                          SlotIndex::BytesFor(setup.entries_share).count() <= setup.bytes_share.count() / 8;
  return affordable ? setup.entries_share : kSlotsMin;
}

template <typename K, typename V, typename Traits>
TimePoint CacheShard<K, V, Traits>::GoneAt(Duration::rep expires) const noexcept {
  const Duration::rep stale = stale_for_.count();
  return TimePoint(Duration(expires > EntryType::kNever - stale ? EntryType::kNever : expires + stale));
}

template <typename K, typename V, typename Traits>
typename CacheShard<K, V, Traits>::Freshness CacheShard<K, V, Traits>::FreshnessOf(Duration::rep expires,
                                                                                   TimePoint now) const noexcept {
  if (now.time_since_epoch().count() < expires) {
    return Freshness::kFresh;
  }
  return now < GoneAt(expires) ? Freshness::kStale : Freshness::kGone;
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::TellHits() {
  const std::size_t count = std::exchange(hits_count_, std::size_t{0});
  counts.hits_told += count;
  policy_->OnHits({hits_noted_.data(), count});
  ChargeOverhead();
}

template <typename K, typename V, typename Traits>
std::vector<Slot> CacheShard<K, V, Traits>::ColdestFirst() {
  FlushHits();
  std::vector<Slot> slots;
  slots.reserve(index_.size());
  policy_->AppendColdestFirst(slots);
  index_.ForEach([&](Slot slot) {
    if (slab_[slot].pins > 0) {
      slots.push_back(slot);
    }
  });
  return slots;
}

template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::TooLarge(std::uint64_t charge) const noexcept {
  const std::uint64_t beside = budget_.fixed() + slab_.chunk_bytes().count() + kFirstEntryBytes;
  const std::uint64_t most = budget_.bytes_max();
  return charge > kChargeMax || charge > most || beside > most - charge;
}

template <typename K, typename V, typename Traits>
typename CacheShard<K, V, Traits>::PutResult CacheShard<K, V, Traits>::Put(KeyHash hash, const Item& item,
                                                                           bool& replaces, Removed& removed) {
  FlushHits();
  const Slot existing = Find(hash, item.key);
  const std::uint64_t charge = item.owned > kChargeMax ? item.owned : Granules(item.owned) * kChargeGranule;
  replaces = replaces || existing != kNoSlot;
  if (!replaces && !TooLarge(charge) && PutInVictimsPlace(hash, item, charge, removed)) [[likely]] {
    return PutResult::kInserted;
  }
  return PutFurther(existing, hash, item, charge, replaces, removed);
}

// All that is not one for one.
template <typename K, typename V, typename Traits>
typename CacheShard<K, V, Traits>::PutResult CacheShard<K, V, Traits>::PutFurther(Slot existing, KeyHash hash,
                                                                                  const Item& item,
                                                                                  std::uint64_t charge, bool& replaces,
                                                                                  Removed& removed) {
  if (TooLarge(charge)) {
    if (existing != kNoSlot) {
      Remove(existing, RemovalReason::kErased, removed);
    }
    ++counts.refusals_too_large;
    return PutResult::kTooLarge;
  }
  if (existing != kNoSlot) {
    if (Replace(existing, hash, item, removed)) {
      return PutResult::kReplaced;
    }
    Remove(existing, RemovalReason::kReplaced, removed);
  }
  if (!TakeEntry(hash, removed)) {
    ChargeOverhead();
    return PutResult::kNoEntryHere;
  }
  if (!TakeBytes(hash, charge, removed)) {
    budget_.GiveEntry();
    ChargeOverhead();
    return PutResult::kNoBytesHere;
  }
  const Slot slot = slab_.Take();
  Fill(slot, hash, item);
  index_.Insert(hash, slot);
  GrowPolicy();
  policy_->OnInsert(slot, hash);
  counts.insertions += replaces ? 0U : 1U;
  SettleOverhead(hash, removed);
  return replaces ? PutResult::kReplaced : PutResult::kInserted;
}

// In a full cache the newcomer takes the victim's entry and slot, one for one: no limit and no free list is asked.
// False: the cache is not full, or the newcomer needs more bytes than the victim leaves and there are.
template <typename K, typename V, typename Traits>
[[gnu::always_inline]] inline bool CacheShard<K, V, Traits>::PutInVictimsPlace(KeyHash hash, const Item& item,
                                                                               std::uint64_t charge, Removed& removed) {
  const bool full = budget_.entries() == budget_.entries_max() && !budget_.over_bytes();
  if (!full || resident() == 0 || index_.size() > policy_entries_) {
    return false;
  }
  // What owns nothing fits whatever the victim leaves, so the policy can do both at once.
  const Slot slot = charge == 0 ? policy_->EvictAndInsert(hash) : policy_->Evict(hash);
  const std::uint64_t left = slab_[slot].granules * kChargeGranule;
  Forget(slot, RemovalReason::kEntryLimit);
  TakeOut(slab_[slot], RemovalReason::kEntryLimit, removed);
  if (left != charge) {
    if (charge > left && !budget_.TryTakeBytes(charge - left)) {
      GiveBack(slot);
      return false;
    }
    if (charge < left) {
      budget_.GiveBytes(left - charge);
    }
    owned_ += charge - left;
  }
  Fill(slot, hash, item);
  index_.Insert(hash, slot);
  if (charge != 0) {
    policy_->OnInsert(slot, hash);
  } else if (const Slot next = policy_->next_victim(); next != kNoSlot) {
    index_.Prefetch(slab_[next].HashOfKey());  // which the next store waits for otherwise
  }
  ++counts.insertions;
  SettleOverhead(hash, removed);
  return true;
}

// In place, where nobody reads the old value and the new one needs no more room than there is.
template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::Replace(Slot slot, KeyHash hash, const Item& item, Removed& removed) {
  EntryType& entry = slab_[slot];
  const bool both_values = entry.state == EntryState::kValue && item.value != nullptr;
  if (entry.pins > 0 || !both_values) {
    return false;
  }
  const std::uint64_t before = entry.granules * kChargeGranule;
  const std::uint64_t after = Granules(item.owned) * kChargeGranule;
  if (after > before && !budget_.TryTakeBytes(after - before)) {
    return false;
  }
  if (after < before) {
    budget_.GiveBytes(before - after);
  }
  owned_ += after - before;
  if (keeps_removed_) {
    removed.Add(std::move(entry.key), std::move(entry.value), RemovalReason::kReplaced);
    entry.key.~K();
    entry.value.~V();
    new (&entry.key) K(std::move(item.key));
    new (&entry.value) V(std::move(*item.value));
  } else {
    entry.value.~V();
    new (&entry.value) V(std::move(*item.value));
  }
  entry.granules = Granules(item.owned);
  SetExpiry(slot, item.expires);
  ++counts.removals[static_cast<std::size_t>(RemovalReason::kReplaced)];
  policy_->OnHit(slot);
  SettleOverhead(hash, removed);
  return true;
}

// Takes an entry from the budget. Evicts until that is possible.
template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::TakeEntry(KeyHash hash, Removed& removed) {
  while (!budget_.TryTakeEntry()) {
    if (!EvictOne(hash, RemovalReason::kEntryLimit, removed)) {
      return false;
    }
  }
  return true;
}

// Takes an entry's bytes from the budget, and room in the slab and the index. Evicts until that is possible.
template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::TakeBytes(KeyHash hash, std::uint64_t charge, Removed& removed) {
  while (!TryTakeBytes(charge)) {
    // One eviction leaves a slot, which is all that an entry needs that owns nothing.
    const bool freed = slab_.full() ? EvictOne(hash, RemovalReason::kByteLimit, removed)
                                    : FreeSomeBytes(hash, RemovalReason::kByteLimit, removed);
    if (!freed) {
      return false;
    }
  }
  return true;
}

template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::TryTakeBytes(std::uint64_t charge) {
  const bool slab_grows = slab_.full();
  const bool index_grows = index_.size() == index_.capacity();
  if (slab_grows && slab_.slots() >= slots_max_) {
    return false;
  }
  const std::uint64_t growth = (slab_grows ? slab_.chunk_bytes().count() : 0) +
                               (index_grows ? (SlotIndex::BytesFor(GrownCapacity()) - index_.bytes()).count() : 0);
  // What the policy's tables take for a large entry is kept free for a moment: to make room for them afterwards could
  // be at the newcomer's cost.
  const std::uint64_t spare = charge > slab_.chunk_bytes().count() ? kFirstEntryBytes : 0;
  if (!budget_.TryTakeBytes(charge + growth + spare)) {
    return false;
  }
  budget_.GiveBytes(spare);
  if (slab_grows) {
    slab_.Grow();
  }
  if (index_grows) {
    index_.Rehash(GrownCapacity(), [&](Slot slot) { return slab_[slot].HashOfKey(); });
  }
  tables_grew_ = tables_grew_ || growth > 0;
  overhead_ += growth;
  owned_ += charge;
  return true;
}

template <typename K, typename V, typename Traits>
inline void CacheShard<K, V, Traits>::Fill(Slot slot, KeyHash hash, const Item& item) {
  EntryType& entry = slab_[slot];
  new (&entry.key) K(std::move(item.key));
  if (item.value != nullptr) {
    new (&entry.value) V(std::move(*item.value));
  }
  if constexpr (!Traits::kHashIsCheap) {
    entry.stored_hash.hash = hash;
  }
  entry.state = item.value != nullptr ? EntryState::kValue : EntryState::kAbsent;
  entry.granules = Granules(item.owned);
  entry.pins = 0;
  entry.expires = item.expires;
  entry.timed = item.expires != EntryType::kNever;
  if (entry.timed) {
    AddToWheel(slot);
  }
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::SetExpiry(Slot slot, Duration::rep expires) {
  EntryType& entry = slab_[slot];
  if (entry.expires == expires) {
    return;
  }
  wheel_.Remove(slot);
  entry.expires = expires;
  entry.timed = expires != EntryType::kNever;
  if (entry.timed) {
    AddToWheel(slot);
  }
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::AddToWheel(Slot slot) {
  const Bytes before = wheel_.bytes();
  wheel_.Add(slot, GoneAt(slab_[slot].expires));
  tables_grew_ = tables_grew_ || wheel_.bytes() != before;
}

// The policy's idea of the size follows the slots that exist, in steps of a quarter, so that its memory of
// what has gone is in proportion where the byte limit binds long before the entry limit.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::GrowPolicy() {
  const std::size_t slots = index_.size();
  if (slots > policy_entries_) [[unlikely]] {
    policy_entries_ = std::max(std::min(share_, slots + slots / 4), slots);
    policy_->Resize(policy_entries_);
  }
}

// What the bookkeeping has grown by was there before it could be counted: evictions pay for it, and for what they make
// the policy remember. The last entry, mostly the newcomer, stays: other shards have more to give, and whoever called
// the shard asks them.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::PayForGrowth(KeyHash hash, Removed& removed) {
  for (ChargeOverhead(); budget_.over_bytes(); ChargeOverhead()) {
    const std::uint64_t owned_before = owned_;
    if (resident() <= 1) {
      return;
    }
    EvictOne(hash, RemovalReason::kByteLimit, removed);
    if (owned_ == owned_before) {
      Squeeze(hash, removed);
      return;
    }
  }
}

// Entries that own nothing free nothing until a chunk is empty. So one in sixteen goes, the rest moves together, and
// the shard remembers how many slots it can afford.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::Squeeze(KeyHash hash, Removed& removed) {
  bool evicted = true;
  while (evicted && budget_.over_bytes()) {
    evicted = resident() > 1;
    for (std::size_t left = resident() / 16 + 1; left > 0 && resident() > 1; --left) {
      EvictOne(hash, RemovalReason::kByteLimit, removed);
    }
    Compact();
    slots_max_ = std::max(slab_.slots(), slab_.per_chunk());
  }
}

template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::EvictOne(KeyHash incoming, RemovalReason reason, Removed& removed) {
  FlushHits();
  if (resident() == 0) {
    return false;
  }
  const Slot slot = policy_->Evict(incoming);
  Forget(slot, reason);
  Destroy(slot, reason, removed);
  return true;
}

// What the policy has evicted is not found and does not expire any more.
template <typename K, typename V, typename Traits>
inline void CacheShard<K, V, Traits>::Forget(Slot slot, RemovalReason reason) {
  const KeyHash hash = slab_[slot].HashOfKey();
  evicted_.Evicted(hash);
  index_.Erase(hash, slot);
  wheel_.Remove(slot);
  ++counts.removals[static_cast<std::size_t>(reason)];
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::Remove(Slot slot, RemovalReason reason, Removed& removed) {
  FlushHits();
  EntryType& entry = slab_[slot];
  index_.Erase(entry.HashOfKey(), slot);
  wheel_.Remove(slot);
  ++counts.removals[static_cast<std::size_t>(reason)];
  if (entry.pins > 0) {
    entry.state = EntryState::kDetached;
    entry.detached_because = reason;
    ++detached_;
    return;
  }
  policy_->OnErase(slot);
  Destroy(slot, reason, removed);
  ChargeOverhead();
}

// REQUIRES: the slot is in the slab alone.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::Destroy(Slot slot, RemovalReason reason, Removed& removed) {
  TakeOut(slab_[slot], reason, removed);
  GiveBack(slot);
}

// Ends key and value, or hands them over to whom it concerns.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::TakeOut(EntryType& entry, RemovalReason reason, Removed& removed) {
  const bool has_value = entry.state != EntryState::kAbsent;
  if (keeps_removed_) {
    removed.Add(std::move(entry.key), has_value ? std::optional<V>(std::move(entry.value)) : std::nullopt, reason);
  }
  entry.key.~K();
  if (has_value) {
    entry.value.~V();
  }
}

// REQUIRES: key and value have ended.
template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::GiveBack(Slot slot) {
  const std::uint64_t charge = slab_[slot].granules * kChargeGranule;
  owned_ -= charge;
  budget_.GiveBytes(charge);
  budget_.GiveEntry();
  slab_.Free(slot);
}

template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::Pin(Slot slot) {
  EntryType& entry = slab_[slot];
  if (entry.state != EntryState::kValue || entry.pins == kPinsMax) {
    return false;
  }
  if (entry.pins++ == 0) {
    FlushHits();
    policy_->OnErase(slot);
    ChargeOverhead();
    ++pinned_;
  }
  return true;
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::Unpin(Slot slot, Removed& removed) {
  EntryType& entry = slab_[slot];
  ATTUNE_CHECK(entry.pins > 0, "a pin is given back once");
  if (--entry.pins > 0) {
    return;
  }
  --pinned_;
  if (entry.state == EntryState::kDetached) {
    --detached_;
    Destroy(slot, entry.detached_because, removed);
    return;
  }
  FlushHits();
  policy_->OnInsert(slot, entry.HashOfKey());
  SettleOverhead(entry.HashOfKey(), removed);
}

template <typename K, typename V, typename Traits>
std::uint64_t CacheShard<K, V, Traits>::MeasureOverhead() const noexcept {
  return (memory::HeapBlockSize(sizeof(*this)) + index_.bytes() + slab_.bytes() + policy_->bytes() + wheel_.bytes())
      .count();
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::ChargeMeasured() noexcept {
  policy_->ForgetGrowth();
  tables_grew_ = false;
  const std::uint64_t measured = MeasureOverhead();
  if (measured != overhead_) {
    budget_.Charge(measured - overhead_);  // modulo 2^64: less is a negative charge
    overhead_ = measured;
  }
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::CheckInvariants() const {
  std::size_t in_policy = 0;
  std::size_t pinned = 0;
  std::size_t timed = 0;
  std::uint64_t owned = 0;
  std::size_t used = 0;
  for (std::size_t i = 0; i < slab_.used(); ++i) {
    const Slot slot = static_cast<Slot>(i);
    const EntryType& entry = slab_[slot];
    if (entry.state == EntryState::kFree) {
      ATTUNE_CHECK(!wheel_.Contains(slot), "a free slot does not expire");
      continue;
    }
    ++used;
    owned += entry.granules * kChargeGranule;
    pinned += entry.pins > 0 ? 1U : 0U;
    if (entry.state == EntryState::kDetached) {
      ATTUNE_CHECK(entry.pins > 0, "only pins keep what has left");
      continue;
    }
    ATTUNE_CHECK(Find(entry.HashOfKey(), entry.key) == slot, "every entry is found by its key");
    in_policy += entry.pins == 0 ? 1U : 0U;
    timed += entry.timed ? 1U : 0U;
    ATTUNE_CHECK(entry.timed == (entry.expires != EntryType::kNever), "an entry knows whether it has a time");
    ATTUNE_CHECK(wheel_.Contains(slot) == entry.timed, "what expires is in the wheel");
  }
  ATTUNE_CHECK(index_.size() + detached_ == used, "the index holds every entry that has not left");
  ATTUNE_CHECK(policy_->resident() == in_policy && resident() == in_policy,
               "the policy holds every entry without a pin");
  ATTUNE_CHECK(pinned == pinned_ && owned == owned_ && timed == wheel_.size(), "the sums agree with the entries");
  ATTUNE_CHECK(MeasureOverhead() == overhead_, "bookkeeping is charged");
  wheel_.CheckInvariants();
  policy_->CheckInvariants();
}

}  // namespace attune::cache

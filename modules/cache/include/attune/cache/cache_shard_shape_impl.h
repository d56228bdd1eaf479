#pragma once
// The members of CacheShard that change its shape: giving memory back, moving entries together, another policy or
// size. Included by cache_shard.h alone.

#include "attune/cache/cache_shard.h"

namespace attune::cache {

template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::FreeSomeBytes(KeyHash incoming, RemovalReason reason, Removed& removed) {
  ChargeOverhead();
  const std::uint64_t before = bytes();
  bool evicted = true;
  while (evicted) {
    evicted = false;
    for (std::size_t left = resident() / 16 + 1; left > 0 && EvictOne(incoming, reason, removed); --left) {
      evicted = true;
      if (bytes() < before) {
        return true;
      }
    }
    if (!evicted && !CompactionPays()) {
      return false;
    }
    Compact();
    if (bytes() < before) {
      return true;
    }
  }
  return false;
}

// A chunk would be free, or the index is mostly empty.
template <typename K, typename V, typename Traits>
bool CacheShard<K, V, Traits>::CompactionPays() const noexcept {
  return FreeSlots() >= slab_.per_chunk() || (index_.capacity() > kSlotsMin && index_.size() < index_.capacity() / 2);
}

// Evicts down to so many entries and bytes, as far as it can. Bytes come back with what entries own, and a chunk of
// slots at a time: entries go until enough slots are free, and then the rest moves together, once for all of them.
// What that brings is guessed first, with all tables in proportion, and then reckoned without them. Tables that are
// mostly empty become smaller before anything goes. Ends early, with what it has, when it is `late`. True: something
// has gone.
template <typename K, typename V, typename Traits>
template <typename Late>
bool CacheShard<K, V, Traits>::ShrinkTo(std::size_t entries_max, std::uint64_t bytes_max, Late&& late,
                                        Removed& removed) {
  ChargeOverhead();
  const std::size_t entries_before = entries();
  if (bytes() > bytes_max && CompactionPays()) {
    Compact();
  }
  std::uint64_t per_slot = overhead_ / std::max<std::size_t>(slab_.slots(), 1);
  for (bool ends = false; !ends && (entries() > entries_max || bytes() > bytes_max);) {
    const std::uint64_t before = bytes();
    const auto enough = [&] {
      const std::size_t slots = FreeSlots() / slab_.per_chunk() * slab_.per_chunk();
      return entries() <= entries_max && (bytes() <= bytes_max || slots * per_slot >= bytes() - bytes_max);
    };
    for (std::size_t count = 1; !ends && !enough(); ++count) {
      ends = !EvictOne(0, RemovalReason::kShrink, removed) || (count % kEvictionsBetweenLooks == 0 && late());
    }
    ChargeOverhead();  // what evictions make the policy remember
    if (bytes() > bytes_max || CompactionPays()) {
      Compact();
    }
    ends = ends || bytes() >= before;
    per_slot = slab_.chunk_bytes().count() / slab_.per_chunk();
  }
  return entries() < entries_before;
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::SetPolicy(PolicyKind kind, Removed& removed) {
  FlushHits();
  std::vector<Slot> order;
  order.reserve(policy_->resident());
  policy_->AppendColdestFirst(order);
  std::vector<ResidentSlot> residents;
  residents.reserve(order.size());
  for (const Slot slot : order) {
    residents.push_back({slot, slab_[slot].HashOfKey()});
  }
  policy_ = HandOver(kind, {.entries_max = policy_entries_}, residents);
  kind_ = kind;
  SettleOverhead(0, removed);
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::SetShare(std::size_t entries_share) {
  share_ = entries_share;
  slots_max_ = kEntriesUnbounded;
  policy_entries_ = std::min(policy_entries_, std::max(share_, index_.size()));
  FlushHits();
  policy_->Resize(policy_entries_);
  ChargeOverhead();
}

template <typename K, typename V, typename Traits>
void CacheShard<K, V, Traits>::Compact() {
  FlushHits();
  const std::vector<Slot> moved_to = MoveTogether();
  policy_entries_ = std::max(std::min(share_, index_.size() + index_.size() / 4), std::min(share_, kSlotsMin));
  // With nobody left it remembers nothing either: what is stored next may need the room.
  policy_ = policy_->resident() == 0 ? MakePolicy(kind_, {.entries_max = policy_entries_})
                                     : policy_->Renumbered(moved_to, std::max(policy_entries_, policy_->resident()));
  slab_.ReleaseTail();
  wheel_.ShrinkTo(slab_.slots());
  if (index_.size() < index_.capacity() / 2) {
    index_.Rehash(std::max(index_.size() + index_.size() / 4, kSlotsMin),
                  [&](Slot slot) { return slab_[slot].HashOfKey(); });
  }
  ChargeOverhead();
}

// Fills the free slots in front with entries from behind. Answers where each slot's entry is now.
template <typename K, typename V, typename Traits>
std::vector<Slot> CacheShard<K, V, Traits>::MoveTogether() {
  std::vector<Slot> moved_to(slab_.used());
  for (std::size_t i = 0; i < moved_to.size(); ++i) {
    moved_to[i] = static_cast<Slot>(i);
  }
  Slot hole = 0;
  for (Slot from = static_cast<Slot>(slab_.used()); from-- > 0;) {
    EntryType& source = slab_[from];
    const bool moves = source.state != EntryState::kFree && source.pins == 0;
    while (moves && hole < from && slab_[hole].state != EntryState::kFree) {
      ++hole;
    }
    if (!moves || hole >= from) {
      continue;
    }
    const KeyHash hash = source.HashOfKey();
    Item item{source.key, source.state == EntryState::kValue ? &source.value : nullptr, source.expires,
              source.granules * kChargeGranule};
    wheel_.Remove(from);
    Fill(hole, hash, item);
    source.key.~K();
    if (item.value != nullptr) {
      source.value.~V();
    }
    source.state = EntryState::kFree;
    index_.Move(hash, from, hole);
    moved_to[from] = hole;
  }
  return moved_to;
}

}  // namespace attune::cache

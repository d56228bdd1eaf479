#pragma once
// Policy: which resident entry goes next. One small interface for every replacement policy.
//
// A cache keeps its entries in numbered slots and tells its policy what happens to them;
// the policy keeps whatever it needs beside (queues, ghosts, frequencies) and names victims.
// It never sees a key or a value, only the key's hash, by which it recognises what returns.
//
//   std::unique_ptr<Policy> policy = MakePolicy(PolicyKind::kS3Fifo, {.entries_max = 1000});
//   if (policy->resident() == 1000) Reuse(policy->Evict(hash));  // make room first ...
//   policy->OnInsert(slot, hash);                                // ... then insert
//
// Order      (Evict* OnInsert | EvictAndInsert | OnHit | OnErase | Resize)*. A slot is resident from its OnInsert
//            until Evict answers it or OnErase names it (CHECKed in CheckInvariants, not on the way).
// Threads    none: whoever holds the shard's lock.
// Cost       O(1) amortised for each call; bytes() says what it holds.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"

namespace attune::cache {

using Slot = std::uint32_t;     // index of an entry within its shard
using KeyHash = std::uint64_t;  // well mixed; two keys with one hash share their history, nothing else
inline constexpr Slot kNoSlot = ~Slot{0};

class Policy {
 public:
  // Which policies say when their tables grow (grown): the others are asked for their bytes every time.
  enum class Growth : std::uint8_t { kUnknown, kTold };

  explicit Policy(Growth growth = Growth::kUnknown) : growth_(growth) {}
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;
  virtual ~Policy() = default;

  virtual std::string_view name() const noexcept = 0;  // "s3-fifo"; constant
  virtual std::size_t resident() const noexcept = 0;
  virtual Bytes bytes() const noexcept = 0;  // what the policy itself holds, ghosts included

  // REQUIRES: `slot` is resident (OnHit, OnErase) or is not (OnInsert).
  virtual void OnHit(Slot slot) = 0;
  virtual void OnInsert(Slot slot, KeyHash key) = 0;
  virtual void OnErase(Slot slot) = 0;  // left for another reason than eviction: not remembered as a ghost

  // OnHit for each, in their order. One call for many hits: what it calls is known then, and misses overlap.
  virtual void OnHits(std::span<const Slot> slots) {
    for (const Slot slot : slots) OnHit(slot);
  }

  // The slot that makes room for `incoming`; no longer resident afterwards.
  // REQUIRES: resident() > 0.
  virtual Slot Evict(KeyHash incoming) = 0;

  // Evict, and OnInsert of `incoming` into the slot that it answers.
  // REQUIRES: resident() > 0.
  virtual Slot EvictAndInsert(KeyHash incoming) {
    const Slot slot = Evict(incoming);
    OnInsert(slot, incoming);
    return slot;
  }

  // The number of entries that this cache can hold now. Evicts nothing by itself: the
  // owner calls Evict until it fits.
  virtual void Resize(std::size_t entries_max) = 0;

  // Appends every resident slot, the one to evict first in front: how one policy hands
  // its entries to the next.
  virtual void AppendColdestFirst(std::vector<Slot>& slots) const = 0;

  // The same policy with all that it knows, for entries that have changed their slots: the one in `slot` is in to[slot]
  // now. It holds `entries_max` entries at most, and its tables fit what there is. This one is used up.
  // REQUIRES: to.size() is above every resident slot; entries_max >= resident().
  virtual std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) = 0;

  // Right after EvictAndInsert: who goes next if nothing else happens, so that the cache can fetch what it will read
  // then. A guess, but a resident slot; or kNoSlot.
  Slot next_victim() const noexcept { return next_victim_; }

  // Whether bytes() may have changed since the last ForgetGrowth. To ask is cheap; to add the bytes up at every store
  // is not.
  bool grown() const noexcept { return grown_; }
  void ForgetGrowth() noexcept { grown_ = growth_ == Growth::kUnknown; }

  virtual void CheckInvariants() const = 0;  // O(resident + ghosts), for tests

 protected:
  void NoteGrowth(bool grown) noexcept { grown_ |= grown; }
  void NoteNextVictim(Slot slot) noexcept { next_victim_ = slot; }

 private:
  const Growth growth_;
  bool grown_ = true;
  Slot next_victim_ = kNoSlot;
};

}  // namespace attune::cache

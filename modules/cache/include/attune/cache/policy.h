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
// Order      (Evict* OnInsert | OnHit | OnErase | Resize)*. A slot is resident from its OnInsert
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
  Policy() = default;
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

  // The slot that makes room for `incoming`; no longer resident afterwards.
  // REQUIRES: resident() > 0.
  virtual Slot Evict(KeyHash incoming) = 0;

  // The number of entries that this cache can hold now. Evicts nothing by itself: the
  // owner calls Evict until it fits.
  virtual void Resize(std::size_t entries_max) = 0;

  // Appends every resident slot, the one to evict first in front: how one policy hands
  // its entries to the next.
  virtual void AppendColdestFirst(std::vector<Slot>& slots) const = 0;

  virtual void CheckInvariants() const = 0;  // O(resident + ghosts), for tests
};

}  // namespace attune::cache

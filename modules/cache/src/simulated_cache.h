#pragma once
// SimulatedCache: a cache of keys without values: a policy, and which slot holds which key.
//
// It is the unit of the miniature simulations by which the live cache chooses its policy, and
// of the replay of a trace; so what is predicted and what is measured run the same code.
//
//   SimulatedCache cache(PolicyKind::kSieve, 1000);
//   for (const KeyHash key : requests) hits += cache.Access(key) ? 1 : 0;
//
// Ownership  owns its policy.
// Threads    none.
// Cost       an access is one probe and one or two calls of the policy; 16 to 24 bytes an entry
//            beside the policy's own.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policies.h"
#include "attune/cache/policy.h"
#include "hash_index.h"

namespace attune::cache {

class SimulatedCache {
 public:
  // REQUIRES: entries_max > 0.
  SimulatedCache(PolicyKind kind, std::size_t entries_max);

  // True if the key was there. It is there afterwards.
  bool Access(KeyHash key);
  // Does not count as an access.
  bool Contains(KeyHash key) const { return index_.Find(key, keys_) != HashIndex::kNone; }

  // Holds these keys from now on, the coldest first, as entries that have proved themselves; see HandOver.
  // REQUIRES: it is empty; at most entries_max keys.
  void Adopt(std::span<const KeyHash> keys);
  void AppendColdestFirst(std::vector<KeyHash>& keys) const;

  // The entries stay; see HandOver.
  void ChangePolicy(PolicyKind kind);

  // Evicts until it fits. REQUIRES: entries_max > 0.
  void Resize(std::size_t entries_max);

  const Policy& policy() const noexcept { return *policy_; }
  std::size_t entries_max() const noexcept { return entries_max_; }
  std::size_t resident() const noexcept { return index_.size(); }
  Bytes bytes() const noexcept;  // the policy's included

  void CheckInvariants() const;  // O(entries), for tests

 private:
  Slot TakeSlot();
  void Evict(KeyHash incoming);

  std::size_t entries_max_;
  PolicyKind policy_kind_;
  std::unique_ptr<Policy> policy_;
  HashIndex index_;            // of the resident slots
  std::vector<KeyHash> keys_;  // by slot
  std::vector<Slot> free_;     // slots below keys_.size() that hold nothing
};

}  // namespace attune::cache

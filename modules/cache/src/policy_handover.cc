#include "attune/cache/policy_handover.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace attune::cache {
namespace {

// Runs a policy over past accesses. A key that is resident in truth has its true slot here, so that nothing
// needs to be renamed afterwards; the others borrow slots above all true ones.
class Rehearsal {
 public:
  Rehearsal(Policy& policy, std::size_t entries_max, std::span<const ResidentSlot> residents)
      : policy_(policy), entries_max_(entries_max) {
    for (const ResidentSlot& resident : residents) {
      true_slots_.emplace(resident.key, resident.slot);
      borrowed_from_ = std::max(borrowed_from_, resident.slot + 1);
    }
    keys_.resize(borrowed_from_);
  }

  void Access(KeyHash key) {
    if (const auto found = slots_.find(key); found != slots_.end()) {
      policy_.OnHit(found->second);
      return;
    }
    if (slots_.size() >= entries_max_) Evict(key);
    const Slot slot = SlotFor(key);
    keys_[slot] = key;
    slots_.emplace(key, slot);
    policy_.OnInsert(slot, key);
  }

  void ReturnBorrowed() {
    for (const auto& [key, slot] : slots_) {
      if (slot >= borrowed_from_) policy_.OnErase(slot);
    }
  }

  bool Holds(KeyHash key) const { return slots_.contains(key); }

 private:
  void Evict(KeyHash incoming) {
    const Slot victim = policy_.Evict(incoming);
    slots_.erase(keys_[victim]);
    if (victim >= borrowed_from_) free_.push_back(victim);
  }

  Slot SlotFor(KeyHash key) {
    if (const auto found = true_slots_.find(key); found != true_slots_.end()) return found->second;
    if (free_.empty()) {
      keys_.push_back(0);
      return static_cast<Slot>(keys_.size() - 1);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }

  Policy& policy_;
  std::size_t entries_max_;
  Slot borrowed_from_ = 0;
  std::unordered_map<KeyHash, Slot> true_slots_;
  std::unordered_map<KeyHash, Slot> slots_;  // resident in the rehearsal
  std::vector<KeyHash> keys_;                // by slot
  std::vector<Slot> free_;                   // borrowed ones
};

}  // namespace

std::unique_ptr<Policy> HandOver(PolicyKind kind, const PolicyConfig& config, std::span<const ResidentSlot> residents,
                                 std::span<const KeyHash> history) {
  std::unique_ptr<Policy> policy = MakePolicy(kind, config);
  Rehearsal rehearsal(*policy, config.entries_max, residents);
  for (const KeyHash key : history) rehearsal.Access(key);
  rehearsal.ReturnBorrowed();
  for (const ResidentSlot& resident : residents) {
    if (!rehearsal.Holds(resident.key)) policy->OnInsert(resident.slot, resident.key);
  }
  return policy;
}

}  // namespace attune::cache

#include "simulated_cache.h"

#include "attune/base/check.h"
#include "attune/cache/policy_handover.h"

namespace attune::cache {

SimulatedCache::SimulatedCache(PolicyKind kind, std::size_t entries_max)
    : entries_max_(entries_max), policy_kind_(kind), policy_(MakePolicy(kind, {.entries_max = entries_max})) {}

bool SimulatedCache::Access(KeyHash key) {
  if (const Slot slot = index_.Find(key, keys_); slot != HashIndex::kNone) {
    policy_->OnHit(slot);
    return true;
  }
  if (resident() >= entries_max_) Evict(key);
  const Slot slot = TakeSlot();
  keys_[slot] = key;
  index_.Insert(slot, keys_);
  policy_->OnInsert(slot, key);
  return false;
}

void SimulatedCache::Adopt(std::span<const KeyHash> keys) {
  ATTUNE_CHECK(resident() == 0 && keys.size() <= entries_max_, "an empty cache adopts what it can hold");
  std::vector<ResidentSlot> residents;
  residents.reserve(keys.size());
  for (const KeyHash key : keys) {
    if (Contains(key)) continue;
    const Slot slot = TakeSlot();
    keys_[slot] = key;
    index_.Insert(slot, keys_);
    residents.push_back({slot, key});
  }
  policy_ = HandOver(policy_kind_, {.entries_max = entries_max_}, residents);
}

void SimulatedCache::AppendColdestFirst(std::vector<KeyHash>& keys) const {
  std::vector<Slot> slots;
  policy_->AppendColdestFirst(slots);
  for (const Slot slot : slots) keys.push_back(keys_[slot]);
}

void SimulatedCache::ChangePolicy(PolicyKind kind) {
  std::vector<Slot> slots;
  slots.reserve(resident());
  policy_->AppendColdestFirst(slots);
  std::vector<ResidentSlot> residents;
  residents.reserve(slots.size());
  for (const Slot slot : slots) residents.push_back({slot, keys_[slot]});
  policy_kind_ = kind;
  policy_ = HandOver(kind, {.entries_max = entries_max_}, residents);
}

void SimulatedCache::Resize(std::size_t entries_max) {
  ATTUNE_CHECK(entries_max > 0, "a cache holds at least one entry");
  entries_max_ = entries_max;
  policy_->Resize(entries_max);
  while (resident() > entries_max_) Evict(0);
}

Bytes SimulatedCache::bytes() const noexcept {
  return Bytes(sizeof(*this) + keys_.capacity() * sizeof(KeyHash) + free_.capacity() * sizeof(Slot)) + index_.bytes() +
         policy_->bytes();
}

void SimulatedCache::CheckInvariants() const {
  policy_->CheckInvariants();
  ATTUNE_CHECK(policy_->resident() == resident(), "the policy knows every entry");
  ATTUNE_CHECK(resident() <= entries_max_, "the limit holds");
  ATTUNE_CHECK(resident() + free_.size() == keys_.size(), "a slot holds a key or is free");
}

Slot SimulatedCache::TakeSlot() {
  if (free_.empty()) {
    keys_.push_back(0);
    return static_cast<Slot>(keys_.size() - 1);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  return slot;
}

void SimulatedCache::Evict(KeyHash incoming) {
  const Slot victim = policy_->Evict(incoming);
  index_.Erase(victim, keys_);
  free_.push_back(victim);
}

}  // namespace attune::cache

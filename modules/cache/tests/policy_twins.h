#pragma once
// Runs a policy and its reference side by side from a script of bytes, as a cache would.
//
//   EXPECT_EQ(RunTwins(PolicyKind::kArc, script), "");   // "" or the first difference
//
// The first four bytes choose capacity, key range and shares; then two bytes make a step: an access to a key or
// to the next of a loop, an erasure, an eviction for room alone (a byte limit), or a resize.

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "attune/cache/policies.h"
#include "reference_policies.h"

namespace attune::cache {

class PolicyTwins {
 public:
  PolicyTwins(PolicyKind kind, const PolicyConfig& config, bool collides)
      : policy_(MakePolicy(kind, config)),
        reference_(reference::MakeReference(kind, config)),
        entries_max_(config.entries_max),
        collides_(collides) {}

  const std::string& difference() const { return difference_; }

  void Access(std::uint64_t key) {
    if (const auto found = slots_.find(key); found != slots_.end()) {
      policy_->OnHit(found->second);
      reference_->OnHit(found->second);
      return;
    }
    while (slots_.size() >= entries_max_) Evict(HashOf(key));
    const Slot slot = FreeSlot();
    policy_->OnInsert(slot, HashOf(key));
    reference_->OnInsert(slot, HashOf(key));
    slots_[key] = slot;
  }

  void Erase(std::uint64_t key) {
    const auto found = slots_.find(key);
    if (found == slots_.end()) return;
    policy_->OnErase(found->second);
    reference_->OnErase(found->second);
    free_.push_back(found->second);
    slots_.erase(found);
  }

  void Evict(KeyHash incoming) {
    if (slots_.empty()) return;
    const Slot victim = policy_->Evict(incoming);
    const Slot expected = reference_->Evict(incoming);
    if (victim != expected && difference_.empty()) {
      difference_ = "evicts " + std::to_string(victim) + ", the reference " + std::to_string(expected);
    }
    const auto found = std::ranges::find(slots_, victim, &std::pair<const std::uint64_t, Slot>::second);
    ATTUNE_CHECK(found != slots_.end(), "a victim is resident");
    slots_.erase(found);
    free_.push_back(victim);
  }

  void Resize(std::size_t entries_max) {
    entries_max_ = entries_max;
    policy_->Resize(entries_max);
    reference_->Resize(entries_max);
    while (slots_.size() > entries_max_) Evict(0);
  }

  void Check() {
    policy_->CheckInvariants();
    std::vector<Slot> order;
    std::vector<Slot> expected;
    policy_->AppendColdestFirst(order);
    reference_->AppendColdestFirst(expected);
    if (order != expected && difference_.empty()) difference_ = "orders its entries in another way";
    if (policy_->resident() != slots_.size() && difference_.empty()) difference_ = "counts its entries wrongly";
  }

  KeyHash HashOf(std::uint64_t key) const {
    const std::uint64_t mixed = ((collides_ ? key / 2 : key) + 1) * 0x9E3779B97F4A7C15ULL;
    return mixed ^ (mixed >> 29U);
  }

 private:
  Slot FreeSlot() {
    if (free_.empty()) return slots_used_++;
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::unique_ptr<Policy> policy_;
  std::unique_ptr<Policy> reference_;
  std::size_t entries_max_;
  bool collides_;  // two keys with one hash
  std::map<std::uint64_t, Slot> slots_;
  std::vector<Slot> free_;
  Slot slots_used_ = 0;
  std::string difference_;
};

inline std::string RunTwins(PolicyKind kind, std::span<const std::uint8_t> script) {
  constexpr std::size_t kHeader = 4;
  constexpr std::size_t kEntriesMax = 128;  // more makes the reference slow
  constexpr std::uint64_t kLoopBegin = 1000;
  if (script.size() < kHeader) return "";
  const PolicyConfig config{.entries_max = 1U + script[0] % kEntriesMax,
                            .window_share = (script[2] % 98 + 1) / 100.0,
                            .window_adapts = (script[3] & 1U) != 0,
                            .half_life = (script[2] + 1) / 32.0};
  const unsigned keys = script[1] + 1U;
  PolicyTwins twins(kind, config, (script[3] & 2U) != 0);
  std::uint64_t looped = 0;
  for (std::size_t at = kHeader; at + 1 < script.size() && twins.difference().empty(); at += 2) {
    const unsigned step = script[at];
    const unsigned operand = script[at + 1];
    if (step < 96) {
      twins.Access(operand % keys);
    } else if (step < 176) {  // small keys more often
      twins.Access((operand % keys) * (step - 96) / 80);
    } else if (step < 240) {
      twins.Access(kLoopBegin + looped++ % keys);
    } else if (step < 248) {
      twins.Erase(operand % keys);
    } else if (step < 252) {
      twins.Evict(twins.HashOf(operand % keys));
    } else if (step == 252) {
      twins.Resize(1 + operand % kEntriesMax);
    } else {
      twins.Check();
    }
  }
  twins.Check();
  return twins.difference();
}

}  // namespace attune::cache

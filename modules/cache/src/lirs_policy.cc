#include "lirs_policy.h"

#include <algorithm>

#include "attune/base/check.h"
#include "policy_calls.h"

namespace attune::cache {
namespace {

constexpr std::size_t kHirDivisor = 100;        // the paper's one per cent for HIR entries
constexpr std::size_t kGhostsForEachEntry = 2;  // enough for a loop of three times the cache
constexpr std::size_t kStackForEachEntry = 1 + kGhostsForEachEntry;

std::size_t LirsMax(std::size_t capacity) {
  return capacity - std::min(capacity, std::max<std::size_t>(1, capacity / kHirDivisor));
}

}  // namespace

LirsPolicy::LirsPolicy(const PolicyConfig& config)
    : Policy(Growth::kTold), entries_max_(config.entries_max), lirs_max_(LirsMax(config.entries_max)) {}

Bytes LirsPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + stack_.bytes() + keys_.bytes() + hir_of_.bytes() + hirs_.bytes() + ghosts_.bytes();
}

void LirsPolicy::OnHit(Slot slot) {
  if (IsLir(slot)) {
    stack_.Use(IdOfLir(slot));
  } else {
    OnHirHit(slot);
  }
}

void LirsPolicy::OnHirHit(Slot slot) {
  Prune();
  const Hir hir = hir_of_[slot];
  if (hirs_[hir].on_stack) {
    RemoveFromStack(hir);
    hirs_.MoveToFront(kResident, kFree, hir);
    BecomeLir(slot);
  } else {
    PushHir(hir);
    hirs_.MoveToFront(kResident, hir);
  }
}

void LirsPolicy::OnHits(std::span<const Slot> slots) {
  while (!slots.empty()) {
    slots = slots.subspan(stack_.UseLeadingMembers(slots, IdOfLir));
    if (slots.empty()) return;
    OnHit(slots.front());
    slots = slots.subspan(1);
  }
}

void LirsPolicy::OnInsert(Slot slot, KeyHash key) {
  Prune();
  SetKey(slot, key);
  const Hir ghost = FindGhost(key);
  const bool returns = ghost != HashIndex::kNone;
  if (returns) Forget(ghost);
  if (returns || lirs_ < lirs_max_) {
    BecomeLir(slot);
  } else {
    PushHir(NewHir(slot, key));
  }
}

void LirsPolicy::SetKey(Slot slot, KeyHash key) {
  NoteGrowth(keys_.Cover(slot, entries_max_));
  NoteGrowth(hir_of_.Cover(slot, entries_max_));
  CoverOnStack(IdOfLir(slot));
  keys_[slot] = key;
}

void LirsPolicy::OnErase(Slot slot) {
  if (IsLir(slot)) {
    stack_.Remove(IdOfLir(slot));
    --lirs_;
    return;
  }
  const Hir hir = hir_of_[slot];
  if (hirs_[hir].on_stack) RemoveFromStack(hir);
  hirs_.MoveToFront(kResident, kFree, hir);
}

Slot LirsPolicy::Evict(KeyHash /*incoming*/) {
  const std::size_t capacity = resident();
  lirs_max_ = LirsMax(capacity);
  while (lirs_ > lirs_max_) DemoteBottom();
  Prune();
  const Hir hir = hirs_.Back(kResident);
  const Slot victim = hirs_[hir].slot;
  if (hirs_[hir].on_stack) {
    Remember(hir);
    const std::size_t ghosts_max = kGhostsForEachEntry * std::min(capacity, entries_max_);
    while (ghosts_.size() > ghosts_max) Forget(hirs_.Back(kGhosts));
  } else {
    hirs_.MoveToFront(kResident, kFree, hir);
  }
  return victim;
}

Slot LirsPolicy::EvictAndInsert(KeyHash incoming) {
  ghosts_.Prefetch(incoming);
  const Slot slot = EvictThenInsert(*this, incoming);
  PrefetchNext();
  return slot;
}

// What the next eviction will read, if it goes on as it did: here a miss costs nobody's time.
void LirsPolicy::PrefetchNext() {
  const Hir next = hirs_.Back(kResident);
  NoteNextVictim(next == kNoSlot ? kNoSlot : hirs_[next].slot);
  if (next != kNoSlot) ghosts_.Prefetch(hirs_[next].key);
  if (const Hir oldest = hirs_.Back(kGhosts); oldest != kNoSlot) ghosts_.Prefetch(hirs_[oldest].key);
}

LirsPolicy::Hir LirsPolicy::NewHir(Slot slot, KeyHash key) {
  Hir hir = hirs_.Front(kFree);
  if (hir != kNoSlot) {
    hirs_.MoveToFront(kFree, kResident, hir);
  } else {
    hir = hirs_used_++;
    NoteGrowth(hirs_.Cover(hir, kStackForEachEntry * entries_max_));
    CoverOnStack(IdOfHir(hir));
    hirs_.PushFront(kResident, hir);
  }
  hirs_[hir].key = key;
  hirs_[hir].slot = slot;
  hirs_[hir].on_stack = false;
  if (slot != kNoSlot) hir_of_[slot] = hir;
  return hir;
}

// All that may come to be on the stack, so that no hit needs memory.
void LirsPolicy::CoverOnStack(Id id) {
  const std::size_t members = resident() + ghosts_.size() + 1;
  const std::size_t members_max = kStackForEachEntry * entries_max_;
  NoteGrowth(stack_.Cover(id, members, {.ids_max = 2 * members_max, .members_max = members_max}));
}

void LirsPolicy::PushHir(Hir hir) {
  hirs_[hir].on_stack = true;
  stack_.Insert(IdOfHir(hir));
}

void LirsPolicy::RemoveFromStack(Hir hir) {
  stack_.Remove(IdOfHir(hir));
  hirs_[hir].on_stack = false;
}

void LirsPolicy::BecomeLir(Slot slot) {
  stack_.Insert(IdOfLir(slot));
  ++lirs_;
  while (lirs_ > lirs_max_) DemoteBottom();
}

void LirsPolicy::DemoteBottom() {
  Prune();
  const Id bottom = stack_.Oldest();
  stack_.Remove(bottom);
  --lirs_;
  NewHir(bottom / 2, keys_[bottom / 2]);
}

void LirsPolicy::Prune() {
  for (Id bottom = stack_.Oldest(); bottom != RecencyLog::kNone && IsOfHir(bottom); bottom = stack_.Oldest()) {
    const Hir hir = bottom / 2;
    if (hirs_[hir].slot == kNoSlot) {
      Forget(hir);
    } else {
      RemoveFromStack(hir);
    }
  }
}

// It leaves, and a ghost stays in its place on the stack.
void LirsPolicy::Remember(Hir hir) {
  // Another entry with this hash may have left before; one history is enough for both.
  if (const Hir older = FindGhost(hirs_[hir].key); older != HashIndex::kNone) Forget(older);
  BecomeGhost(hir);
}

void LirsPolicy::BecomeGhost(Hir hir) {
  hirs_[hir].slot = kNoSlot;
  hirs_.MoveToFront(kResident, kGhosts, hir);
  NoteGrowth(ghosts_.Insert(hir, KeysOf{hirs_}, kGhostsForEachEntry * entries_max_ + 1));
}

void LirsPolicy::Forget(Hir ghost) {
  ghosts_.Erase(ghost, KeysOf{hirs_});
  hirs_.MoveToFront(kGhosts, kFree, ghost);
  RemoveFromStack(ghost);
}

void LirsPolicy::Resize(std::size_t entries_max) {
  Prune();
  entries_max_ = entries_max;
  lirs_max_ = LirsMax(entries_max);
  while (hirs_.size(kGhosts) > kGhostsForEachEntry * entries_max) Forget(hirs_.Back(kGhosts));
}

void LirsPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  std::vector<Hir> queue;
  hirs_.AppendBackToFront(kResident, queue);
  for (const Hir hir : queue) slots.push_back(hirs_[hir].slot);
  for (const Id id : stack_.OldestFirst()) {
    if (!IsOfHir(id)) slots.push_back(id / 2);
  }
}

// HIR entries get new numbers, so that those in between which are free go.
std::unique_ptr<Policy> LirsPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  const std::size_t lirs_max = std::min(lirs_max_, LirsMax(entries_max));
  Resize(entries_max);
  auto next = std::make_unique<LirsPolicy>(PolicyConfig{.entries_max = entries_max});
  next->lirs_max_ = lirs_max;
  std::vector<Hir> hir_to(hirs_used_);
  hirs_.ForEachFromBack(kResident, [&](Hir hir) {
    const Slot slot = to[hirs_[hir].slot];
    next->SetKey(slot, hirs_[hir].key);
    hir_to[hir] = next->NewHir(slot, hirs_[hir].key);
  });
  hirs_.ForEachFromBack(kGhosts, [&](Hir hir) {
    hir_to[hir] = next->NewHir(kNoSlot, hirs_[hir].key);
    next->BecomeGhost(hir_to[hir]);
  });
  for (const Id id : stack_.OldestFirst()) {
    if (IsOfHir(id)) {
      next->PushHir(hir_to[id / 2]);
    } else {
      next->SetKey(to[id / 2], keys_[id / 2]);
      next->stack_.Insert(IdOfLir(to[id / 2]));
      ++next->lirs_;
    }
  }
  return next;
}

void LirsPolicy::CheckInvariants() const {
  stack_.CheckInvariants();
  hirs_.CheckInvariants();
  ATTUNE_CHECK(hirs_.size(kGhosts) <= kGhostsForEachEntry * entries_max_, "ghosts are bounded");
  ATTUNE_CHECK(hirs_.size(kGhosts) == ghosts_.size(), "every ghost is indexed");
  std::size_t on_stack = lirs_;
  std::vector<Hir> hirs;
  hirs_.AppendBackToFront(kResident, hirs);
  for (const Hir hir : hirs) {
    const HirEntry& resident = hirs_[hir];
    ATTUNE_CHECK(!IsLir(resident.slot) && hir_of_[resident.slot] == hir, "the queue holds resident HIRs");
    ATTUNE_CHECK(resident.on_stack == stack_.Contains(IdOfHir(hir)), "a resident knows whether it is on the stack");
    if (resident.on_stack) ++on_stack;
  }
  hirs.clear();
  hirs_.AppendBackToFront(kGhosts, hirs);
  for (const Hir hir : hirs) {
    ATTUNE_CHECK(hirs_[hir].slot == kNoSlot && stack_.Contains(IdOfHir(hir)), "a ghost is on the stack");
    ATTUNE_CHECK(FindGhost(hirs_[hir].key) == hir, "a ghost is found");
    ++on_stack;
  }
  ATTUNE_CHECK(on_stack == stack_.size(), "on the stack are LIR entries, HIR ones and ghosts");
}

}  // namespace attune::cache

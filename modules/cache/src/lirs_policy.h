#pragma once
// LirsPolicy: entries that returned soon keep their place, whatever passes through once.
//
// Jiang, Zhang: "LIRS: An Efficient Low Inter-reference Recency Set Replacement Policy to Improve
// Buffer Cache Performance", SIGMETRICS 2002. The stack S orders entries by recency: LIR
// entries (short reuse distance, 99 %), some HIR ones, and ghosts of HIR entries that left. The queue Q
// holds the resident HIR entries, from which victims come. An HIR entry or ghost used while it is on
// the stack returned sooner than the LIR entry at the bottom, and takes its rank.
//
// We differ in that
//   - the paper's stack is unbounded; we keep at most two ghosts for each resident entry
//     and forget the one first that left first;
//   - the number of LIR entries follows what is resident when somebody leaves (see policies.h);
//   - the stack is pruned when somebody asks what is on it, not when its bottom has moved.
//
// Cost       12 bytes for each slot, 33 to 42 for each HIR entry and ghost, and 8 for each of all that is on the stack:
//            105 to 130 bytes for each entry in the long run. A hit on a LIR entry, which nearly all are, reads one bit
//            and writes down its slot (recency_log.h); pruning is O(1) amortised.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "attune/cache/policies.h"
#include "hash_index.h"
#include "recency_log.h"
#include "slot_lists.h"
#include "slot_table.h"

namespace attune::cache {

class LirsPolicy final : public Policy {
 public:
  explicit LirsPolicy(const PolicyConfig& config);

  std::string_view name() const noexcept override { return ToString(PolicyKind::kLirs); }
  std::size_t resident() const noexcept override { return lirs_ + hirs_.size(kResident); }
  Bytes bytes() const noexcept override;

  void OnHit(Slot slot) override;
  void OnHits(std::span<const Slot> slots) override;
  void OnInsert(Slot slot, KeyHash key) override;
  void OnErase(Slot slot) override;
  Slot Evict(KeyHash incoming) override;
  Slot EvictAndInsert(KeyHash incoming) override;
  void Resize(std::size_t entries_max) override;
  void AppendColdestFirst(std::vector<Slot>& slots) const override;
  std::unique_ptr<Policy> Renumbered(std::span<const Slot> to, std::size_t entries_max) override;
  void CheckInvariants() const override;

 private:
  // What is known of a HIR entry, resident or a ghost. They are few where most is hit, so they have numbers of their
  // own and lie close together.
  using Hir = Slot;
  enum HirList : std::size_t { kResident, kGhosts, kFree, kHirLists };
  struct HirEntry {
    ListLink link;
    KeyHash key;
    Slot slot;  // kNoSlot: a ghost
    bool on_stack;
  };
  static_assert(sizeof(HirEntry) == 24);
  using Hirs = SlotLists<kHirLists, HirEntry>;
  struct KeysOf {
    KeyHash operator[](Hir hir) const noexcept { return hirs[hir].key; }
    const Hirs& hirs;
  };

  // On the stack a LIR entry goes by its slot and a HIR one by its own number: even and odd.
  using Id = RecencyLog::Id;
  static Id IdOfLir(Slot slot) { return 2 * slot; }
  static Id IdOfHir(Hir hir) { return 2 * hir + 1; }
  static bool IsOfHir(Id id) { return id % 2 != 0; }

  bool IsLir(Slot slot) const { return stack_.Contains(IdOfLir(slot)); }
  Hir FindGhost(KeyHash key) const { return ghosts_.Find(key, KeysOf{hirs_}); }
  void OnHirHit(Slot slot);
  void PrefetchNext();

  void SetKey(Slot slot, KeyHash key);
  Hir NewHir(Slot slot, KeyHash key);  // resident, not on the stack
  void CoverOnStack(Id id);
  void PushHir(Hir hir);  // on the stack
  void RemoveFromStack(Hir hir);
  void BecomeLir(Slot slot);  // REQUIRES: it is no HIR entry any more
  void DemoteBottom();
  // Restores: the bottom of the stack is LIR. Before anybody asks who is on it, since a use may have moved the bottom.
  void Prune();
  void Remember(Hir hir);
  void BecomeGhost(Hir hir);
  void Forget(Hir ghost);

  std::size_t entries_max_;
  std::size_t lirs_max_;
  std::size_t lirs_ = 0;
  RecencyLog stack_;
  SlotTable<KeyHash> keys_;  // by slot
  SlotTable<Hir> hir_of_;    // by slot, if that is not LIR
  Hir hirs_used_ = 0;        // those in kFree included
  Hirs hirs_;                // youngest in front
  HashIndex ghosts_;
};

}  // namespace attune::cache

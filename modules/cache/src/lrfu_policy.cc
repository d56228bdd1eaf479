#include "lrfu_policy.h"

#include <algorithm>
#include <cmath>

#include "attune/base/check.h"

namespace attune::cache {
namespace {

constexpr std::size_t kChildren = 4;

}  // namespace

LrfuPolicy::LrfuPolicy(const PolicyConfig& config) : entries_max_(config.entries_max), half_life_(config.half_life) {
  SetCapacity(entries_max_);
}

Bytes LrfuPolicy::bytes() const noexcept {
  return Bytes(sizeof(*this)) + BytesOf(ranks_) + BytesOf(position_of_) + BytesOf(heap_);
}

void LrfuPolicy::OnHit(Slot slot) {
  now_ += step_;
  ranks_[slot] = now_ + std::log2(1 + std::exp2(ranks_[slot] - now_));
}

void LrfuPolicy::OnInsert(Slot slot, KeyHash /*key*/) {
  now_ += step_;
  Add(slot, now_);  // one use, now: its logarithm is 0
}

void LrfuPolicy::Add(Slot slot, double rank) {
  CoverSlot(ranks_, slot, entries_max_);
  CoverSlot(position_of_, slot, entries_max_);
  ranks_[slot] = rank;
  heap_.emplace_back();
  SiftUp(heap_.size() - 1, {rank, slot});
}

void LrfuPolicy::OnErase(Slot slot) { RemoveAt(position_of_[slot]); }

Slot LrfuPolicy::Evict(KeyHash /*incoming*/) {
  SetCapacity(resident());
  for (;;) {  // ends: each round makes one more entry of the heap exact
    const Slot root = heap_.front().slot;
    if (heap_.front().rank == ranks_[root]) {
      RemoveAt(0);
      return root;
    }
    SiftDown(0, {ranks_[root], root});
  }
}

void LrfuPolicy::SetCapacity(std::size_t capacity) { step_ = 1 / (half_life_ * static_cast<double>(capacity)); }

void LrfuPolicy::Put(std::size_t at, HeapEntry entry) {
  heap_[at] = entry;
  position_of_[entry.slot] = static_cast<std::uint32_t>(at);
}

void LrfuPolicy::SiftUp(std::size_t at, HeapEntry entry) {
  while (at > 0) {
    const std::size_t parent = (at - 1) / kChildren;
    if (!(entry < heap_[parent])) break;
    Put(at, heap_[parent]);
    at = parent;
  }
  Put(at, entry);
}

void LrfuPolicy::SiftDown(std::size_t at, HeapEntry entry) {
  for (;;) {
    const std::size_t first = at * kChildren + 1;
    if (first >= heap_.size()) break;
    const std::size_t last = std::min(first + kChildren, heap_.size());
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (heap_[child] < heap_[least]) least = child;
    }
    if (!(heap_[least] < entry)) break;
    Put(at, heap_[least]);
    at = least;
  }
  Put(at, entry);
}

void LrfuPolicy::RemoveAt(std::size_t at) {
  const HeapEntry last = heap_.back();
  heap_.pop_back();
  if (at == heap_.size()) return;
  if (at > 0 && last < heap_[(at - 1) / kChildren]) {
    SiftUp(at, last);
  } else {
    SiftDown(at, last);
  }
}

void LrfuPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  SetCapacity(entries_max);
}

void LrfuPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  std::vector<HeapEntry> entries;
  entries.reserve(heap_.size());
  for (const HeapEntry& entry : heap_) entries.push_back({ranks_[entry.slot], entry.slot});
  std::ranges::sort(entries, std::less<>());
  for (const HeapEntry& entry : entries) slots.push_back(entry.slot);
}

// Equal ranks, which go by slot, may change places.
std::unique_ptr<Policy> LrfuPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  auto next = std::make_unique<LrfuPolicy>(PolicyConfig{.entries_max = entries_max, .half_life = half_life_});
  next->step_ = step_;
  next->now_ = now_;
  for (const HeapEntry& entry : heap_) next->Add(to[entry.slot], ranks_[entry.slot]);
  return next;
}

void LrfuPolicy::CheckInvariants() const {
  for (std::size_t at = 0; at < heap_.size(); ++at) {
    ATTUNE_CHECK(position_of_[heap_[at].slot] == at, "a slot knows its place in the heap");
    ATTUNE_CHECK(heap_[at].rank <= ranks_[heap_[at].slot], "ranks only rise");
    ATTUNE_CHECK(at == 0 || !(heap_[at] < heap_[(at - 1) / kChildren]), "a child is not less than its parent");
  }
}

}  // namespace attune::cache

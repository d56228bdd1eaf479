#include "arc_policy.h"

#include <algorithm>

#include "policy_calls.h"

namespace attune::cache {

Bytes ArcPolicy::bytes() const noexcept { return Bytes(sizeof(*this)) + slots_.bytes() + ghosts_.bytes(); }

void ArcPolicy::OnHits(std::span<const Slot> slots) {
  slots_.PrefetchMoves(slots);
  TellHits(*this, slots);
}

void ArcPolicy::OnInsert(Slot slot, KeyHash key) {
  const List list = Recall(key, entries_max_) ? kOften : kOnce;
  return_.reset();
  slots_.PushFront(list, slot, key, entries_max_);
}

Slot ArcPolicy::Evict(KeyHash incoming) {
  const std::size_t capacity = resident();
  TrimGhosts(std::min(capacity, entries_max_));
  if (const std::optional<List> from = Recall(incoming, capacity)) return Replace(*from == kOften);
  if (slots_.size(kOnce) + ghosts_.size(kOnce) >= capacity) {
    if (slots_.empty(kOften)) {  // T1 is the whole cache, and what is beyond is not worth remembering
      const Slot victim = slots_.Back(kOnce);
      slots_.Remove(victim);
      return victim;
    }
    if (ghosts_.size(kOnce) > 0) ghosts_.DropOldest(kOnce);
  } else if (ghosts_.size() >= capacity) {  // all four lists hold 2c
    ghosts_.DropOldest(kOften);             // not empty: T1 and B1 hold less than c
  }
  return Replace(false);
}

std::optional<ArcPolicy::List> ArcPolicy::Recall(KeyHash key, std::size_t capacity) {
  if (return_ && return_->key == key) return return_->list;
  const std::size_t once = ghosts_.size(kOnce);
  const std::size_t often = ghosts_.size(kOften);
  const std::size_t list = ghosts_.Take(key);
  if (list == ghosts_.kAbsent) return std::nullopt;
  if (list == kOnce) {
    border_ = std::min(border_ + std::max<std::size_t>(1, often / once), capacity);
  } else {
    border_ -= std::min(border_, std::max<std::size_t>(1, once / often));
  }
  return_ = Return{key, static_cast<List>(list)};
  return return_->list;
}

Slot ArcPolicy::Replace(bool returns_from_often) {
  const std::size_t once = slots_.size(kOnce);
  const bool too_long = once > border_ || (returns_from_often && once == border_);
  return EvictFrom((once > 0 && too_long) || slots_.empty(kOften) ? kOnce : kOften);
}

Slot ArcPolicy::EvictFrom(List list) {
  const Slot victim = slots_.Back(list);
  slots_.Remove(victim);
  ghosts_.Push(list, slots_.KeyOf(victim), entries_max_ + 1);
  return victim;
}

void ArcPolicy::TrimGhosts(std::size_t ghosts_max) {
  while (ghosts_.size() > ghosts_max) {
    ghosts_.DropOldest(ghosts_.size(kOnce) >= ghosts_.size(kOften) ? kOnce : kOften);
  }
}

void ArcPolicy::Resize(std::size_t entries_max) {
  entries_max_ = entries_max;
  border_ = std::min(border_, entries_max);
  TrimGhosts(entries_max);
}

void ArcPolicy::AppendColdestFirst(std::vector<Slot>& slots) const {
  slots_.AppendBackToFront(kOnce, slots);
  slots_.AppendBackToFront(kOften, slots);
}

std::unique_ptr<Policy> ArcPolicy::Renumbered(std::span<const Slot> to, std::size_t entries_max) {
  Resize(entries_max);
  auto next = std::make_unique<ArcPolicy>(PolicyConfig{.entries_max = entries_max});
  next->slots_ = slots_.Renumbered(to, entries_max);
  next->border_ = border_;
  next->ghosts_ = ghosts_.Refitted(entries_max + 1);
  next->return_ = return_;
  return next;
}

void ArcPolicy::CheckInvariants() const {
  slots_.CheckInvariants();
  ghosts_.CheckInvariants();
  ATTUNE_CHECK(ghosts_.size() <= entries_max_ + 1, "ghosts are bounded");
}

}  // namespace attune::cache

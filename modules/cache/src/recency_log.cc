#include "recency_log.h"

#include "attune/base/check.h"

namespace attune::cache {

// The log has as much room as it has members: then settling is paid by as many uses.
bool RecencyLog::Grow(Id id, std::size_t members, const Bounds& bounds) {
  bool grew = members_.Cover(id, bounds.ids_max);
  grew |= passed_.Cover(id, bounds.ids_max);
  const std::size_t wanted = std::max(kLogMin, 2 * members);
  return log_.Cover(static_cast<Id>(wanted - 1), std::max(kLogMin, 2 * bounds.members_max)) || grew;
}

void RecencyLog::UseAll(std::span<const Id> ids) {
  while (!ids.empty()) {
    if (Room() == 0) Settle();
    const std::size_t count = std::min(Room(), ids.size());
    std::ranges::copy(ids.first(count), log_.data() + end_);
    end_ += count;
    ids = ids.subspan(count);
  }
}

// REQUIRES: nothing is left of the settled part.
RecencyLog::Id RecencyLog::OldestOfFresh() {
  if (settled_ == end_) return kNone;
  Settle();
  return begin_ < settled_ ? log_[begin_] : kNone;
}

void RecencyLog::Settle() {
  // Meanwhile who is no member counts as passed, so that one question is enough.
  const std::span<Bits::Byte> passed = passed_.all();
  std::ranges::transform(members_.all(), passed.begin(),
                         [](Bits::Byte byte) { return static_cast<Bits::Byte>(~byte); });
  const std::size_t fresh = KeepLastOfFresh();
  const std::size_t kept = KeepOfSettled();
  std::copy(log_.data() + fresh, log_.data() + end_, log_.data() + kept);
  begin_ = 0;
  settled_ = marked_ = end_ = kept + (end_ - fresh);
  std::ranges::fill(passed, Bits::Byte{0});
}

// Moves what it keeps to the end, and answers where that begins. Without branches, which nobody could predict.
std::size_t RecencyLog::KeepLastOfFresh() {
  Id* const log = log_.data();
  Bits::Byte* const passed = passed_.all().data();
  std::size_t to = end_;
  for (std::size_t from = end_; from-- > settled_;) {
    const Id id = log[from];
    const Bits::Byte before = passed[id / 8];
    passed[id / 8] = before | Bits::MaskOf(id);
    log[to - 1] = id;
    to -= (before >> (id % 8) & 1U) ^ 1U;
  }
  return to;
}

// Moves what it keeps to the beginning, and answers where that ends.
std::size_t RecencyLog::KeepOfSettled() {
  Id* const log = log_.data();
  const Bits::Byte* const passed = passed_.all().data();
  std::size_t to = 0;
  for (std::size_t from = begin_; from < settled_; ++from) {
    const Id id = log[from];
    log[to] = id;
    to += (passed[id / 8] >> (id % 8) & 1U) ^ 1U;
  }
  return to;
}

std::vector<RecencyLog::Id> RecencyLog::OldestFirst() const {
  std::vector<Id> ids;
  ids.reserve(size_);
  std::vector<bool> seen(members_.size());
  for (std::size_t at = end_; at-- > begin_;) {
    const Id id = log_[at];
    if (members_.Has(id) && !seen[id]) ids.push_back(id);
    seen[id] = true;
  }
  std::ranges::reverse(ids);
  return ids;
}

void RecencyLog::CheckInvariants() const {
  ATTUNE_CHECK(begin_ <= settled_ && settled_ <= marked_ && marked_ <= end_ && end_ <= log_.size(), "parts follow");
  ATTUNE_CHECK(OldestFirst().size() == size_, "every member is in the log");
}

}  // namespace attune::cache

#pragma once
// ProposalTable: the proposals whose fate is not known yet, oldest first.
//
// Bounds     `capacity` entries; when one more comes, the oldest leaves and counts as not used.
// Threads    none.
// Cost       O(1) for each call; 24 to 32 bytes an entry, allocated at once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/cache/prefetcher.h"
#include "hash_index.h"
#include "slot_table.h"

namespace attune::cache {

struct PendingProposal {
  PrefetchKey key = 0;
  std::uint8_t prefetcher = 0;
  std::uint8_t level = 0;
  bool issued = false;  // false: only watched
};

class ProposalTable {
 public:
  // REQUIRES: capacity >= 1.
  explicit ProposalTable(std::size_t capacity) : keys_(capacity), entries_(capacity) {
    ATTUNE_CHECK(capacity >= 1, "a table without room");
  }

  // Null: not there. Valid until the next non-const call.
  const PendingProposal* Find(PrefetchKey key) const {
    const HashIndex::Node node = index_.Find(key, keys_);
    return node == HashIndex::kNone ? nullptr : &*entries_[node];
  }

  std::optional<PendingProposal> Take(PrefetchKey key) {
    const HashIndex::Node node = index_.Find(key, keys_);
    return node == HashIndex::kNone ? std::nullopt : Clear(node);
  }

  // Answers the oldest one if it had to leave. REQUIRES: its key is not in the table.
  std::optional<PendingProposal> Put(const PendingProposal& proposal) {
    const auto node = static_cast<HashIndex::Node>(next_);
    next_ = (next_ + 1) % entries_.size();
    std::optional<PendingProposal> oldest = entries_[node].has_value() ? Clear(node) : std::nullopt;
    keys_[node] = proposal.key;
    entries_[node] = proposal;
    index_.Insert(node, keys_);
    return oldest;
  }

  std::size_t size() const noexcept { return index_.size(); }
  Bytes bytes() const noexcept { return BytesOf(keys_) + BytesOf(entries_) + index_.bytes(); }

 private:
  std::optional<PendingProposal> Clear(HashIndex::Node node) {
    index_.Erase(node, keys_);
    return std::exchange(entries_[node], std::nullopt);
  }

  HashIndex::Hashes keys_;
  std::vector<std::optional<PendingProposal>> entries_;  // a ring; what was taken leaves a gap until it comes round
  HashIndex index_;
  std::size_t next_ = 0;
};

}  // namespace attune::cache

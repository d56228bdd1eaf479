#include "attune/cache/similarity_prefetcher.h"

#include <algorithm>
#include <utility>

#include "attune/base/check.h"

namespace attune::cache {

SimilarityPrefetcher::SimilarityPrefetcher(Neighbours neighbours, std::size_t neighbours_max)
    : neighbours_(std::move(neighbours)), neighbours_max_(neighbours_max) {
  ATTUNE_CHECK(neighbours_ != nullptr, "neighbours is empty");
  ATTUNE_CHECK(neighbours_max_ >= 1, "neighbours_max is 0");
}

void SimilarityPrefetcher::Observe(PrefetchKey key) {
  moved_ = !started_ || key != last_;
  last_ = key;
  started_ = true;
}

void SimilarityPrefetcher::Propose(std::size_t depth, std::vector<Proposal>& proposals) {
  ATTUNE_CHECK(depth >= 1, "a depth of 0 proposes nothing");
  if (!moved_) return;
  found_.clear();
  neighbours_(last_, neighbours_max_ * depth, found_);
  const std::size_t count = std::min(found_.size(), neighbours_max_ * depth);
  for (std::size_t rank = 0; rank < count; ++rank) {
    proposals.push_back(
        {.key = found_[rank], .level = static_cast<std::uint8_t>(std::min(rank, kConfidenceLevels - 1))});
  }
}

}  // namespace attune::cache

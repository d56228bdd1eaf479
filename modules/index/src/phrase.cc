#include "phrase.h"

#include <algorithm>
#include <numeric>

#include "length_code.h"

namespace attune::index {
namespace {

constexpr std::uint32_t kDocsPerDeadlineCheck = 256;

Error PhraseOutOfTime() { return {ErrorCode::kDeadline, "the search ran out of time while it looked for a phrase"}; }

// Removes from `starts` every phrase start that has no `positions` entry at `offset` behind it.
void KeepFollowed(std::vector<std::uint32_t>& starts, const std::vector<std::uint32_t>& positions,
                  std::uint32_t offset) {
  auto at = positions.begin();
  std::erase_if(starts, [&](std::uint32_t start) {
    at = std::find_if(at, positions.end(), [&](std::uint32_t position) { return position >= start + offset; });
    return at == positions.end() || *at != start + offset;
  });
}

class PhraseFinder {
 public:
  PhraseFinder(const Segment& segment, const std::vector<TermInfo>& terms) : order_(terms.size()) {
    for (const TermInfo& term : terms) {
      cursors_.emplace_back(segment, term);
    }
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return terms[a].passages < terms[b].passages; });
  }

  std::uint32_t Next(std::uint32_t from) { return cursors_[order_.front()].NextDoc(from); }

  // How often the phrase occurs in `doc`, which the rarest term contains.
  std::uint32_t Count(std::uint32_t doc) {
    for (const std::uint32_t i : order_) {
      if (!cursors_[i].Seek(doc)) {
        return 0;
      }
    }
    const std::uint32_t rarest = order_.front();
    cursors_[rarest].ReadPositions(starts_);
    std::erase_if(starts_, [&](std::uint32_t position) { return position < rarest; });
    for (std::uint32_t& start : starts_) {
      start -= rarest;
    }
    for (std::size_t i = 1; i < order_.size() && !starts_.empty(); ++i) {
      cursors_[order_[i]].ReadPositions(positions_);
      KeepFollowed(starts_, positions_, order_[i]);
    }
    return static_cast<std::uint32_t>(starts_.size());
  }

 private:
  std::vector<PostingCursor> cursors_;
  std::vector<std::uint32_t> order_;  // of the terms, rarest first
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> positions_;
};

}  // namespace

void AppendMaterial(MaterialList& list, std::uint32_t doc, std::uint32_t tf, std::uint8_t length_code) {
  if (list.docs.empty()) {
    list.impact = {0, 255};
  }
  list.docs.push_back(doc);
  list.tfs.push_back(tf);
  list.impact.tf_max = std::max(list.impact.tf_max, static_cast<std::uint8_t>(std::min(tf, 255U)));
  list.impact.ratio_min =
      std::min(list.impact.ratio_min, EncodeLength(DecodeLength(length_code) * kRatioScale / std::max(tf, 1U)));
}

Result<MaterialList> FindPhrase(const Segment& segment, const std::vector<TermInfo>& terms, const Deadline& deadline) {
  MaterialList list;
  PhraseFinder finder(segment, terms);
  std::uint32_t visited = 0;
  for (std::uint32_t doc = finder.Next(0); doc != PostingCursor::kNoDoc; doc = finder.Next(doc + 1)) {
    if (++visited % kDocsPerDeadlineCheck == 0 && deadline.passed()) {
      return PhraseOutOfTime();
    }
    const std::uint32_t tf = finder.Count(doc);
    if (tf != 0) {
      AppendMaterial(list, doc, tf, segment.lengths()[doc]);
    }
  }
  return list;
}

}  // namespace attune::index

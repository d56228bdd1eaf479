#pragma once
// SearchPlan: a query turned into posting lists with weights, and into the conditions that a hit must meet.
//
// A word becomes up to four lists (body, stem, symbol, path); parts of a compound word are words of their own beside
// the whole. A list occurs once, however often the query repeats its word. A phrase and a prefix become lists that are
// computed here, per segment.
//
// Ownership  holds the snapshot's segments alive.
// Threads    none.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/index/query.h"
#include "attune/index/text_index.h"
#include "bm25.h"
#include "posting_cursor.h"
#include "segment.h"

namespace attune::index {

using Segments = std::vector<std::shared_ptr<Segment>>;

// Terms of one query that count; more are dropped with a note. Keeps score sums within ScoreUnits.
inline constexpr std::size_t kTermsMax = 64;
// Terms that a prefix may scan per field and segment before the most frequent are chosen.
inline constexpr std::size_t kPrefixScanMax = std::size_t{1} << 16U;

struct PlannedList {
  Field field = Field::kBody;
  std::string term;                           // empty for a computed list
  float weight = 0;                           // 0: only a condition
  std::uint64_t passages = 0;                 // in all segments
  std::vector<std::optional<TermInfo>> info;  // per segment; for a computed list empty, and `material` instead
  std::vector<MaterialList> material;

  bool OccursIn(std::size_t segment) const noexcept {
    return material.empty() ? info[segment].has_value() : !material[segment].docs.empty();
  }
  // REQUIRES: OccursIn(index), the index of `segment` in the plan's snapshot.
  PostingCursor Open(const Segment& segment, std::size_t index) const;
};

// A passage meets it if for one of `alternatives` every atom has a list that contains the passage.
struct Condition {
  using Atom = std::vector<std::size_t>;  // indices of lists
  std::vector<std::vector<Atom>> alternatives;
  std::uint64_t passages = 0;  // a guess of how many meet it; rare ones are tested first
};

struct SearchPlan {
  std::vector<PlannedList> lists;
  std::vector<std::size_t> scored;  // indices of the lists that count
  std::vector<Condition> required;
  std::vector<Condition> excluded;
  bool match_all = false;  // nothing is asked for but filters and exclusions
  std::vector<HighlightTerm> terms;
  std::vector<std::string> notes;
};

// Says when to give up.
class Deadline {
 public:
  Deadline(const Clock& clock, TimePoint at) : clock_(clock), at_(at) {}
  bool passed() const noexcept { return at_ != TimePoint::max() && clock_.Now() >= at_; }

 private:
  const Clock& clock_;
  TimePoint at_;
};

// Fails with kDeadline only.
Result<SearchPlan> MakePlan(const Query& query, const Segments& segments, const Bm25& bm25, const Boosts& boosts,
                            const Deadline& deadline);

}  // namespace attune::index

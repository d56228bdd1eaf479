#pragma once
// RunSearch: evaluates a query over a snapshot of segments.
//
// Passages are visited in windows. In each window the lists that together cannot lift a passage above the worst hit
// held so far are set aside (MAXSCORE, Turtle and Flood 1995, with the maxima of the posting blocks that the window
// touches); the others are added up passage by passage in an array, and only passages that may still succeed are looked
// up in the rest. Scores are whole numbers, so the order of evaluation never shows (bm25.h).
//
// Threads    pure over immutable segments; delete marks are read while they may change.
// Errors     kInvalidArgument, kDeadline.

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/index/text_index.h"
#include "search_plan.h"

namespace attune::index {

struct SearchRequest {
  const Query& query;
  const Filters& filters;
  const SearchOptions& options;
  const TextIndexConfig& config;
};

Result<TopK> RunSearch(const Segments& segments, const SearchRequest& request, const Clock& clock);

}  // namespace attune::index

#include "search.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>

#include "passage_filter.h"
#include "posting_cursor.h"
#include "top_hits.h"

namespace attune::index {
namespace {

constexpr std::uint32_t kWindow = 512;  // passages; the sums fit in the first-level cache
constexpr std::uint32_t kWindowsPerDeadlineCheck = 8;
using WindowBits = std::array<std::uint64_t, kWindow / 64>;

Error SearchOutOfTime() { return {ErrorCode::kDeadline, "the search ran out of time"}; }

// A list that counts, in one segment.
struct ScoredList {
  ScoredList(const PlannedList& list, const Segment& segment, std::size_t index)
      : cursor(list.Open(segment, index)), field(list.field), weight(list.weight) {}
  PostingCursor cursor;
  Field field;
  float weight;
  ScoreUnits bound = 0;  // of any posting in the window
};

// The conditions of a plan in one segment, as bits of a window.
class Conditions {
 public:
  Conditions(const SearchPlan& plan, const Segment& segment, std::size_t index) : plan_(plan) {
    for (const auto* conditions : {&plan.required, &plan.excluded}) {
      for (const Condition& condition : *conditions) {
        for (const auto& alternative : condition.alternatives) {
          for (const Condition::Atom& atom : alternative) {
            for (const std::size_t list : atom) {
              cursors_.emplace_back();
              if (plan.lists[list].OccursIn(index)) {
                cursors_.back().emplace(plan.lists[list].Open(segment, index));
              }
            }
          }
        }
      }
    }
  }

  bool none() const noexcept { return cursors_.empty(); }

  // `allowed` = the passages of [begin, end) that meet every requirement and no exclusion. False if there are none.
  bool Evaluate(std::uint32_t begin, std::uint32_t end, WindowBits& allowed) {
    allowed.fill(~std::uint64_t{0});
    next_ = 0;
    WindowBits bits;
    bool any = true;
    for (const Condition& condition : plan_.required) {
      EvaluateOne(condition, begin, end, any, bits);
      any = Intersect(allowed, bits, 0);
    }
    for (const Condition& condition : plan_.excluded) {
      EvaluateOne(condition, begin, end, any, bits);
      any = Intersect(allowed, bits, ~std::uint64_t{0});
    }
    return any;
  }

 private:
  static bool Intersect(WindowBits& into, const WindowBits& with, std::uint64_t flip) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < into.size(); ++i) {
      into[i] &= with[i] ^ flip;
      any |= into[i];
    }
    return any != 0;
  }

  // With `needed` false only steps over the condition's cursors.
  void EvaluateOne(const Condition& condition, std::uint32_t begin, std::uint32_t end, bool needed, WindowBits& bits) {
    bits.fill(0);
    for (const auto& alternative : condition.alternatives) {
      WindowBits all;
      all.fill(~std::uint64_t{0});
      for (const Condition::Atom& atom : alternative) {
        WindowBits one{};
        for (std::size_t i = 0; i < atom.size(); ++i, ++next_) {
          if (needed && cursors_[next_]) {
            SetBits(*cursors_[next_], begin, end, one);
          }
        }
        Intersect(all, one, 0);
      }
      for (std::size_t i = 0; i < bits.size(); ++i) {
        bits[i] |= all[i];
      }
    }
  }

  static void SetBits(PostingCursor& cursor, std::uint32_t begin, std::uint32_t end, WindowBits& bits) {
    cursor.ForEachRun(begin, end, [&](const std::uint32_t* docs, const std::uint32_t*, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t at = docs[i] - begin;
        bits[at / 64] |= std::uint64_t{1} << (at % 64);
      }
    });
  }

  const SearchPlan& plan_;
  std::vector<std::optional<PostingCursor>> cursors_;  // in the order of the plan's conditions
  std::size_t next_ = 0;
};

// Evaluates a plan in one segment.
class SegmentSearch {
 public:
  SegmentSearch(const SearchPlan& plan, const Bm25& bm25, const Segment& segment, std::uint32_t index, TopHits& top)
      : plan_(plan), bm25_(bm25), segment_(segment), index_(index), top_(top), conditions_(plan, segment, index) {
    lists_.reserve(plan.scored.size());
    for (const std::size_t i : plan.scored) {
      if (plan.lists[i].OccursIn(index)) {
        lists_.emplace_back(plan.lists[i], segment, index);
      }
    }
    order_.resize(lists_.size());
    for (std::uint32_t i = 0; i < order_.size(); ++i) {
      order_[i] = i;
    }
  }

  Status Run(PassageFilter& filter, const Deadline& deadline) {
    filter_ = &filter;
    std::uint32_t windows = 0;
    for (std::uint32_t begin = 0; begin < segment_.passages(); begin = NextWindow(begin)) {
      if (windows++ % kWindowsPerDeadlineCheck == 0 && deadline.passed()) {
        return SearchOutOfTime();
      }
      Window(begin, std::min(begin + kWindow, segment_.passages()));
    }
    return OkStatus();
  }

  std::uint64_t tested() const noexcept { return tested_; }
  std::uint64_t allowed() const noexcept { return allowed_; }

 private:
  // Windows in which no list has a posting are stepped over.
  std::uint32_t NextWindow(std::uint32_t begin) const {
    std::uint32_t next = plan_.match_all ? begin + kWindow : segment_.passages();
    for (const ScoredList& list : lists_) {
      next = std::min(next, list.cursor.first_possible());
    }
    return std::max(begin + kWindow, next / kWindow * kWindow);
  }

  void Window(std::uint32_t begin, std::uint32_t end) {
    if (!plan_.match_all && !BoundLists(begin, end)) {
      return;
    }
    if (!conditions_.none() && !conditions_.Evaluate(begin, end, condition_bits_)) {
      return;
    }
    touched_.fill(0);
    if (plan_.match_all) {
      touched_.fill(~std::uint64_t{0});
      sums_.fill(0);
    } else {
      SplitLists();
      for (std::size_t i = first_essential_; i < order_.size(); ++i) {
        if (lists_[order_[i]].bound != 0) {
          Accumulate(lists_[order_[i]], begin, end);
        }
      }
    }
    GatherCandidates(begin, end);
    AddOtherLists();
    for (std::size_t i = 0; i < candidates_; ++i) {
      Consider(docs_[i], scores_[i]);
    }
  }

  // docs_ and scores_ = the passages that may still become hits; clears the sums.
  void GatherCandidates(std::uint32_t begin, std::uint32_t end) {
    const ScoreUnits threshold = top_.threshold();
    const bool conditions = !conditions_.none();
    candidates_ = 0;
    for (std::uint32_t word = 0; word < touched_.size() && begin + word * 64 < end; ++word) {
      for (std::uint64_t bits = touched_[word]; bits != 0; bits &= bits - 1) {
        const std::uint32_t at = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
        docs_[candidates_] = begin + at;
        scores_[candidates_] = sums_[at];
        const bool allowed = !conditions || (condition_bits_[word] & bits & (~bits + 1)) != 0;
        candidates_ += allowed && sums_[at] + rest_bound_ >= threshold ? 1U : 0U;
        sums_[at] = 0;
      }
    }
    if (plan_.match_all) {  // the last window's bits go on behind the last passage
      while (candidates_ > 0 && docs_[candidates_ - 1] >= end) {
        --candidates_;
      }
    }
  }

  // Adds what the lists that were set aside count for the candidates, the strongest first, and drops candidates that
  // cannot reach the threshold any more.
  void AddOtherLists() {
    if (plan_.match_all) {
      return;
    }
    const ScoreUnits threshold = top_.threshold();
    ScoreUnits rest = rest_bound_;
    for (std::size_t i = first_essential_; i-- > 0 && candidates_ != 0;) {
      ScoredList& list = lists_[order_[i]];
      if (list.bound == 0) {
        return;  // and so are the weaker ones
      }
      rest -= list.bound;
      std::size_t kept = 0;
      for (std::size_t c = 0; c < candidates_; ++c) {
        ScoreUnits score = scores_[c];
        if (list.cursor.SeekNear(docs_[c])) {
          score += ScoreAt(list, docs_[c]);
        }
        docs_[kept] = docs_[c];
        scores_[kept] = score;
        kept += score + rest >= threshold ? 1U : 0U;
      }
      candidates_ = kept;
    }
  }

  // False if no passage of the window can become a hit.
  bool BoundLists(std::uint32_t begin, std::uint32_t end) {
    ScoreUnits total = 0;
    bool any = false;
    for (ScoredList& list : lists_) {
      list.cursor.SkipTo(begin);
      if (list.cursor.done() || list.cursor.first_possible() >= end) {
        list.bound = 0;
        continue;
      }
      list.bound = bm25_.Bound(list.weight, list.cursor.ImpactBelow(end), list.field);
      total += list.bound;
      any = true;
    }
    return any && total >= top_.threshold();
  }

  // order_[0, first_essential_): lists that together stay below the threshold, weakest first.
  void SplitLists() {
    std::sort(order_.begin(), order_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return lists_[a].bound < lists_[b].bound; });
    first_essential_ = 0;
    rest_bound_ = 0;
    const ScoreUnits threshold = top_.threshold();
    while (first_essential_ < order_.size() && rest_bound_ + lists_[order_[first_essential_]].bound < threshold) {
      rest_bound_ += lists_[order_[first_essential_++]].bound;
    }
  }

  void Accumulate(ScoredList& list, std::uint32_t begin, std::uint32_t end) {
    const std::uint8_t* const lengths = segment_.lengths();
    const bool normalises = Bm25::Normalises(list.field);
    list.cursor.ForEachRun(begin, end, [&](const std::uint32_t* docs, const std::uint32_t* tfs, std::size_t n) {
      std::array<float, kBlock> norms;
      std::array<ScoreUnits, kBlock> scores;
      for (std::size_t i = 0; i < n; ++i) {
        norms[i] = normalises ? bm25_.norm(lengths[docs[i]]) : bm25_.norm_without_length();
      }
      for (std::size_t i = 0; i < n; ++i) {
        scores[i] = Bm25::Score(list.weight, static_cast<float>(static_cast<std::int32_t>(tfs[i])), norms[i]);
      }
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t at = docs[i] - begin;
        sums_[at] += scores[i];
        touched_[at / 64] |= std::uint64_t{1} << (at % 64);
      }
    });
  }

  // REQUIRES: `score` is complete.
  void Consider(std::uint32_t doc, ScoreUnits score) {
    if (score < top_.threshold() || segment_.deleted(doc)) {
      return;
    }
    ++tested_;
    if (!filter_->Allows(doc)) {
      return;
    }
    ++allowed_;
    top_.Offer({score, index_, doc, segment_.id(doc)});
  }

  ScoreUnits ScoreAt(ScoredList& list, std::uint32_t doc) const {
    const float norm = Bm25::Normalises(list.field) ? bm25_.norm(segment_.lengths()[doc]) : bm25_.norm_without_length();
    return Bm25::Score(list.weight, static_cast<float>(static_cast<std::int32_t>(list.cursor.tf())), norm);
  }

  const SearchPlan& plan_;
  const Bm25& bm25_;
  const Segment& segment_;
  std::uint32_t index_;
  TopHits& top_;
  PassageFilter* filter_ = nullptr;
  std::vector<ScoredList> lists_;
  std::vector<std::uint32_t> order_;  // of lists_, by ascending bound
  std::size_t first_essential_ = 0;
  ScoreUnits rest_bound_ = 0;
  std::array<ScoreUnits, kWindow> sums_{};
  WindowBits touched_{};
  WindowBits condition_bits_{};
  std::size_t candidates_ = 0;
  std::array<std::uint32_t, kWindow + 1> docs_;  // one more: a candidate is written before it is known to stay
  std::array<ScoreUnits, kWindow + 1> scores_;
  Conditions conditions_;
  std::uint64_t tested_ = 0;
  std::uint64_t allowed_ = 0;
};

// Finds a score that `limit` passages are sure to reach, from the postings of one rare list alone. Windows that stay
// below it need not be opened even while the hits are few.
void RaiseFloor(const SearchPlan& plan, const Bm25& bm25, const Segments& segments, std::size_t limit, TopHits& top) {
  constexpr std::uint64_t kPostingsMax = 4096;  // more would cost more than they save
  const PlannedList* rarest = nullptr;
  for (const std::size_t i : plan.scored) {
    const PlannedList& list = plan.lists[i];
    if (list.passages >= limit && list.passages <= kPostingsMax &&
        (rarest == nullptr || list.weight > rarest->weight)) {
      rarest = &list;
    }
  }
  if (rarest == nullptr) {
    return;
  }
  std::vector<ScoreUnits> scores;
  const bool normalises = Bm25::Normalises(rarest->field);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (!rarest->OccursIn(s)) {
      continue;
    }
    const Segment& segment = *segments[s];
    PostingCursor cursor = rarest->Open(segment, s);
    cursor.ForEachRun(0, segment.passages(), [&](const std::uint32_t* docs, const std::uint32_t* tfs, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) {
        const float norm = normalises ? bm25.norm(segment.lengths()[docs[i]]) : bm25.norm_without_length();
        if (!segment.deleted(docs[i])) {
          scores.push_back(Bm25::Score(rarest->weight, static_cast<float>(static_cast<std::int32_t>(tfs[i])), norm));
        }
      }
    });
  }
  if (scores.size() >= limit) {
    const auto last = scores.begin() + static_cast<std::ptrdiff_t>(limit - 1);
    std::nth_element(scores.begin(), last, scores.end(), std::greater<>());
    top.RaiseFloor(*last);
  }
}

// The score of a hit by field, and what its row says.
Hit Describe(const SearchPlan& plan, const Bm25& bm25, const Segment& segment, const RankedHit& ranked) {
  std::array<ScoreUnits, kFields> parts{};
  for (const std::size_t i : plan.scored) {
    const PlannedList& list = plan.lists[i];
    if (!list.OccursIn(ranked.segment)) {
      continue;
    }
    PostingCursor cursor = list.Open(segment, ranked.segment);
    if (cursor.Seek(ranked.doc)) {
      const float norm =
          Bm25::Normalises(list.field) ? bm25.norm(segment.lengths()[ranked.doc]) : bm25.norm_without_length();
      parts[static_cast<std::size_t>(list.field)] +=
          Bm25::Score(list.weight, static_cast<float>(static_cast<std::int32_t>(cursor.tf())), norm);
    }
  }
  const auto part = [&](Field field) {
    return static_cast<float>(static_cast<double>(parts[static_cast<std::size_t>(field)]) / kScoreScale);
  };
  const PassageRow row = segment.row(ranked.doc);
  Hit hit;
  hit.id = row.id;
  hit.score = static_cast<float>(static_cast<double>(ranked.score) / kScoreScale);
  hit.parts = {part(Field::kBody), part(Field::kStem), part(Field::kSymbol), part(Field::kPath)};
  hit.path = segment.text(Section::kPaths, row.path);
  hit.source = segment.text(Section::kSources, row.source);
  hit.language = segment.text(Section::kLanguages, row.language);
  hit.role = segment.text(Section::kRoles, row.role);
  hit.kind = row.kind;
  hit.time_ms = row.time_ms;
  hit.line_begin = row.line_begin;
  hit.line_end = row.line_end;
  return hit;
}

// As if lists were independent of each other: stored * (1 - product of the shares that each list leaves out).
double EstimateMatches(const SearchPlan& plan, double stored) {
  if (plan.match_all) {
    return stored;
  }
  double outside = 1;
  for (const std::size_t i : plan.scored) {
    outside *= 1 - std::min(1.0, static_cast<double>(plan.lists[i].passages) / stored);
  }
  double estimate = stored * (1 - outside);
  for (const Condition& condition : plan.required) {
    estimate = std::min(estimate, static_cast<double>(condition.passages));
  }
  return estimate;
}

}  // namespace

Result<TopK> RunSearch(const Segments& segments, const SearchRequest& request, const Clock& clock) {
  if (request.options.limit == 0 || request.options.limit > kLimitMax) {
    return Error(ErrorCode::kInvalidArgument, "limit " + std::to_string(request.options.limit) +
                                                  " is not between 1 and " + std::to_string(kLimitMax));
  }
  const Deadline deadline(clock, request.options.deadline);
  if (deadline.passed()) {
    return SearchOutOfTime();
  }
  std::uint64_t stored = 0;
  std::uint64_t positions = 0;
  for (const auto& segment : segments) {
    stored += segment->passages();
    positions += segment->body_positions();
  }
  const Bm25 bm25(request.config.k1, request.config.b, stored, positions);
  ATTUNE_ASSIGN_OR_RETURN(SearchPlan plan, MakePlan(request.query, segments, bm25, request.config.boosts, deadline));
  TopK result;
  result.notes = std::move(plan.notes);
  result.terms = std::move(plan.terms);
  const bool asks_nothing =
      plan.match_all && plan.excluded.empty() && request.filters.empty() && request.query.filters.empty();
  if (asks_nothing || (!plan.match_all && plan.scored.empty())) {
    result.matched_exact = true;
    return result;
  }
  TopHits top(request.options.limit);
  const bool unrestricted =
      plan.required.empty() && plan.excluded.empty() && request.filters.empty() && request.query.filters.empty();
  if (unrestricted) {
    RaiseFloor(plan, bm25, segments, request.options.limit, top);
  }
  std::uint64_t tested = 0;
  std::uint64_t allowed = 0;
  for (std::uint32_t i = 0; i < segments.size(); ++i) {
    PassageFilter filter(*segments[i], request.filters, request.query.filters);
    if (filter.allows_nothing()) {
      continue;
    }
    SegmentSearch search(plan, bm25, *segments[i], i, top);
    ATTUNE_RETURN_IF_ERROR(search.Run(filter, deadline));
    tested += search.tested();
    allowed += search.allowed();
  }
  for (const RankedHit& hit : top.Take()) {
    result.hits.push_back(Describe(plan, bm25, *segments[hit.segment], hit));
  }
  result.matched = result.hits.size();
  result.matched_exact = result.hits.size() < request.options.limit;
  if (!result.matched_exact) {
    const double share = tested == 0 ? 1.0 : static_cast<double>(allowed) / static_cast<double>(tested);
    const double estimate = EstimateMatches(plan, static_cast<double>(stored)) * share;
    result.matched = std::max(result.matched, static_cast<std::uint64_t>(estimate));
  }
  return result;
}

}  // namespace attune::index

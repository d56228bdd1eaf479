#include "prefix.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "phrase.h"

namespace attune::index {
namespace {

constexpr std::size_t kTermsPerDeadlineCheck = 1024;

Error PrefixOutOfTime() { return {ErrorCode::kDeadline, "the search ran out of time while it expanded a prefix"}; }

struct Candidate {
  std::string term;
  std::uint64_t passages = 0;
};

// Every term with the prefix, with the number of passages in all segments.
Result<std::vector<Candidate>> Collect(const Segments& segments, Field field, std::string_view prefix,
                                       const Deadline& deadline) {
  std::unordered_map<std::string, std::uint64_t> found;
  for (const auto& segment : segments) {
    TermCursor cursor(*segment, field);
    cursor.Seek(prefix);
    for (std::size_t n = 0; n < kPrefixScanMax && !cursor.done() && cursor.term().starts_with(prefix); ++n) {
      found[std::string(cursor.term())] += cursor.info().passages;
      cursor.Next();
      if (n % kTermsPerDeadlineCheck == 0 && deadline.passed()) {
        return PrefixOutOfTime();
      }
    }
  }
  std::vector<Candidate> candidates;
  candidates.reserve(found.size());
  for (const auto& [term, passages] : found) {
    candidates.push_back({term, passages});
  }
  return candidates;
}

MaterialList Union(const Segment& segment, Field field, const std::vector<Candidate>& terms) {
  std::vector<std::uint32_t> tfs;
  for (const Candidate& candidate : terms) {
    if (const auto info = segment.Find(field, candidate.term)) {
      tfs.resize(segment.passages(), 0);
      PostingCursor cursor(segment, *info);
      cursor.ForEachRun(0, segment.passages(),
                        [&](const std::uint32_t* docs, const std::uint32_t* counts, std::size_t n) {
                          for (std::size_t i = 0; i < n; ++i) {
                            tfs[docs[i]] += counts[i];
                          }
                        });
    }
  }
  MaterialList list;
  for (std::uint32_t doc = 0; doc < tfs.size(); ++doc) {
    if (tfs[doc] != 0) {
      AppendMaterial(list, doc, tfs[doc], segment.lengths()[doc]);
    }
  }
  return list;
}

}  // namespace

Result<PrefixLists> FindPrefix(const Segments& segments, Field field, std::string_view prefix,
                               const Deadline& deadline) {
  ATTUNE_ASSIGN_OR_RETURN(std::vector<Candidate> terms, Collect(segments, field, prefix, deadline));
  PrefixLists result;
  if (terms.size() > kPrefixExpansionsMax) {
    result.terms_dropped = terms.size() - kPrefixExpansionsMax;
    const auto last = terms.begin() + static_cast<std::ptrdiff_t>(kPrefixExpansionsMax);
    std::partial_sort(terms.begin(), last, terms.end(), [](const Candidate& a, const Candidate& b) {
      return a.passages != b.passages ? a.passages > b.passages : a.term < b.term;
    });
    terms.erase(last, terms.end());
  }
  for (const auto& segment : segments) {
    if (deadline.passed()) {
      return PrefixOutOfTime();
    }
    result.lists.push_back(Union(*segment, field, terms));
  }
  return result;
}

}  // namespace attune::index

#pragma once
// Recall: answers searches and opens passages, from the caches, the index and the store.
//
//   Recall recall(index, store, caches);
//   if (auto kept = recall.FindKept(request)) return *kept;                    // at once, or not at all
//   ATTUNE_ASSIGN_OR_RETURN(auto answer, recall.Search({.query = "group commit"}, deadline));
//
// Ownership  borrows all three, which outlive it.
// Threads    every member is thread-safe.
// Cost       Search: one index query, and one store read for the snippets of the hits.
// Errors     kInvalidArgument names the field; kDeadline; kNotFound.

#include <optional>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/engine/types.h"
#include "attune/index/text_index.h"
#include "attune/store/store.h"
#include "caches.h"

namespace attune::engine {

class Recall {
 public:
  static constexpr std::size_t kHitsMax = 100;         // what a page or a model can take in
  static constexpr std::size_t kContextLinesMax = 20;  // shown above and below an opened passage

  Recall(const index::TextIndex& index, const store::Store& store, Caches& caches)
      : index_(index), store_(store), caches_(caches) {}

  // The answer of the same search before, if nothing has changed since.
  std::optional<SearchResponse> FindKept(const SearchRequest& request) const;

  Result<SearchResponse> Search(const SearchRequest& request, TimePoint deadline) const;
  Result<Passage> ReadPassage(std::string_view id) const;

 private:
  Result<SearchResponse> AskIndex(const SearchRequest& request, TimePoint deadline) const;
  Status AddContext(const store::PassageText& found, Passage& passage) const;

  const index::TextIndex& index_;
  const store::Store& store_;
  Caches& caches_;
};

}  // namespace attune::engine

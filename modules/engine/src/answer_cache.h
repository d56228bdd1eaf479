#pragma once
// AnswerCache: answers to searches that were asked before, for as long as the index still gives the same.
//
//   const std::uint64_t version = index.version();              // before the search
//   if (auto kept = answers.Find(request, version)) return *kept;
//   auto answer = answers.FindOrSearch(request, version, [&] { return Search(request); });
//
// The version is a part of the key, so nothing has to be thrown away when something changes: what was
// true of an older version is asked for no more and goes first.
//
// Threads    every member is thread-safe. Who asks the same at the same time waits for one search.
// Cost       a hit copies the answer: some microseconds for ten hits.
// Errors     those of `search`, which are not kept.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/cache_stats.h"
#include "attune/engine/types.h"
#include "attune/memory/broker.h"
#include "cache_world.h"
#include "memory_shares.h"

namespace attune::engine {

class AnswerCache {
 public:
  AnswerCache(const CacheWorld& world, CacheShare share);
  ~AnswerCache();

  std::optional<SearchResponse> Find(const SearchRequest& request, std::uint64_t version);
  Result<SearchResponse> FindOrSearch(const SearchRequest& request, std::uint64_t version,
                                      const std::function<Result<SearchResponse>()>& search);

  void Maintain();
  cache::CacheStats stats() const;
  memory::Consumer& consumer();

 private:
  struct Kept;
  const std::unique_ptr<Kept> kept_;
};

}  // namespace attune::engine

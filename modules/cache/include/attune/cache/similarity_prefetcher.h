#pragma once
// SimilarityPrefetcher: whoever read this will read what is like it. The neighbours come from
// outside: from a vector index, a link graph, the files of one folder.
//
//   SimilarityPrefetcher similar([&](PrefetchKey key, std::size_t n, std::vector<PrefetchKey>& out) {
//     for (const auto& hit : index.Nearest(key, n)) out.push_back(hit.id);
//   });
//
// Levels     the rank of the neighbour; rank 0 is the nearest. Ranks of 15 and above share one.
// Keys       any; they are never computed with.
// Ownership  keeps the function; what it refers to outlives this.
// Threads    none, see prefetcher.h.
// Cost       one call of the function for each access that proposes, unless the key is the one
//            before; the function decides the rest, so give it one that answers from memory.

#include <functional>
#include <vector>

#include "attune/cache/prefetcher.h"

namespace attune::cache {

class SimilarityPrefetcher final : public Prefetcher {
 public:
  // Appends at most `count_max` neighbours of `key`, the nearest first; more are ignored.
  using Neighbours = std::function<void(PrefetchKey key, std::size_t count_max, std::vector<PrefetchKey>& neighbours)>;

  // Proposes at most neighbours_max for each step of depth. REQUIRES: neighbours, neighbours_max >= 1.
  explicit SimilarityPrefetcher(Neighbours neighbours, std::size_t neighbours_max = 4);

  std::string_view name() const noexcept override { return "similarity"; }
  Bytes bytes() const noexcept override { return Bytes(sizeof(*this) + found_.capacity() * sizeof(PrefetchKey)); }
  void Observe(PrefetchKey key) override;
  void Propose(std::size_t depth, std::vector<Proposal>& proposals) override;

 private:
  const Neighbours neighbours_;
  const std::size_t neighbours_max_;
  std::vector<PrefetchKey> found_;  // kept for its capacity
  PrefetchKey last_ = 0;
  bool started_ = false;
  bool moved_ = false;
};

}  // namespace attune::cache

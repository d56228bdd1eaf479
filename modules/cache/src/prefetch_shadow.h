#pragma once
// PrefetchShadow: what each prefetcher does to the hits of a cache, told by miniature caches that see the same sample
// of the keys: one without prefetching, one for each prefetcher alone, and one for all of them together.
//
//   PrefetchShadow shadow(10'000, 512, 0.001);
//   shadow.Add();  // prefetcher 0
//   shadow.Access(key);
//   shadow.Prefetch(0, key + 1);
//   if (!shadow.stops(0)) Load(key + 1);
//
// Verdict    A prefetcher whose own miniature loses against the one without is stopped, and the others go on.
//            Where those that are left harm together, though none of them does alone, the one that gains most alone
//            goes on by itself: what each of them costs in room is seen in its own miniature, but not that the room
//            is used up.
// Stopped    prefetchers go on in their miniatures, and resume when those have caught up.
// Threads    none.
// Cost       one multiplication for a key outside of the sample; two list moves for each miniature for one inside.
//
// The sample is by key, as in Waldspurger et al., "Cache Modeling and Optimization using Miniature Simulations", ATC
// 2017: a cache of n entries is stood for by one of n / r entries that sees one key in r. All use LRU whatever the real
// one does: the question is which of them wins, and none costs the real cache anything while prefetching is stopped.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/prefetcher.h"
#include "simulated_cache.h"

namespace attune::cache {

class PrefetchShadow {
 public:
  // Stands for a cache of `entries_max` with miniatures of at most `shadow_entries`.
  // REQUIRES: both >= 1; harm_max >= 0.
  PrefetchShadow(std::size_t entries_max, std::size_t shadow_entries, double harm_max);

  // One more prefetcher; they are numbered from 0.
  void Add();

  void Access(PrefetchKey key);
  // The prefetcher would load `key`, stopped or not. REQUIRES: it was added.
  void Prefetch(std::size_t prefetcher, PrefetchKey key);

  // REQUIRES: it was added.
  bool stops(std::size_t prefetcher) const;
  // Of the sampled accesses, those that the prefetchers which do no harm alone turned into hits, less those that they
  // lost, since the last of the others was stopped.
  double gain() const noexcept;
  Bytes bytes() const noexcept;

 private:
  // A miniature that prefetches, and what it won and lost against the one that does not.
  struct Trial {
    SimulatedCache cache;
    double won = 0;   // hits that missed without prefetching, fading
    double lost = 0;  // misses that hit without prefetching, fading
    bool harmful = false;

    double gain() const noexcept { return won - lost; }
    void Access(PrefetchKey key, bool hit_without);
    void Prefetch(PrefetchKey key);
    void Judge(double loss_max);
    void Fade();
  };

  bool Sampled(PrefetchKey key) const noexcept;
  void Judge();
  Trial StartAgain() const;
  void Fade();

  std::uint64_t sampled_below_;  // of the key's mixed bits
  double harm_max_;
  SimulatedCache without_;
  Trial together_;            // of the prefetchers that do no harm alone
  std::vector<Trial> alone_;  // by prefetcher
  std::size_t best_ = 0;      // who gains most alone
  double accesses_ = 0;       // sampled, fading
};

}  // namespace attune::cache

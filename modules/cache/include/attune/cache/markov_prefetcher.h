#pragma once
// MarkovPrefetcher: what followed this key before follows it again. Works on any keys,
// because it never computes with them.
//
//   MarkovPrefetcher markov;
//   for (PrefetchKey key : {7, 90, 3, 7}) markov.Observe(key);
//   markov.Propose(2, proposals);  // 90, then 3
//
// Algorithm  Joseph and Grunwald, "Prefetching using Markov Predictors", ISCA 1997: each key
//            keeps its likely successors. Where we differ: two successors with saturating
//            counters in place of four in recency order, of which the likelier is followed for
//            more than one step; and the gate decides what each counter is worth.
// Levels     0 to 7: the counter of the likelier successor; 8 to 15: of the other one.
// Bounds     `keys_max` keys in sets of four; the set replaces its least confident key, so that
//            a short flood of keys seen once does not wash out what is known.
// Threads    none, see prefetcher.h.
// Cost       a cache miss or two for each access and step, 32 bytes a key.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/result.h"
#include "attune/cache/prefetcher.h"

namespace attune::cache {

struct MarkovConfig {
  std::size_t keys_max = 65'536;  // rounded up to a power of two; 32 bytes each
};
Status Validate(const MarkovConfig& config);

class MarkovPrefetcher final : public Prefetcher {
 public:
  // REQUIRES: Validate(config).ok().
  explicit MarkovPrefetcher(MarkovConfig config = {});

  std::string_view name() const noexcept override { return "markov"; }
  Bytes bytes() const noexcept override;
  void Observe(PrefetchKey key) override;
  void Propose(std::size_t depth, std::vector<Proposal>& proposals) override;

 private:
  static constexpr std::size_t kWays = 4;
  static constexpr std::uint8_t kCountMax = 7;
  struct Successors {
    PrefetchKey key = 0;
    PrefetchKey first = 0;
    PrefetchKey second = 0;
    std::uint8_t first_count = 0;   // at least second_count; 0: the place is free
    std::uint8_t second_count = 0;  // 0: there is none
  };
  static_assert(sizeof(Successors) == 32);

  static void Learn(Successors& entry, PrefetchKey next);
  static void LearnOther(Successors& entry, PrefetchKey next);
  static void Wear(Successors& entry);
  std::size_t SetOf(PrefetchKey key) const noexcept;
  const Successors* Find(PrefetchKey key) const noexcept;  // null: nothing is known
  void LearnPair(PrefetchKey key, PrefetchKey next);

  std::vector<Successors> entries_;
  std::uint64_t crowded_ = 0;  // newcomers to a full set
  PrefetchKey last_ = 0;
  bool started_ = false;
  bool moved_ = false;  // the last access was another key than the one before
};

}  // namespace attune::cache

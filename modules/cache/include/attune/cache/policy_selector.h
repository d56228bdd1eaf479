#pragma once
// PolicySelector: which replacement policy a cache should use now, found by trying them in small.
//
// It learns in episodes. While it learns, the cache hands over its accesses to a sample of the keys, and the selector
// runs every candidate policy on them in a miniature of the cache; when another one deserves the cache, it
// says so. Then it rests: nothing is sampled, the miniatures are gone, and the cache only tells it now and then how
// many accesses it missed. It learns again when these change.
//
//   PolicySelector selector(10'000);
//   if (selector.Samples(hash)) sample.push_back(hash);             // on the access path
//   if (misses >= selector.review_misses()) {                       // where something was missed
//     if (selector.Review({accesses, misses, evictions})) selector.Adopt(ResidentsThatItSamples());
//   }
//   selector.Simulate(sample);                                      // kBatch or so at a time
//   if (const auto change = selector.Decide()) UsePolicy(change->to);  // and tell the journal why
//
// Miniatures    A cache of up to simulated_entries_max entries is simulated whole, a larger one by
//               the share of its keys that fills so many: a share of the keys in the same share of the
//               cache fares like all of them (Waldspurger, Saemundsson, Ahmad, Park, "Cache Modeling
//               and Optimization using Miniature Simulations", USENIX ATC 2017). They begin with what the live
//               cache holds: what they show is what a move would bring, and is seen some fills of the cache earlier.
// When to move  A candidate's lead over the policy in use is counted in hits on the same accesses and never
//               falls below zero, as in Page's CUSUM (Biometrika 41, 1954): what the policy in
//               use earned yesterday does not protect it today. The lead must exceed what chance explains and what a
//               move costs. Chance is three sigmas; the variance is that of a fair coin, or a quarter of that of
//               clusters (Cochran, "Sampling Techniques", 1977, chapter 9), of an eighth of a fill each, where that is
//               more: hits that come together, as when a scan comes again, are one event and not a hundred. A move
//               costs little at first, when there is little to lose, up to the hits that a full miniature is worth. A
//               candidate whose longer record is the better one as well needs a part of that. Each move doubles the
//               price for a while, so that two policies that take turns do not make the cache follow them. At the end
//               of an episode a lead of one hit in a hundred is enough, even a likely one: there is no later to wait
//               for. What policies did while they warmed up does not count then.
// How long      A first episode takes some 60 fills, one after a change 10 to 40. Where somebody may then still be
//               ahead by two hits in a hundred, as is often so where a fill is few accesses, it goes on, for no more
//               accesses than the first episode takes in a miniature of the largest size.
// Screening     When the candidates have warmed up, those are dropped who are far behind, and what they would have
//               cost goes into a longer look at the rest: who is best of the good ones takes longest to see. A change
//               of the load brings them back.
// Live or not   A policy that was moved to took over what another one kept, and may do worse with it for a long time
//               than in its miniature, which has its own. A live cache that has not half of its miniature's hits is
//               looked at anew, all miniatures with what it holds.
// When to learn At first; when the live hit ratio changes (change_detector.h); when hardly anything is hit, at growing
//               intervals; and without a reason as far as it is paid for. Learning has an account: the live cache's
//               accesses and evictions pay in about a fiftieth of their own time, episodes are paid from it, but for
//               those that had a reason and brought a move, and the debt is limited. So a load that stays as it is
//               pays for its first episode and then a fiftieth, and one that keeps changing without gain ends there
//               too.
// Decides only  It owns no thread, clock, lock or cache. The same calls give the same answers.
// Threads       none: whoever guards it.
// Cost          Samples is one compare. Simulate takes about 80 ns for each candidate and access. Memory is about
//               60 bytes for each candidate and simulated entry while it learns, and under a kilobyte else; see
//               bytes().

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/change_detector.h"
#include "attune/cache/policy.h"
#include "attune/cache/policy_kind.h"

namespace attune::cache {

struct PolicySelectorConfig {
  // Most entries of one miniature. A cache up to this size is simulated whole; more entries
  // tell close candidates apart, and cost memory and time in proportion.
  std::size_t simulated_entries_max = 1024;

  // Above 64 Ki entries a miniature holds no more than this share of the cache, which keeps what all of them
  // cost together near a fiftieth of it. Below, a third of a megabyte buys the better choice.
  double simulated_share_max = 1.0 / 200;

  // One of each family. 2Q and LRFU beside them win on some traces what is lost on others, where the same account
  // pays for a shorter look at each.
  std::vector<PolicyKind> candidates{PolicyKind::kLru, PolicyKind::kS3Fifo, PolicyKind::kArc, PolicyKind::kLirs,
                                     PolicyKind::kTinyLfu};

  // SIEVE joins them in caches of up to so many entries. There it is often the best by percents, and a fill is so few
  // accesses that a sixth candidate costs little; in larger ones it costs what 2Q and LRFU would.
  std::size_t sieve_entries_max = 256;

  // One of the candidates; used until something is known. LIRS loses least where there is no time to
  // learn: on loops the others lose everything, and where it is wrong that shows at once.
  PolicyKind initial = PolicyKind::kLirs;
};

// A move from one policy to another, and the evidence for it.
struct PolicyChange {
  PolicyKind from = PolicyKind::kLru;
  PolicyKind to = PolicyKind::kLru;
  std::uint64_t accesses = 0;  // sampled, since `to` was last not ahead of `from`, or since the last move
  std::uint64_t only_to = 0;   // of them, those that `to` alone would have answered
  std::uint64_t only_from = 0;
  std::size_t lead_min = 0;  // the lead that a move needed

  // "lirs answers 77 more of 96 sampled accesses than lru (80 against 3); a move needs 33"
  std::string Reason() const;
};

// What the live cache did since it last told.
struct LiveCounts {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;  // for want of room; without them no policy is better than another
};

class PolicySelector {
 public:
  static constexpr std::size_t kBatch = 64;  // sampled accesses worth a call of Simulate and Decide
  // At most, for an entry of a miniature, on average over the candidates; mostly 65 to 75.
  static constexpr std::uint64_t kBytesPerSimulated = 100;

  // REQUIRES: entries_max > 0; the initial policy is a candidate.
  explicit PolicySelector(std::size_t entries_max, PolicySelectorConfig config = {});
  ~PolicySelector();

  // ---- on the way of an access

  // True if accesses to this key are to be handed to Simulate.
  bool Samples(KeyHash key) const noexcept { return static_cast<std::uint32_t>(key) < sampled_below_; }
  // The same for who keeps a copy: the low 32 bits of a sampled key are below this. 0 while it rests.
  std::uint32_t sampled_below() const noexcept { return sampled_below_; }
  // Misses after which Review wants to know.
  std::uint64_t review_misses() const noexcept;

  // ---- beside it

  // True: an episode has begun, and Adopt may follow.
  bool Review(const LiveCounts& counts);
  // What the live cache holds of the keys that are sampled, coldest first.
  // REQUIRES: Review has just answered true.
  void Adopt(std::span<const KeyHash> residents);

  // Runs the candidates on these accesses, the oldest first; nothing while it rests.
  void Simulate(std::span<const KeyHash> accesses);
  // The policy to move to now, and why; nothing while the present one is good enough. May end the episode.
  std::optional<PolicyChange> Decide();

  // The cache holds this many entries now. Miniatures of another size begin anew.
  // REQUIRES: entries_max > 0.
  void Resize(std::size_t entries_max);
  // The same for PolicySelectorConfig::simulated_entries_max.
  void SetSimulatedMax(std::size_t simulated_entries_max);
  std::size_t simulated_entries_max() const noexcept { return config_.simulated_entries_max; }

  // ---- seeing

  bool learning() const noexcept { return !candidates_.empty(); }
  // The policy that the cache should be using.
  PolicyKind policy() const noexcept { return policy_; }
  // Simulated so far: accesses, times the candidates of each.
  std::uint64_t simulated() const noexcept { return simulated_; }
  std::uint64_t episodes() const noexcept { return episodes_; }
  Bytes bytes() const noexcept;
  // What bytes() may come to in this episode: who keeps to a limit makes room for it before the miniatures fill.
  // 0 while it rests.
  Bytes bytes_expected() const noexcept;

 private:
  struct Candidate;
  struct Hits {
    std::uint64_t accesses = 0;
    std::uint64_t hits = 0;
    double ratio() const { return accesses == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(accesses); }
  };

  double Fill() const;
  std::size_t SimulatedMax(std::size_t entries_max) const;

  std::vector<PolicyKind> Kinds() const;
  Bytes BytesOfLists() const noexcept;

  bool ReviewAtRest(bool changed, double hit_ratio);
  bool ReviewLearning();
  bool BeginAnew();
  void CountInUse(std::uint64_t hits, std::size_t accesses);
  bool IsStuck() const;
  void Begin(double fills);
  void Prolong(double fills);
  void End();
  double Owed() const;  // for this episode
  double RecheckCost() const;
  bool InDebt() const;

  void SimulateBatch(std::span<const KeyHash> accesses);
  void SpendSaved(std::size_t accesses);
  void Age(std::size_t accesses);
  void EndBlocks(std::size_t accesses);
  void CompareAnew();
  void Screen();
  bool Screened() const;

  const Candidate& InUse() const;
  bool Deserves(const Candidate& candidate, double price) const;
  double Price() const;
  double PriceFor(const Candidate& candidate, double price) const;
  bool Undecided() const;
  std::optional<PolicyChange> Settle();
  PolicyChange Move(const PolicyChange& change);

  PolicySelectorConfig config_;
  std::uint32_t sampled_below_ = 0;
  std::size_t entries_max_ = 0;        // of the live cache
  std::size_t simulated_entries_ = 0;  // of each miniature
  PolicyKind policy_;

  // What is decided by while it learns.
  std::vector<PolicyKind> kinds_;      // of this episode's candidates, or the last one's
  std::vector<Candidate> candidates_;  // none while it rests, all of them at first
  std::uint64_t accesses_ = 0;         // simulated so far
  std::uint64_t begun_ = 0;            // of accesses_, with this episode
  std::uint64_t end_ = 0;              // of accesses_, where it ends
  std::uint64_t block_accesses_ = 0;   // since hits were last taken for one event; see Candidate::Score
  std::uint64_t saved_ = 0;            // accesses of candidates that have been dropped, and not yet spent
  std::uint64_t compared_since_ = 0;   // of accesses_: with this episode, or since the last move
  double late_next_ = 0;               // accesses after that, where the later half begins anew
  bool moved_ = false;                 // in this episode
  std::uint32_t turns_ = 0;            // moves in it after others had been dropped
  bool has_reason_ = true;             // for it: the first one, a change, or no hits
  double reluctance_ = 1;              // what a move must pay, in multiples of the usual price
  Hits live_;                          // of the policy in use, lately, in the cache ...
  Hits in_miniature_;                  // ... and here

  // What says when to learn.
  ChangeDetector changes_;
  AccessWindow window_;
  bool evicts_ = false;       // the live cache has evicted something
  bool has_learned_ = false;  // an episode on a cache that evicts
  double rested_ = 0;         // fills of the live cache
  double patience_ = 1;       // doubles with every episode that brought no move
  double credit_ = 0;         // simulated accesses, times candidates; negative: debt
  std::uint64_t spent_ = 0;   // in this episode
  std::uint64_t simulated_ = 0;
  std::uint64_t episodes_ = 0;
};

}  // namespace attune::cache

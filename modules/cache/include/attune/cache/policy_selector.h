#pragma once
// PolicySelector: which replacement policy a cache should use now, found by trying them in small.
//
// The cache hands over its accesses to a sample of the keys; the selector runs every candidate
// policy on them in a miniature of the cache, and says when another one deserves the cache.
//
//   PolicySelector selector(10'000);
//   if (selector.Samples(hash)) sample.push_back({hash, hit});          // on the access path
//   selector.Simulate(sample);                                          // off it, kBatch or so at a time
//   if (const auto change = selector.Decide()) {                        // and tell the journal why
//     UsePolicy(HandOver(change->to, ...));
//   }
//
// Miniatures    A cache of up to simulated_entries_max entries is simulated whole, a larger one by
//               the share of its keys that fills so many: a share of the keys in the same share of the
//               cache fares like all of them (Waldspurger, Saemundsson, Ahmad, Park, "Cache Modeling
//               and Optimization using Miniature Simulations", USENIX ATC 2017).
// When to move  A candidate's lead over the policy in use is counted in hits on the same accesses and never
//               falls below zero, as in Page's CUSUM (Biometrika 41, 1954): what the policy in
//               use earned yesterday does not protect it today. The lead must exceed what chance explains (three
//               sigmas of a fair coin) and what a move costs: little at first, when there is nothing
//               to lose, up to the hits that a full miniature is worth. A candidate whose
//               longer record is the better one as well needs a part of that. Each move doubles the price
//               for a while, so that two policies that take turns do not make the cache follow them.
// Decides only  It owns no thread, clock, lock or cache. The same accesses give the same answers.
// Threads       Samples may run beside one thread that calls the other members, one at a time.
// Cost          Samples is one load and one compare. Simulate takes about 0.1 us for each candidate and
//               sampled access. Memory is about 60 bytes for each candidate and simulated entry; see bytes().

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"
#include "attune/cache/policy_kind.h"

namespace attune::cache {

class SimulatedCache;

// An access of the live cache to a key that Samples() picked.
struct SampledAccess {
  KeyHash key = 0;
  bool hit = false;  // in the live cache
};

struct PolicySelectorConfig {
  // Most entries of one miniature. A cache up to this size is simulated whole; more entries
  // tell close candidates apart, and cost memory and time in proportion.
  std::size_t simulated_entries_max = 1024;

  // Above 64 Ki entries a miniature holds no more than this share of the cache, which keeps what all of them
  // cost together near a fiftieth of it. Below, a third of a megabyte buys the better choice.
  double simulated_share_max = 1.0 / 200;

  // One of each family; leaving out the other kinds changed no result by more than chance.
  std::vector<PolicyKind> candidates{PolicyKind::kLru,  PolicyKind::kS3Fifo,  PolicyKind::kArc, PolicyKind::kLirs,
                                     PolicyKind::kTwoQ, PolicyKind::kTinyLfu, PolicyKind::kLrfu};

  // One of the candidates; used until something is known. LIRS loses least where there is no time to
  // learn: on loops the others lose everything, and where it is wrong that shows at once.
  PolicyKind initial = PolicyKind::kLirs;
};

// A move from one policy to another, and the evidence for it.
struct PolicyChange {
  PolicyKind from = PolicyKind::kLru;
  PolicyKind to = PolicyKind::kLru;
  std::uint64_t accesses = 0;  // sampled, since `to` was last not ahead of `from`
  std::uint64_t only_to = 0;   // of them, those that `to` alone would have answered
  std::uint64_t only_from = 0;
  std::size_t lead_min = 0;  // the lead that a move needed

  // "lirs answers 77 more of 96 sampled accesses than lru (80 against 3); a move needs 33"
  std::string Reason() const;
};

class PolicySelector {
 public:
  static constexpr std::size_t kBatch = 64;  // sampled accesses worth a call of Simulate and Decide

  // REQUIRES: entries_max > 0; the initial policy is a candidate.
  explicit PolicySelector(std::size_t entries_max, PolicySelectorConfig config = {});
  ~PolicySelector();

  // True if accesses to this key are to be handed to Simulate.
  bool Samples(KeyHash key) const noexcept {
    // Relaxed: an access that sees the old threshold is one sample more or less.
    return static_cast<std::uint32_t>(key) <= threshold_.load(std::memory_order_relaxed);
  }

  // Runs the candidates on these accesses, the oldest first.
  void Simulate(std::span<const SampledAccess> accesses);

  // The policy to move to now, and why; nothing while the present one is good enough.
  std::optional<PolicyChange> Decide();

  // The policy that the cache should be using.
  PolicyKind policy() const noexcept { return policy_; }

  // The cache holds this many entries now. Miniatures keep what they know where they can.
  // REQUIRES: entries_max > 0.
  void Resize(std::size_t entries_max);

  Bytes bytes() const noexcept;

 private:
  struct Candidate;

  const Candidate& InUse() const;
  bool Deserves(const Candidate& candidate, double price) const;
  double Price() const;
  double PriceFor(const Candidate& candidate, double price) const;
  std::size_t SimulatedMax(std::size_t entries_max) const;
  void StartMiniatures(std::size_t entries_max);
  void Age(std::size_t accesses);

  PolicySelectorConfig config_;
  std::atomic<std::uint32_t> threshold_ = std::numeric_limits<std::uint32_t>::max();
  double share_ = 0;                   // of the keys that is simulated; 0 before the first Resize
  std::size_t simulated_entries_ = 0;  // of each miniature
  PolicyKind policy_;
  std::uint64_t accesses_ = 0;  // simulated so far
  double reluctance_ = 1;       // what a move must pay, in multiples of the usual price
  std::vector<Candidate> candidates_;
};

}  // namespace attune::cache

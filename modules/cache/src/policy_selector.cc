#include "attune/cache/policy_selector.h"

#include <algorithm>
#include <cmath>

#include "attune/base/check.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

constexpr std::size_t kLeadMin = 8;             // sampled hits, below which nothing is evidence
constexpr double kLeadShare = 0.03;             // of the simulated entries: a move loses about so many hits
constexpr double kSigmas = 3;                   // by which a lead must exceed a coin's
constexpr double kReluctanceGrowth = 2;         // with every move
constexpr double kReluctanceHalfLifeFills = 8;  // in accesses, as multiples of the simulated entries

}  // namespace

// A policy, its miniature, and how far it is ahead of the policy in use.
struct PolicySelector::Candidate {
  PolicyKind kind;
  std::unique_ptr<SimulatedCache> miniature;
  bool hit = false;  // the access at hand
  std::uint64_t accesses = 0;
  std::uint64_t wins = 0;    // accesses that it answers and the policy in use does not
  std::uint64_t losses = 0;  // the other way round

  std::uint64_t lead() const { return wins - losses; }

  void Restart() { accesses = wins = losses = 0; }

  void Compare(bool rival_hit) {
    ++accesses;
    wins += hit && !rival_hit ? 1 : 0;
    losses += rival_hit && !hit ? 1 : 0;
    if (losses >= wins) Restart();
  }

  bool BeyondChance() const {
    return static_cast<double>(lead()) >= kSigmas * std::sqrt(static_cast<double>(wins + losses));
  }
};

std::string PolicyChange::Reason() const {
  return std::string(ToString(to)) + " answers " + std::to_string(only_to - only_from) + " more of " +
         std::to_string(accesses) + " sampled accesses than " + std::string(ToString(from)) + " (" +
         std::to_string(only_to) + " against " + std::to_string(only_from) + "); a move needs " +
         std::to_string(lead_min);
}

PolicySelector::PolicySelector(std::size_t entries_max, PolicySelectorConfig config)
    : config_(std::move(config)), policy_(config_.initial) {
  ATTUNE_CHECK(std::ranges::find(config_.candidates, config_.initial) != config_.candidates.end(),
               "the first policy is a candidate");
  ATTUNE_CHECK(config_.simulated_entries_max > 0, "a miniature holds at least one entry");
  for (const PolicyKind kind : config_.candidates) candidates_.push_back({.kind = kind});
  Resize(entries_max);
}

PolicySelector::~PolicySelector() = default;

void PolicySelector::Simulate(std::span<const SampledAccess> accesses) {
  for (const SampledAccess& access : accesses) {
    for (Candidate& candidate : candidates_) candidate.hit = candidate.miniature->Access(access.key);
    const bool rival_hit = Current().hit;
    for (Candidate& candidate : candidates_) candidate.Compare(rival_hit);
  }
  const double half_life = kReluctanceHalfLifeFills * static_cast<double>(simulated_entries_);
  reluctance_ = 1 + (reluctance_ - 1) * std::exp2(-static_cast<double>(accesses.size()) / half_life);
}

std::optional<PolicyChange> PolicySelector::Decide() {
  const Candidate& best = *std::ranges::max_element(candidates_, {}, &Candidate::lead);
  const std::size_t lead_min = LeadMin();
  if (best.lead() < lead_min || !best.BeyondChance()) return std::nullopt;
  const PolicyChange change{policy_, best.kind, best.accesses, best.wins, best.losses, lead_min};
  policy_ = best.kind;
  reluctance_ *= kReluctanceGrowth;
  for (Candidate& candidate : candidates_) candidate.Restart();
  return change;
}

void PolicySelector::Resize(std::size_t entries_max) {
  ATTUNE_CHECK(entries_max > 0, "a cache holds at least one entry");
  simulated_entries_ = std::min(entries_max, config_.simulated_entries_max);
  const double share = static_cast<double>(simulated_entries_) / static_cast<double>(entries_max);
  threshold_.store(static_cast<std::uint32_t>(share * std::numeric_limits<std::uint32_t>::max()),
                   std::memory_order_relaxed);
  for (Candidate& candidate : candidates_) {
    candidate.miniature = std::make_unique<SimulatedCache>(candidate.kind, simulated_entries_);
    candidate.Restart();
  }
}

Bytes PolicySelector::bytes() const noexcept {
  Bytes total(sizeof(*this) + candidates_.capacity() * sizeof(Candidate));
  for (const Candidate& candidate : candidates_) total = total + candidate.miniature->bytes();
  return total;
}

PolicySelector::Candidate& PolicySelector::Current() {
  return *std::ranges::find(candidates_, policy_, &Candidate::kind);
}

std::size_t PolicySelector::LeadMin() const {
  const double price = std::max<double>(kLeadMin, kLeadShare * static_cast<double>(simulated_entries_));
  return static_cast<std::size_t>(std::ceil(price * reluctance_));
}

}  // namespace attune::cache

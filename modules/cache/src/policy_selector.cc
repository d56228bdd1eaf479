#include "attune/cache/policy_selector.h"

#include <algorithm>
#include <cmath>

#include "attune/base/check.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

// Multiples of the simulated entries are "fills" here: what a policy needs to show what it does with a cache.
// The constants lie where results on generated and recorded workloads change little around them.
constexpr double kLeadMin = 8;               // hits, below which nothing is evidence
constexpr double kSigmas = 3;                // by which a lead must exceed chance
constexpr double kPriceFirst = 0.2;          // of a move, in fills
constexpr double kPriceLast = 1;             // the whole content of the cache
constexpr double kPriceLastFills = 30;       // after so many
constexpr double kRecordDiscount = 0.1;      // of the price, for a candidate with the better record
constexpr double kRecordHalfLifeFills = 40;  // long enough for the turns that policies take within a loop
constexpr double kReluctanceGrowth = 2;      // with every move
constexpr double kReluctanceHalfLifeFills = 8;
constexpr std::size_t kLargeCache = std::size_t{64} << 10U;  // entries; see simulated_share_max

double HalfLives(std::size_t accesses, double fills, std::size_t entries) {
  return std::exp2(-static_cast<double>(accesses) / (fills * static_cast<double>(entries)));
}

}  // namespace

// A policy, its miniature, and how far it is ahead of the policy in use.
struct PolicySelector::Candidate {
  PolicyKind kind;
  std::unique_ptr<SimulatedCache> miniature;
  bool hit = false;            // the access at hand
  double record = 0;           // hits, the older the less they count
  std::uint64_t accesses = 0;  // since the lead was zero
  std::uint64_t wins = 0;      // accesses that it answers and the policy in use does not
  std::uint64_t losses = 0;    // the other way round

  std::uint64_t lead() const { return wins - losses; }

  void StartLead() { accesses = wins = losses = 0; }

  void Compare(bool hit_in_use) {
    record += hit ? 1 : 0;
    ++accesses;
    wins += hit && !hit_in_use ? 1U : 0U;
    losses += hit_in_use && !hit ? 1U : 0U;
    if (losses >= wins) StartLead();
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
  Candidate& in_use = *std::ranges::find(candidates_, policy_, &Candidate::kind);
  for (const SampledAccess& access : accesses) {
    for (Candidate& candidate : candidates_) candidate.hit = candidate.miniature->Access(access.key);
    for (Candidate& candidate : candidates_) candidate.Compare(in_use.hit);
  }
  Age(accesses.size());
}

std::optional<PolicyChange> PolicySelector::Decide() {
  const double price = Price();
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates_) {
    if (Deserves(candidate, price) && (best == nullptr || candidate.lead() > best->lead())) best = &candidate;
  }
  if (best == nullptr) return std::nullopt;
  const auto price_paid = static_cast<std::size_t>(PriceFor(*best, price));
  const PolicyChange change{policy_, best->kind, best->accesses, best->wins, best->losses, price_paid};
  policy_ = best->kind;
  reluctance_ *= kReluctanceGrowth;
  for (Candidate& candidate : candidates_) candidate.StartLead();
  return change;
}

void PolicySelector::Resize(std::size_t entries_max) {
  ATTUNE_CHECK(entries_max > 0, "a cache holds at least one entry");
  const std::size_t simulated_max = SimulatedMax(entries_max);
  const bool whole = entries_max <= simulated_max;
  const auto simulated = static_cast<std::size_t>(std::llround(share_ * static_cast<double>(entries_max)));
  // As long as the present share gives miniatures of a useful size, what they know is kept.
  const bool keeps = whole ? share_ == 1 : share_ < 1 && simulated <= simulated_max && 2 * simulated >= simulated_max;
  if (!keeps) {
    StartMiniatures(entries_max);
    return;
  }
  if (simulated == simulated_entries_) return;
  simulated_entries_ = simulated;
  for (Candidate& candidate : candidates_) candidate.miniature->Resize(simulated);
}

std::size_t PolicySelector::SimulatedMax(std::size_t entries_max) const {
  if (entries_max <= kLargeCache) return config_.simulated_entries_max;
  const double share = config_.simulated_share_max * static_cast<double>(entries_max);
  return std::min(config_.simulated_entries_max, std::max<std::size_t>(1, static_cast<std::size_t>(share)));
}

void PolicySelector::StartMiniatures(std::size_t entries_max) {
  simulated_entries_ = std::min(entries_max, SimulatedMax(entries_max));
  share_ = static_cast<double>(simulated_entries_) / static_cast<double>(entries_max);
  threshold_.store(static_cast<std::uint32_t>(share_ * std::numeric_limits<std::uint32_t>::max()),
                   std::memory_order_relaxed);
  for (Candidate& candidate : candidates_) {
    candidate.miniature = std::make_unique<SimulatedCache>(candidate.kind, simulated_entries_);
    candidate.record = 0;
    candidate.StartLead();
  }
}

Bytes PolicySelector::bytes() const noexcept {
  Bytes total(sizeof(*this) + candidates_.capacity() * sizeof(Candidate));
  for (const Candidate& candidate : candidates_) total = total + candidate.miniature->bytes();
  return total;
}

const PolicySelector::Candidate& PolicySelector::InUse() const {
  return *std::ranges::find(candidates_, policy_, &Candidate::kind);
}

double PolicySelector::Price() const {
  const auto fill = static_cast<double>(simulated_entries_);
  const double known = std::min(1.0, static_cast<double>(accesses_) / (kPriceLastFills * fill));
  return fill * (kPriceFirst + (kPriceLast - kPriceFirst) * known) * reluctance_;
}

double PolicySelector::PriceFor(const Candidate& candidate, double price) const {
  return std::max(kLeadMin, candidate.record > InUse().record ? kRecordDiscount * price : price);
}

bool PolicySelector::Deserves(const Candidate& candidate, double price) const {
  return static_cast<double>(candidate.lead()) >= PriceFor(candidate, price) && candidate.BeyondChance();
}

void PolicySelector::Age(std::size_t accesses) {
  accesses_ += accesses;
  reluctance_ = 1 + (reluctance_ - 1) * HalfLives(accesses, kReluctanceHalfLifeFills, simulated_entries_);
  const double keep = HalfLives(accesses, kRecordHalfLifeFills, simulated_entries_);
  for (Candidate& candidate : candidates_) candidate.record *= keep;
}

}  // namespace attune::cache

#include "attune/cache/policy_selector.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "attune/base/check.h"
#include "simulated_cache.h"

namespace attune::cache {
namespace {

// Multiples of the simulated entries are "fills" here: what a policy needs to show what it does with a cache.
// The constants lie where results on generated and recorded workloads change little around them.

// When to move.
constexpr double kLeadMin = 8;               // hits, below which nothing is evidence
constexpr double kLeadSigmas = 3;            // by which a lead must exceed chance
constexpr double kBlockFills = 0.125;        // hits that come together in so long are seldom independent ...
constexpr double kBlockWeight = 0.25;        // ... and at times they are
constexpr double kPriceFirst = 0.2;          // of a move, in fills
constexpr double kPriceLast = 1;             // the whole content of the cache
constexpr double kPriceLastFills = 30;       // after so many
constexpr double kRecordDiscount = 0.1;      // of the price, for a candidate with the better record
constexpr double kRecordHalfLifeFills = 40;  // long enough for the turns that policies take within a loop
constexpr double kReluctanceGrowth = 2;      // with every move
constexpr double kReluctanceHalfLifeFills = 8;
constexpr double kSettlingLead = 0.01;  // of the hits
constexpr double kSettlingSigmas = 1;
constexpr double kUndecidedLead = 0.02;   // of the hits: who may be ahead by more ...
constexpr double kUndecidedSigmas = 1.5;  // ... by this much of chance is worth another look

// When the live cache does not do what its miniature does.
constexpr double kStuckShare = 0.5;  // of the miniature's hits
constexpr double kStuckFills = 5;    // what is taken over has mostly gone by then

// How long to learn.
constexpr double kFillMin = 400;          // accesses: of a tiny cache one fill shows nothing
constexpr double kFirstFills = 58;        // policies that count uses find their ways by then
constexpr double kFirstStretchMax = 4;    // for large caches, of which a sample costs less; see FirstFills
constexpr double kChangeFills = 10;       // after a change, when miniatures begin with what is there
constexpr double kChangeFillsMax = 40;    // when shorter episodes brought nothing
constexpr double kRecheckFills = 20;      // without a reason
constexpr double kIdleFills = 2;          // a cache that has evicted nothing by then may never do so
constexpr double kUselessHits = 0.02;     // a hit ratio below is a reason to learn ...
constexpr double kUselessRestFills = 10;  // ... after so long a rest, times patience
constexpr double kPatienceMax = 1024;

// Who is simulated to the end.
constexpr double kWarmUpFills = 20;         // what a policy does in them says little: LIRS leads, S3-FIFO comes later
constexpr double kScreeningFills = 10;      // after them, before anybody is dropped
constexpr std::uint32_t kTurnsMax = 2;      // moves among the rest: one is what the rest is there for
constexpr double kScreeningDeficit = 0.06;  // of the hits

// What learning may cost. A candidate's simulated access takes about 80 ns, a hit in a live cache 20 and an evicting
// store 200: both pay in a fiftieth of what they take.
constexpr double kEarnedByAccess = 0.005;
constexpr double kEarnedByEviction = 0.05;
constexpr double kDebtMaxFills = 2000;  // times one candidate: 0.15 s in miniatures of 1,024 entries

constexpr std::uint64_t kReviewsOfFill = 4;  // as many, each after the same number of misses
constexpr std::uint64_t kReviewMissesMin = 32;
constexpr std::uint64_t kReviewsOfFirstFill = 64;  // policies part at the first eviction, and learning begins with it
constexpr std::size_t kLargeCache = std::size_t{64} << 10U;  // entries; see simulated_share_max

double HalfLives(std::size_t accesses, double fills, std::size_t entries) {
  return std::exp2(-static_cast<double>(accesses) / (fills * static_cast<double>(entries)));
}

// The larger the cache, the smaller the share that is simulated, and the slower learning is in accesses of
// the cache; half of what the sample saves goes into a longer look.
double FirstFills(std::size_t entries_max, std::size_t simulated) {
  return kFirstFills *
         std::min(kFirstStretchMax, std::sqrt(static_cast<double>(entries_max) / static_cast<double>(simulated)));
}

}  // namespace

// A policy, its miniature, and how far it is ahead of the policy in use.
struct PolicySelector::Candidate {
  // Accesses that this one answers and the policy in use does not, and the other way round.
  struct Score {
    std::uint64_t accesses = 0;
    std::uint64_t hits_in_use = 0;  // of the policy in use
    std::uint64_t wins = 0;
    std::uint64_t losses = 0;
    double lead_before = 0;  // the block at hand
    double squares = 0;      // of the leads of the blocks before it

    bool ahead() const { return wins > losses; }
    double lead() const { return static_cast<double>(wins) - static_cast<double>(losses); }
    // Of the lead, by chance. A scan that comes again is one event and not a hundred, so that its hits count as one.
    double variance() const {
      return std::max(static_cast<double>(wins + losses), kBlockWeight * (squares + SquareOfBlock()));
    }
    double SquareOfBlock() const { return (lead() - lead_before) * (lead() - lead_before); }
    void EndBlock() {
      squares += SquareOfBlock();
      lead_before = lead();
    }
    bool Exceeds(double sigmas) const { return lead() >= sigmas * std::sqrt(variance()); }
    void Add(std::size_t count, std::uint64_t hits, std::uint64_t in_use) {
      accesses += count;
      hits_in_use += static_cast<std::uint64_t>(std::popcount(in_use));
      wins += static_cast<std::uint64_t>(std::popcount(hits & ~in_use));
      losses += static_cast<std::uint64_t>(std::popcount(in_use & ~hits));
    }
  };

  PolicyKind kind;
  std::unique_ptr<SimulatedCache> miniature;
  std::uint64_t hits = 0;  // of the batch at hand: a bit for each access
  double record = 0;       // hits, the older the less they count
  Score recent = {};       // since it was last not ahead
  Score all = {};          // since the episode began or the cache moved
  Score late = {};         // the later half of them; see Age

  void Run(std::span<const KeyHash> batch) {
    hits = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) hits |= std::uint64_t{miniature->Access(batch[i])} << i;
    record += std::popcount(hits);
  }

  void Compare(std::uint64_t hits_in_use, std::size_t count) {
    std::size_t done = 0;
    for (std::uint64_t differ = hits ^ hits_in_use; differ != 0; differ &= differ - 1) {
      const auto at = static_cast<std::size_t>(std::countr_zero(differ));
      const bool wins = ((hits >> at) & 1U) != 0;
      ++(wins ? recent.wins : recent.losses);
      recent.accesses += at + 1 - done;
      done = at + 1;
      if (!recent.ahead()) recent = {};
    }
    recent.accesses += count - done;
    all.Add(count, hits, hits_in_use);
    late.Add(count, hits, hits_in_use);
  }

  // What policies do in the beginning says little, so that the later half counts where it is long enough.
  const Score& Settled(double late_min) const { return static_cast<double>(late.accesses) >= late_min ? late : all; }

  void EndBlock() {
    for (Score* score : {&recent, &all, &late}) score->EndBlock();
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
  Resize(entries_max);
  Begin(FirstFills(entries_max_, simulated_entries_));
}

PolicySelector::~PolicySelector() = default;

// ---- when to learn

std::uint64_t PolicySelector::review_misses() const noexcept {
  const bool waits_for_evictions = !has_learned_ && !learning();
  return std::max(kReviewMissesMin, entries_max_ / (waits_for_evictions ? kReviewsOfFirstFill : kReviewsOfFill));
}

bool PolicySelector::Review(const LiveCounts& counts) {
  credit_ = std::min(2 * RecheckCost(), credit_ + kEarnedByAccess * static_cast<double>(counts.accesses) +
                                            kEarnedByEviction * static_cast<double>(counts.evictions));
  evicts_ = evicts_ || counts.evictions > 0;
  if (evicts_ && !has_learned_ && !learning()) {
    Begin(FirstFills(entries_max_, simulated_entries_));
    return true;
  }
  if (learning()) {
    live_.accesses += counts.accesses;
    live_.hits += counts.accesses - counts.misses;
    if (evicts_ && IsStuck() && !InDebt()) return BeginAnew();
    if (turns_ >= kTurnsMax) return ReviewLearning();
  }
  window_.accesses += counts.accesses;
  window_.misses += counts.misses;
  if (counts.evictions == 0 || window_.misses < entries_max_) return false;
  const AccessWindow window = std::exchange(window_, {});
  rested_ += static_cast<double>(window.accesses) / static_cast<double>(entries_max_);
  const bool changed = changes_.Observe(window);
  if (!learning()) {
    return ReviewAtRest(changed, 1 - static_cast<double>(window.misses) / static_cast<double>(window.accesses));
  }
  return changed && ReviewLearning();
}

// The load has changed while it learns. Who has been dropped may be the one to move to now.
bool PolicySelector::ReviewLearning() {
  changes_.Forget();
  turns_ = 0;
  if (!Screened() || InDebt()) {
    Prolong(kChangeFills);
    return false;
  }
  return BeginAnew();
}

// All candidates, with what the live cache holds, for as long as the episode would have gone on.
bool PolicySelector::BeginAnew() {
  const double left = static_cast<double>(end_ - std::min(end_, accesses_)) / Fill();
  credit_ -= Owed();
  candidates_.clear();
  Begin(std::max(kChangeFills, left));
  return true;
}

void PolicySelector::CountInUse(std::uint64_t hits, std::size_t accesses) {
  in_miniature_.accesses += accesses;
  in_miniature_.hits += static_cast<std::uint64_t>(std::popcount(hits));
  if (static_cast<double>(in_miniature_.accesses) < 4 * kStuckFills * Fill()) return;
  for (Hits* const lately : {&live_, &in_miniature_}) *lately = {lately->accesses / 2, lately->hits / 2};
}

bool PolicySelector::IsStuck() const {
  constexpr std::uint64_t kHitsMin = 32;  // fewer may be chance
  const bool long_enough = static_cast<double>(in_miniature_.accesses) >= kStuckFills * Fill();
  return long_enough && live_.accesses > 0 && in_miniature_.hits >= kHitsMin &&
         live_.ratio() < kStuckShare * in_miniature_.ratio();
}

bool PolicySelector::ReviewAtRest(bool changed, double hit_ratio) {
  const bool useless = hit_ratio < kUselessHits && rested_ > kUselessRestFills * patience_;
  if ((changed || useless) && !InDebt()) {
    Begin(std::min(kChangeFillsMax, kChangeFills * patience_));
  } else if (credit_ >= RecheckCost()) {
    Begin(kRecheckFills);
    has_reason_ = false;
  }
  return learning();
}

void PolicySelector::Begin(double fills) {
  const double share = static_cast<double>(simulated_entries_) / static_cast<double>(entries_max_);
  sampled_below_ = static_cast<std::uint32_t>(share * std::numeric_limits<std::uint32_t>::max());
  kinds_ = Kinds();
  for (const PolicyKind kind : kinds_) {
    candidates_.push_back({.kind = kind, .miniature = std::make_unique<SimulatedCache>(kind, simulated_entries_)});
  }
  begun_ = accesses_;
  CompareAnew();
  end_ = accesses_ + static_cast<std::uint64_t>((fills + 1) * Fill());
  spent_ = 0;
  moved_ = false;
  turns_ = 0;
  has_reason_ = true;
  ++episodes_;
  window_ = {};
  changes_.Forget();
}

// One that was moved to stays among them until it is left.
std::vector<PolicyKind> PolicySelector::Kinds() const {
  std::vector<PolicyKind> kinds = config_.candidates;
  const bool joins = entries_max_ <= config_.sieve_entries_max || policy_ == PolicyKind::kSieve;
  if (joins && std::ranges::find(kinds, PolicyKind::kSieve) == kinds.end()) kinds.push_back(PolicyKind::kSieve);
  return kinds;
}

// Compares with the policy in use from here on.
void PolicySelector::CompareAnew() {
  compared_since_ = accesses_;
  live_ = in_miniature_ = {};
  late_next_ = kWarmUpFills * Fill();
  for (Candidate& candidate : candidates_) candidate.recent = candidate.all = candidate.late = {};
}

void PolicySelector::Adopt(std::span<const KeyHash> residents) {
  const auto kept = residents.last(std::min(residents.size(), simulated_entries_));
  for (Candidate& candidate : candidates_) candidate.miniature->Adopt(kept);
}

void PolicySelector::Prolong(double fills) {
  if (!InDebt()) end_ = std::max(end_, accesses_ + static_cast<std::uint64_t>(fills * Fill()));
}

void PolicySelector::End() {
  std::vector<Candidate>().swap(candidates_);
  sampled_below_ = 0;
  rested_ = 0;
  credit_ -= Owed();
  patience_ = moved_ || !has_learned_ ? 1 : std::min(kPatienceMax, 2 * patience_);
  has_learned_ = evicts_;
}

double PolicySelector::Owed() const { return has_reason_ && moved_ ? 0 : static_cast<double>(spent_); }

double PolicySelector::RecheckCost() const { return (kRecheckFills + 1) * Fill() * static_cast<double>(kinds_.size()); }

bool PolicySelector::InDebt() const {
  return credit_ - Owed() < -kDebtMaxFills * static_cast<double>(simulated_entries_);
}

// ---- what is learned

void PolicySelector::Simulate(std::span<const KeyHash> accesses) {
  while (learning() && !accesses.empty()) {
    const auto batch = accesses.first(std::min(kBatch, accesses.size()));
    SimulateBatch(batch);
    accesses = accesses.subspan(batch.size());
  }
}

// One candidate after the other: each finds its tables in the processor's cache and its branches foreseen,
// which makes the batch a third cheaper than one access after the other.
void PolicySelector::SimulateBatch(std::span<const KeyHash> accesses) {
  for (Candidate& candidate : candidates_) candidate.Run(accesses);
  const std::uint64_t hits_in_use = InUse().hits;
  CountInUse(hits_in_use, accesses.size());
  for (Candidate& candidate : candidates_) candidate.Compare(hits_in_use, accesses.size());
  spent_ += candidates_.size() * accesses.size();
  simulated_ += candidates_.size() * accesses.size();
  SpendSaved(accesses.size());
  Age(accesses.size());
  EndBlocks(accesses.size());
}

void PolicySelector::EndBlocks(std::size_t accesses) {
  block_accesses_ += accesses;
  if (static_cast<double>(block_accesses_) < kBlockFills * Fill()) return;
  block_accesses_ = 0;
  for (Candidate& candidate : candidates_) candidate.EndBlock();
}

// What the dropped candidates would have cost goes into a longer look at the others. Of a large cache, of which a
// sample is simulated, the first look is long enough.
void PolicySelector::SpendSaved(std::size_t accesses) {
  if (simulated_entries_ < entries_max_) return;
  saved_ += accesses * (kinds_.size() - candidates_.size());
  end_ += saved_ / kinds_.size();
  saved_ %= kinds_.size();
}

// REQUIRES: it learns.
bool PolicySelector::Screened() const { return candidates_.size() < kinds_.size(); }

// Drops who is far behind the best, by what they did after they had warmed up.
void PolicySelector::Screen() {
  const Candidate::Score& in_use = InUse().late;
  const bool warm = static_cast<double>(accesses_ - compared_since_) >= kWarmUpFills * Fill();
  if (!warm || static_cast<double>(in_use.accesses) < kScreeningFills * Fill()) return;
  const auto lead = [](const Candidate& candidate) { return candidate.late.lead(); };
  const auto best = std::ranges::max_element(candidates_, {}, lead);
  const PolicyKind kept = best->kind;
  const Candidate::Score top = best->late;
  const double deficit_min = std::max(kLeadMin, kScreeningDeficit * static_cast<double>(in_use.hits_in_use));
  std::erase_if(candidates_, [&](const Candidate& candidate) {
    if (candidate.kind == policy_ || candidate.kind == kept) return false;
    const double deficit = top.lead() - candidate.late.lead();
    return deficit > deficit_min && deficit > kLeadSigmas * std::sqrt(top.variance() + candidate.late.variance());
  });
}

std::optional<PolicyChange> PolicySelector::Decide() {
  if (!learning()) return std::nullopt;
  Screen();
  const double price = Price();
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates_) {
    if (Deserves(candidate, price) && (best == nullptr || candidate.recent.lead() > best->recent.lead())) {
      best = &candidate;
    }
  }
  if (best != nullptr) {
    const auto paid = static_cast<std::size_t>(PriceFor(*best, price));
    const Candidate::Score& score = best->recent;
    return Move({policy_, best->kind, score.accesses, score.wins, score.losses, paid});
  }
  const bool idle = !evicts_ && accesses_ - begun_ >= static_cast<std::uint64_t>(kIdleFills * Fill());
  if (accesses_ < end_ && !idle) return std::nullopt;
  if (!idle && Undecided()) {
    end_ = accesses_ + static_cast<std::uint64_t>(kChangeFills * Fill());
    return std::nullopt;
  }
  std::optional<PolicyChange> change = Settle();
  End();
  return change;
}

// In a small cache a fill is few accesses, and chance hides who is best for longer than for the fills of an episode.
// It goes on for as many accesses as the first episode of the largest miniature takes, unless nobody paid for that.
bool PolicySelector::Undecided() const {
  const double accesses_max = kFirstFills * static_cast<double>(config_.simulated_entries_max);
  const bool affordable = has_reason_ && !InDebt() && static_cast<double>(accesses_ - begun_) < accesses_max;
  const double late_min = kScreeningFills * Fill();
  return affordable && std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
           const Candidate::Score& score = candidate.Settled(late_min);
           const double likely = score.lead() + kUndecidedSigmas * std::sqrt(score.variance());
           return candidate.kind != policy_ && likely > kUndecidedLead * static_cast<double>(score.hits_in_use);
         });
}

// There is no later to wait for, so that what is only likely to be better is taken.
std::optional<PolicyChange> PolicySelector::Settle() {
  const auto needed = [](const Candidate::Score& score) {
    return std::max(kLeadMin, kSettlingLead * static_cast<double>(score.hits_in_use));
  };
  const double late_min = kScreeningFills * Fill();
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates_) {
    const Candidate::Score& score = candidate.Settled(late_min);
    const bool leads = score.ahead() && score.Exceeds(kSettlingSigmas) && score.lead() >= needed(score);
    if (leads && (best == nullptr || score.lead() > best->Settled(late_min).lead())) best = &candidate;
  }
  if (best == nullptr) return std::nullopt;
  const Candidate::Score& score = best->Settled(late_min);
  return Move({policy_, best->kind, score.accesses, score.wins, score.losses, static_cast<std::size_t>(needed(score))});
}

PolicyChange PolicySelector::Move(const PolicyChange& change) {
  policy_ = change.to;
  reluctance_ *= kReluctanceGrowth;
  moved_ = true;
  turns_ += Screened() ? 1U : 0U;
  CompareAnew();
  changes_.Forget();  // the hit ratio changes with the policy
  Prolong(kChangeFills);
  return change;
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
  return candidate.recent.ahead() && candidate.recent.lead() >= PriceFor(candidate, price) &&
         candidate.recent.Exceeds(kLeadSigmas);
}

void PolicySelector::Age(std::size_t accesses) {
  accesses_ += accesses;
  reluctance_ = 1 + (reluctance_ - 1) * HalfLives(accesses, kReluctanceHalfLifeFills, simulated_entries_);
  const double keep = HalfLives(accesses, kRecordHalfLifeFills, simulated_entries_);
  for (Candidate& candidate : candidates_) candidate.record *= keep;
  if (static_cast<double>(accesses_ - compared_since_) < late_next_) return;
  late_next_ *= 2;
  for (Candidate& candidate : candidates_) candidate.late = {};
}

// ---- shape

double PolicySelector::Fill() const { return std::max(kFillMin, static_cast<double>(simulated_entries_)); }

void PolicySelector::Resize(std::size_t entries_max) {
  ATTUNE_CHECK(entries_max > 0, "a cache holds at least one entry");
  entries_max_ = entries_max;
  simulated_entries_ = std::min(entries_max, SimulatedMax(entries_max));
  if (!learning()) return;
  credit_ -= Owed();
  spent_ = 0;
  candidates_.clear();
  if (InDebt()) {
    End();
  } else {
    Begin(has_learned_ ? kChangeFills : FirstFills(entries_max_, simulated_entries_));
  }
}

void PolicySelector::SetSimulatedMax(std::size_t simulated_entries_max) {
  config_.simulated_entries_max = std::max<std::size_t>(1, simulated_entries_max);
  Resize(entries_max_);
}

std::size_t PolicySelector::SimulatedMax(std::size_t entries_max) const {
  if (entries_max <= kLargeCache) return config_.simulated_entries_max;
  const double share = config_.simulated_share_max * static_cast<double>(entries_max);
  return std::min(config_.simulated_entries_max, std::max<std::size_t>(1, static_cast<std::size_t>(share)));
}

Bytes PolicySelector::bytes() const noexcept {
  Bytes total = BytesOfLists();
  for (const Candidate& candidate : candidates_) total = total + candidate.miniature->bytes();
  return total;
}

Bytes PolicySelector::bytes_expected() const noexcept {
  constexpr std::uint64_t kBytesOfEmpty = 1200;  // of a miniature and its policy
  if (!learning()) return Bytes(0);
  const std::uint64_t miniature = kBytesOfEmpty + kBytesPerSimulated * simulated_entries_;
  return BytesOfLists() + Bytes(kinds_.size() * miniature);
}

Bytes PolicySelector::BytesOfLists() const noexcept {
  return Bytes(sizeof(*this) + candidates_.capacity() * sizeof(Candidate) +
               (config_.candidates.capacity() + kinds_.capacity()) * sizeof(PolicyKind));
}

}  // namespace attune::cache

#include "attune/cache/prefetch_gate.h"

#include <algorithm>
#include <string>
#include <utility>

#include "attune/base/check.h"
#include "prefetch_shadow.h"
#include "proposal_table.h"

namespace attune::cache {
namespace {

// For a precision of up to 0.9. What asks for more asks for proportionally longer ones: to tell 0.99 from certainty
// takes ten times as many proposals.
constexpr double kLevelMemory = 256;     // proposals after which old ones count half: levels change within a phase
constexpr double kOverallMemory = 1024;  // the same for everything issued; longer, because it corrects the levels
constexpr double kOverallMin = 64;       // issued before it corrects anything

constexpr double kDoubt = 8;      // proposals that a level is assumed to have made before its first ...
constexpr double kDoubtUsed = 4;  // ... and how many of them came true: it takes 32 good ones to reach 0.9
// More than this is not asked for: the doubt alone keeps the record of a level that is always right below certainty.
constexpr double kPrecisionCap = 0.995;
constexpr std::uint64_t kTrialWaitMax = std::uint64_t{1} << 16U;  // kOverallMin bad loads are a thousandth of it
constexpr double kAllowanceMax = 64;                              // loads that one access may start at most
constexpr std::size_t kInFlightMin = 16;
constexpr std::uint32_t kDepthWindow = 64;  // resolved loads between two looks at the depth
constexpr std::uint32_t kLateShare = 8;     // deeper when more than one load in eight is late
constexpr std::size_t kDepthLimit = 64;
constexpr std::size_t kInFlightLimit = 1U << 24U;

// By how much the memories are longer than for 0.9.
double MemoryScale(double precision) { return std::max(1.0, 0.1 / (1 - precision)); }

void Fade(auto& record, double memory) {
  if (record.proposed < memory) return;
  record.proposed /= 2;
  record.used /= 2;
}

Error OutOfRange(std::string_view field, double value, std::string_view range) {
  return {ErrorCode::kInvalidArgument,
          std::string(field) + " is " + std::to_string(value) + "; it must be " + std::string(range)};
}

}  // namespace

Status Validate(const PrefetchGateConfig& config) {
  if (!(config.precision_min >= 0 && config.precision_min <= 1)) {
    return OutOfRange("precision_min", config.precision_min, "0 to 1");
  }
  if (!(config.issued_max >= 0 && config.issued_max <= kAllowanceMax)) {
    return OutOfRange("issued_max", config.issued_max, "0 to 64");
  }
  if (config.depth_max < 1 || config.depth_max > kDepthLimit) {
    return OutOfRange("depth_max", static_cast<double>(config.depth_max), "1 to 64");
  }
  if (config.in_flight_max < kInFlightMin || config.in_flight_max > kInFlightLimit) {
    return OutOfRange("in_flight_max", static_cast<double>(config.in_flight_max), "16 to 2^24");
  }
  if (config.shadow_entries < 1 || config.shadow_entries > kInFlightLimit) {
    return OutOfRange("shadow_entries", static_cast<double>(config.shadow_entries), "1 to 2^24");
  }
  if (!(config.harm_max >= 0 && config.harm_max <= 1)) return OutOfRange("harm_max", config.harm_max, "0 to 1");
  return OkStatus();
}

PrefetchKnobs RegisterPrefetchKnobs(control::KnobRegistry& knobs, const PrefetchGateConfig& config,
                                    std::string_view prefix) {
  const std::string start = std::string(prefix) + ".";
  const control::Knob& precision = knobs.Register(
      {.name = start + "precision_min",
       .unit = control::KnobUnit::kRatio,
       .domain = control::LinearRange{0, 1},
       .default_value = config.precision_min,
       .help = "Share of the entries loaded ahead that must be asked for later; less gains hits and wastes loads."});
  const control::Knob& issued = knobs.Register(
      {.name = start + "issued_max",
       .domain = control::LinearRange{0, kAllowanceMax},
       .default_value = config.issued_max,
       .help = "Entries loaded ahead for each access on average; more gains hits and loads the source more."});
  return {.precision_min = &precision, .issued_max = &issued};
}

double PrefetchStatistics::precision() const noexcept {
  return issued > 0 ? static_cast<double>(used) / static_cast<double>(issued) : 1.0;
}

PrefetchGate::PrefetchGate(std::size_t entries_max, PrefetchGateConfig config, Resident resident)
    : config_(config), resident_(std::move(resident)) {
  ATTUNE_CHECK(Validate(config_).ok(), "invalid PrefetchGateConfig");
  ATTUNE_CHECK(resident_ != nullptr, "resident is empty");
  Resize(entries_max);
}

PrefetchGate::~PrefetchGate() = default;

Status PrefetchGate::Add(std::unique_ptr<Prefetcher> prefetcher) {
  if (prefetcher->needs_spatial_keys() && config_.key_space != KeySpace::kSpatial) {
    return Error(ErrorCode::kInvalidArgument, "prefetcher '" + std::string(prefetcher->name()) +
                                                  "' computes with keys, and the keys of this cache are opaque");
  }
  if (members_.size() == kPrefetchersMax) {
    return Error(ErrorCode::kExhausted, "no room for prefetcher '" + std::string(prefetcher->name()) +
                                            "': the gate has " + std::to_string(kPrefetchersMax));
  }
  members_.emplace_back();
  shadow_->Add();
  members_.back().statistics.name = prefetcher->name();
  members_.back().prefetcher = std::move(prefetcher);
  return OkStatus();
}

void PrefetchGate::Follow(const PrefetchKnobs& knobs) { knobs_ = knobs; }

double PrefetchGate::precision_min() const noexcept {
  const double asked = knobs_.precision_min != nullptr ? knobs_.precision_min->value() : config_.precision_min;
  return std::min(asked, kPrecisionCap);
}

double PrefetchGate::issued_max() const noexcept {
  return knobs_.issued_max != nullptr ? knobs_.issued_max->value() : config_.issued_max;
}

void PrefetchGate::Resize(std::size_t entries_max) {
  ATTUNE_CHECK(entries_max >= 1, "a cache without room");
  // What is proposed later than the cache is large would have been evicted again.
  in_flight_ = std::make_unique<ProposalTable>(std::max(kInFlightMin, std::min(entries_max, config_.in_flight_max)));
  shadow_ = std::make_unique<PrefetchShadow>(entries_max, config_.shadow_entries, config_.harm_max);
  for (std::size_t i = 0; i < members_.size(); ++i) shadow_->Add();
  // What came of loads in a cache of another size says nothing about this one.
  trial_wait_ = kTrialWaitMin;
  BeginTrial();
}

void PrefetchGate::OnAccess(PrefetchKey key, AccessOutcome outcome, std::vector<PrefetchKey>& load_ahead) {
  ++counts_.accesses;
  allowance_ = std::min(allowance_ + issued_max(), kAllowanceMax);
  Resolve(key, outcome);
  shadow_->Access(key);
  NoteVerdicts();
  for (std::size_t i = 0; i < members_.size(); ++i) {
    proposals_.clear();
    members_[i].prefetcher->Observe(key);
    members_[i].prefetcher->Propose(members_[i].statistics.depth, proposals_);
    for (const Proposal& proposal : proposals_) {
      if (proposal.key != key) Consider(i, proposal, load_ahead);
    }
  }
}

void PrefetchGate::NoteVerdicts() {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const bool stopped_before = std::exchange(members_[i].statistics.stopped, shadow_->stops(i));
    if (members_[i].statistics.stopped && !stopped_before) ++counts_.stops;
  }
}

void PrefetchGate::Resolve(PrefetchKey key, AccessOutcome outcome) {
  const auto pending = in_flight_->Take(key);
  if (!pending.has_value()) return;
  if (pending->issued && outcome == AccessOutcome::kMiss) {
    OnWasted(*pending);  // evicted before it was asked for
    return;
  }
  OnUsed(*pending, outcome == AccessOutcome::kJoined);
}

void PrefetchGate::OnUsed(const PendingProposal& proposal, bool late) {
  Member& member = members_[proposal.prefetcher];
  LevelRecord& record = member.levels[proposal.level];
  record.used = std::min(record.used + 1, record.proposed);
  if (!proposal.issued) return;
  overall_.used = std::min(overall_.used + 1, overall_.proposed);
  if (OverallIsKnown() && Shortfall() == 0) trial_wait_ = kTrialWaitMin;
  ++counts_.used;
  ++member.statistics.used;
  ++member.loads.used;
  if (late) {
    ++counts_.late;
    ++member.statistics.late;
    ++member.loads.late;
  }
  ConsiderDepth(member);
}

void PrefetchGate::OnWasted(const PendingProposal& proposal) {
  if (!proposal.issued) return;
  Member& member = members_[proposal.prefetcher];
  ++member.loads.wasted;
  ConsiderDepth(member);
}

void PrefetchGate::ConsiderDepth(Member& member) const {
  const LoadRecord loads = member.loads;
  const std::uint32_t resolved = loads.used + loads.wasted;
  if (resolved < kDepthWindow) return;
  std::size_t& depth = member.statistics.depth;
  if (loads.used < precision_min() * resolved) {
    depth = std::max<std::size_t>(depth / 2, 1);
  } else if (loads.late * kLateShare > resolved) {
    depth = std::min(depth * 2, config_.depth_max);
  }
  member.loads = {};
}

bool PrefetchGate::OverallIsKnown() const { return overall_.proposed >= kOverallMin * MemoryScale(precision_min()); }

double PrefetchGate::Shortfall() const {
  return OverallIsKnown() ? std::max(0.0, precision_min() - overall_.used / overall_.proposed) : 0;
}

bool PrefetchGate::Reaches(const LevelRecord& record, double precision) {
  return (record.used + kDoubtUsed) / (record.proposed + kDoubt) >= precision;
}

bool PrefetchGate::GoodEnough(const LevelRecord& record) const {
  return Reaches(record, precision_min() + Shortfall());
}

bool PrefetchGate::Issues(const LevelRecord& record) {
  if (!GoodEnough(record)) {
    ++counts_.refused_precision;
    if (Reaches(record, precision_min())) HoldBack();
    return false;
  }
  if (allowance_ < 1) {
    ++counts_.refused_budget;
    return false;
  }
  return true;
}

// Only loads show whether loads are kept until they are asked for, so that a shortfall would last for ever once nothing
// is issued.
void PrefetchGate::HoldBack() {
  if (++held_back_ < trial_wait_) return;
  trial_wait_ = std::min(2 * trial_wait_, kTrialWaitMax);
  BeginTrial();
}

void PrefetchGate::BeginTrial() {
  overall_ = {};
  held_back_ = 0;
}

void PrefetchGate::Consider(std::size_t member, const Proposal& proposal, std::vector<PrefetchKey>& load_ahead) {
  ATTUNE_CHECK(proposal.level < kConfidenceLevels, "a prefetcher proposes a level that does not exist");
  LevelRecord& record = members_[member].levels[proposal.level];
  const PendingProposal* const pending = in_flight_->Find(proposal.key);
  if (pending != nullptr && (pending->issued || !GoodEnough(record))) return;
  if (resident_(proposal.key)) return;
  const bool wanted = Wants(member, record, proposal.key);
  const bool issues = wanted && !members_[member].statistics.stopped;
  if (wanted && !issues) ++counts_.refused_harm;
  if (pending != nullptr) {  // watched until now: whoever issues it takes it over
    if (!issues) return;
    Release(*pending);
  }
  ++members_[member].statistics.proposed;
  // Counted when proposed rather than when resolved: those that come true do so sooner than
  // those that do not, so a record of resolved ones alone would flatter.
  record.proposed += 1;
  Fade(record, kLevelMemory * MemoryScale(precision_min()));
  if (issues) {
    CountIssued(member);
    load_ahead.push_back(proposal.key);
  }
  const auto oldest = in_flight_->Put({.key = proposal.key,
                                       .prefetcher = static_cast<std::uint8_t>(member),
                                       .level = proposal.level,
                                       .issued = issues});
  if (oldest.has_value()) OnWasted(*oldest);
}

bool PrefetchGate::Wants(std::size_t member, const LevelRecord& record, PrefetchKey key) {
  if (!Issues(record)) return false;
  shadow_->Prefetch(member, key);
  return true;
}

void PrefetchGate::Release(const PendingProposal& watched) {
  LevelRecord& record = members_[watched.prefetcher].levels[watched.level];
  record.proposed = std::max(record.proposed - 1, record.used);
  in_flight_->Take(watched.key);
}

void PrefetchGate::CountIssued(std::size_t member) {
  allowance_ -= 1;
  ++counts_.issued;
  ++members_[member].statistics.issued;
  overall_.proposed += 1;
  Fade(overall_, kOverallMemory * MemoryScale(precision_min()));
}

PrefetchStatistics PrefetchGate::Statistics() const {
  PrefetchStatistics statistics = counts_;
  statistics.gain = shadow_->gain();
  for (const Member& member : members_) {
    statistics.stopped = statistics.stopped || member.statistics.stopped;
    statistics.prefetchers.push_back(member.statistics);
  }
  return statistics;
}

Bytes PrefetchGate::bytes() const noexcept {
  Bytes sum = Bytes(sizeof(*this) + members_.capacity() * sizeof(Member) + proposals_.capacity() * sizeof(Proposal)) +
              in_flight_->bytes() + shadow_->bytes();
  for (const Member& member : members_) sum = sum + member.prefetcher->bytes();
  return sum;
}

}  // namespace attune::cache

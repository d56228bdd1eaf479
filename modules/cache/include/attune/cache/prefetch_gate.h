#pragma once
// PrefetchGate: decides which guesses of the prefetchers are worth loading, and stops a prefetcher
// that does more harm than good.
//
//   PrefetchGate gate(10'000, {.key_space = KeySpace::kSpatial}, [&](PrefetchKey key) { return cache.Has(key); });
//   ATTUNE_RETURN_IF_ERROR(gate.Add(std::make_unique<StridePrefetcher>()));
//   gate.OnAccess(key, AccessOutcome::kMiss, load_ahead);  // appends what to load
//
// Precision  Each confidence level of each prefetcher has its own record: how many of its proposals
//            were asked for later. A level issues while its record reaches precision_min; below
//            that its proposals are only watched, which costs no load and goes on teaching the
//            gate, so a level that becomes good is found again. One bad level does not silence the
//            good ones. If what was issued falls short as a whole, every level must be better by
//            that much; where that holds back 1,024 proposals of levels that reach precision_min by themselves,
//            they get another trial of 64 loads. After each one that fails the next waits twice as long, up to
//            65,536 proposals. (Above 0.9 a trial and all memories are longer, at 0.99 ten times as long.)
// Harm       Miniature caches see the same sample of the keys: one without prefetching, one for each
//            prefetcher and one for all of them. A prefetcher whose miniature loses more than harm_max
//            against the one without is stopped, and the others go on; where they harm only together,
//            the one that gains most goes on alone. The miniatures go on, and it resumes when they say so.
// Depth      Prefetchers look one step ahead. Where loads come too late (kJoined) depth doubles up
//            to depth_max; where they are wasted it halves: Srinath et al., "Feedback Directed
//            Prefetching", HPCA 2007.
// Bounds     proposals in flight: the smaller of in_flight_max and the cache's entries; loads: issued_max for each
//            access on average, at most 64 at once; prefetchers: kPrefetchersMax.
// Ownership  owns its prefetchers. `resident` is called inside OnAccess, for proposals alone.
// Threads    none: whoever holds the cache's lock, or one thread that is fed the accesses.
// Cost       that of the prefetchers and 50 to 200 ns for each access, most of it the miniatures where the cache is no
//            larger than they are; see the README.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/cache/prefetcher.h"
#include "attune/control/knob_registry.h"

namespace attune::cache {

class PrefetchShadow;
class ProposalTable;
struct PendingProposal;

inline constexpr std::size_t kPrefetchersMax = 8;  // each looks at every access

enum class AccessOutcome : std::uint8_t {
  kHit,
  kMiss,    // neither there nor on its way
  kJoined,  // on its way: somebody, perhaps a prefetch, was loading it already
};

struct PrefetchGateConfig {
  KeySpace key_space = KeySpace::kOpaque;  // a guess that is wrong here wastes loads on neighbours that are none
  double precision_min = 0.9;              // share of loads ahead that must be asked for, 0.995 at most; less of it
                                           // gains more hits
  double issued_max = 1;                   // loads ahead for each access, on average; more of it loads the source more
  std::size_t depth_max = 8;               // steps ahead when loads are late; more of it wastes at the end of a stream
  std::size_t in_flight_max = 4096;        // proposals watched; about 40 bytes each
  std::size_t shadow_entries = 512;        // of each miniature cache; more of it notices harm sooner
  double harm_max = 0.001;                 // hit ratio that may be lost before issuing stops
};
Status Validate(const PrefetchGateConfig& config);

// The two values that can be turned while it runs.
struct PrefetchKnobs {
  const control::Knob* precision_min = nullptr;
  const control::Knob* issued_max = nullptr;
};
// Registers "<prefix>.precision_min" and "<prefix>.issued_max" with the values of `config` as defaults.
// REQUIRES: neither is registered.
PrefetchKnobs RegisterPrefetchKnobs(control::KnobRegistry& knobs, const PrefetchGateConfig& config,
                                    std::string_view prefix = "cache.prefetch");

struct PrefetcherStatistics {
  std::string_view name;
  std::size_t depth = 1;
  std::uint64_t proposed = 0;  // keys that were neither resident nor in flight
  std::uint64_t issued = 0;
  std::uint64_t used = 0;  // of those issued, asked for while they were there
  std::uint64_t late = 0;  // of those used, still being loaded
  bool stopped = false;    // now, because of harm
};

struct PrefetchStatistics {
  std::uint64_t accesses = 0;
  std::uint64_t issued = 0;
  std::uint64_t used = 0;
  std::uint64_t late = 0;
  std::uint64_t refused_precision = 0;  // proposals that were only watched
  std::uint64_t refused_budget = 0;     // good enough, but over issued_max
  std::uint64_t refused_harm = 0;       // good enough, but of a prefetcher that is stopped
  std::uint64_t stops = 0;              // times that a prefetcher was found to be harmful
  bool stopped = false;                 // now, at least one of them
  double gain = 0;                      // of hit ratio by prefetching, recently, as the miniature caches see it
  std::vector<PrefetcherStatistics> prefetchers;

  // Of all that was issued, the part that was asked for; those still in flight count as wasted.
  double precision() const noexcept;
};

class PrefetchGate {
 public:
  using Resident = std::function<bool(PrefetchKey)>;

  // `entries_max` is the size of the cache that this serves. `resident` may not call the gate.
  // REQUIRES: entries_max >= 1, Validate(config).ok(), resident.
  PrefetchGate(std::size_t entries_max, PrefetchGateConfig config, Resident resident);
  PrefetchGate(const PrefetchGate&) = delete;
  PrefetchGate& operator=(const PrefetchGate&) = delete;
  ~PrefetchGate();

  // kInvalidArgument for one that needs spatial keys where keys are opaque, kExhausted beyond kPrefetchersMax.
  // Those added first are asked first.
  Status Add(std::unique_ptr<Prefetcher> prefetcher);
  // From now on the knobs decide. They outlive the gate.
  void Follow(const PrefetchKnobs& knobs);

  // The cache was asked for `key`. Appends the keys to load ahead, which the gate then takes for
  // loaded: neither resident nor in flight, none twice.
  void OnAccess(PrefetchKey key, AccessOutcome outcome, std::vector<PrefetchKey>& load_ahead);
  // The cache can hold this many now. Forgets what is in flight. REQUIRES: entries_max >= 1.
  void Resize(std::size_t entries_max);

  PrefetchStatistics Statistics() const;
  Bytes bytes() const noexcept;
  const PrefetchGateConfig& config() const noexcept { return config_; }

 private:
  // How proposals of one level turned out; old ones fade.
  struct LevelRecord {
    double proposed = 0;
    double used = 0;
  };
  // How the loads of one prefetcher turned out since its depth was last considered.
  struct LoadRecord {
    std::uint32_t used = 0;
    std::uint32_t late = 0;
    std::uint32_t wasted = 0;
  };
  struct Member {
    std::unique_ptr<Prefetcher> prefetcher;
    std::array<LevelRecord, kConfidenceLevels> levels{};
    LoadRecord loads;
    PrefetcherStatistics statistics;
  };

  double precision_min() const noexcept;
  double issued_max() const noexcept;
  void NoteVerdicts();
  void Resolve(PrefetchKey key, AccessOutcome outcome);
  void OnUsed(const PendingProposal& proposal, bool late);
  void OnWasted(const PendingProposal& proposal);
  void ConsiderDepth(Member& member) const;
  void Consider(std::size_t member, const Proposal& proposal, std::vector<PrefetchKey>& load_ahead);
  bool OverallIsKnown() const;
  double Shortfall() const;  // of all that was issued; 0 while it is not known
  static bool Reaches(const LevelRecord& record, double precision);
  bool GoodEnough(const LevelRecord& record) const;
  bool Issues(const LevelRecord& record);
  void HoldBack();
  void BeginTrial();
  // It would be loaded if nothing were stopped; the miniatures are told.
  bool Wants(std::size_t member, const LevelRecord& record, PrefetchKey key);
  void Release(const PendingProposal& watched);
  void CountIssued(std::size_t member);

  const PrefetchGateConfig config_;
  const Resident resident_;
  PrefetchKnobs knobs_;
  std::vector<Member> members_;
  std::unique_ptr<ProposalTable> in_flight_;
  std::unique_ptr<PrefetchShadow> shadow_;
  std::vector<Proposal> proposals_;  // of one prefetcher; kept for its capacity
  static constexpr std::uint64_t kTrialWaitMin = 1024;
  LevelRecord overall_;                       // of what was issued
  std::uint64_t held_back_ = 0;               // proposals that only the shortfall kept from being issued
  std::uint64_t trial_wait_ = kTrialWaitMin;  // how many of them make it forget what was issued
  double allowance_ = 0;                      // loads that may be issued now
  PrefetchStatistics counts_;                 // without prefetchers, gain and stopped
};

}  // namespace attune::cache

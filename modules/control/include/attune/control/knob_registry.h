#pragma once
// KnobRegistry: all knobs of a program; who may turn them, and who did.
//
//   KnobRegistry knobs(clock);
//   Knob& threads = knobs.Register({...});
//   ATTUNE_RETURN_IF_ERROR(knobs.Pin("ingest.threads", "4", "command line"));   // a person: final
//   knobs.Propose("ingest.threads", 3, "yield");                              // the autopilot: kPinned
//
// Who wins   A pinned knob is never changed by a proposal. Unpin puts it back to its
//            default, from where proposals may move it. A knob that applies at
//            restart takes no proposals.
// Ownership  owns the knobs; references stay valid as long as the registry.
// Threads    every member is thread-safe. Locks: change_mutex_ before state_mutex_.
// Cost       a change is a lock and the listeners; reading a Knob costs nothing.
// Errors     an unknown name is kNotFound and suggests the nearest; a value outside
//            the domain is kInvalidArgument and says the domain. Registering a
//            name twice or an invalid spec is a bug: CHECK.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/control/knob.h"

namespace attune::control {

// A knob as people see it.
struct KnobView {
  std::string name;
  std::string value;
  std::string default_value;
  KnobUnit unit = KnobUnit::kNumber;
  std::string domain;
  bool pinned = false;
  std::string changed_by;  // "default" until somebody changed it
  std::optional<TimePoint> changed_at{};
  KnobApplies applies = KnobApplies::kAtOnce;
  std::string help;
};

struct KnobChange {
  const Knob* knob = nullptr;
  double from = 0;
  double to = 0;
  bool pinned = false;  // after the change
  std::string by;
};

enum class ProposalOutcome : std::uint8_t {
  kApplied,      // perhaps less far than proposed: see `to`
  kUnchanged,    // clamped and bounded, it is the present value
  kPinned,       // a person decided
  kCoolingDown,  // changed too recently; propose again later
  kAtRestart,    // cannot change while running
  kNotANumber,   // NaN: a broken signal, not a decision
};
std::string_view ToString(ProposalOutcome outcome) noexcept;

struct ProposalResult {
  ProposalOutcome outcome = ProposalOutcome::kUnchanged;
  double from = 0;
  double to = 0;  // equals `from` unless kApplied
};

class KnobRegistry {
 public:
  // Told about each change of value or pin, in order. May read the registry, must
  // not change knobs and must not add or end listeners.
  using Listener = std::function<void(const KnobChange&)>;

  // Keeps a listener; its destruction waits for a call that runs.
  class [[nodiscard]] Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    ~Subscription();

   private:
    friend class KnobRegistry;
    Subscription(KnobRegistry& registry, std::uint64_t id) noexcept : registry_(&registry), id_(id) {}
    void Release() noexcept;
    KnobRegistry* registry_ = nullptr;
    std::uint64_t id_ = 0;
  };

  // `clock` outlives this.
  explicit KnobRegistry(const Clock& clock);
  KnobRegistry(const KnobRegistry&) = delete;
  KnobRegistry& operator=(const KnobRegistry&) = delete;
  ~KnobRegistry();

  Knob& Register(KnobSpec spec);

  const Knob* Find(std::string_view name) const;  // null if there is none
  std::vector<KnobView> List() const;             // by name
  Result<KnobView> View(std::string_view name) const;

  // `by` says who, for people: "command line", "web page", "autopilot:yield".
  Status Pin(std::string_view name, std::string_view text, std::string_view by);
  Status Unpin(std::string_view name, std::string_view by);
  // REQUIRES: the name is registered (controllers are bound to knobs by the program).
  ProposalResult Propose(std::string_view name, double value, std::string_view by);

  // The registry outlives the Subscription.
  Subscription Listen(Listener listener);

 private:
  struct Entry {
    std::unique_ptr<Knob> knob;
    bool pinned = false;
    std::string changed_by = "default";
    std::optional<TimePoint> changed_at{};
    std::optional<TimePoint> proposed_at{};  // last change by proposal
  };

  Result<Entry*> FindEntry(std::string_view name);  // REQUIRES: state_mutex_ held
  Error UnknownName(std::string_view name) const;   // REQUIRES: state_mutex_ held
  static KnobView ViewOf(const Entry& entry);
  KnobChange Change(Entry& entry, double to, bool pinned, std::string_view by);  // REQUIRES: both held
  // What becomes of a proposal; sets `change` if it is applied. REQUIRES: both held.
  ProposalResult Decide(Entry& entry, double value, std::string_view by, std::optional<KnobChange>& change);
  void Notify(const KnobChange& change);  // REQUIRES: change_mutex_ held
  void RemoveListener(std::uint64_t id) noexcept;

  const Clock& clock_;
  std::mutex change_mutex_;                            // one change and its listeners at a time
  std::map<std::uint64_t, Listener> listeners_;        // guarded by change_mutex_
  std::uint64_t listener_next_ = 1;                    // guarded by change_mutex_
  mutable std::mutex state_mutex_;                     // never held while a listener runs
  std::map<std::string, Entry, std::less<>> entries_;  // guarded by state_mutex_
};

}  // namespace attune::control

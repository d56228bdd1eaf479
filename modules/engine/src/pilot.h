#pragma once
// Pilot: the engine's knobs, and the controllers that turn them.
//
//   Pilot pilot(clock, log, events, config);
//   pilot.Step(observation);                 // every 100 ms
//   gate.set_share(pilot.reading_share());
//
// With the autopilot off, and for pinned knobs, nothing is ever turned; every turn
// goes to the journal with what was seen and why.
//
// Threads    Step from one thread; the rest is thread-safe.

#include <cstddef>
#include <string_view>
#include <vector>

#include "attune/control/journal.h"
#include "attune/control/knob_registry.h"
#include "attune/control/yield.h"
#include "attune/engine/config.h"
#include "attune/engine/types.h"
#include "attune/metrics/log.h"
#include "event_ring.h"

namespace attune::engine {

class Pilot {
 public:
  Pilot(const Clock& clock, EventRing& events, const EngineConfig& config, std::size_t cores);

  void Step(const control::YieldObservation& searches);

  double reading_share() const noexcept { return share_.value(); }
  std::size_t reading_threads() const noexcept { return threads_.as_count(); }
  Bytes maintain_bytes() const noexcept { return maintain_.as_bytes(); }

  std::vector<KnobStatus> Knobs() const;
  Result<KnobStatus> View(std::string_view name) const;
  // A person's: what they answer is stored by whoever calls.
  Result<KnobStatus> Pin(std::string_view name, std::string_view value);
  Result<KnobStatus> Unpin(std::string_view name);
  std::vector<Decision> Decisions(std::size_t limit, std::int64_t before, std::string_view about) const;
  control::KnobRegistry& registry() noexcept { return knobs_; }
  control::Journal& journal() noexcept { return journal_; }

 private:
  void Note(const KnobStatus& before, const KnobStatus& after, std::string_view by, std::string_view reason);

  const Clock& clock_;
  const bool autopilot_;
  EventRing& events_;
  control::KnobRegistry knobs_;
  control::Journal journal_;
  control::Knob& threads_;
  control::Knob& share_;
  control::Knob& maintain_;
  control::YieldController yield_;
  control::KnobRegistry::Subscription subscription_;
};

}  // namespace attune::engine

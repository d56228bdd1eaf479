#include "pilot.h"

#include <string>
#include <utility>

#include "attune/state/json_writer.h"

namespace attune::engine {
namespace {

std::string_view NameOf(control::KnobUnit unit) {
  switch (unit) {
    case control::KnobUnit::kRatio:
      return "ratio";
    case control::KnobUnit::kBytes:
      return "bytes";
    case control::KnobUnit::kDuration:
      return "duration";
    case control::KnobUnit::kChoice:
      return "choice";
    case control::KnobUnit::kNumber:
      break;
  }
  return "number";
}

KnobStatus StatusOf(const control::KnobView& view) {
  return {.name = view.name,
          .value = view.value,
          .default_value = view.default_value,
          .unit = std::string(NameOf(view.unit)),
          .domain = view.domain,
          .applies = std::string(control::ToString(view.applies)),
          .help = view.help,
          .pinned = view.pinned,
          .changed_by = view.changed_by};
}

control::KnobSpec ThreadsKnob(std::size_t cores) {
  return {.name = "ingest.threads",
          .unit = control::KnobUnit::kNumber,
          .domain = control::LinearRange{1, 64},
          .whole = true,
          .default_value = static_cast<double>(cores),
          .applies = control::KnobApplies::kAtOnce,
          .help =
              "Files that are read at the same time; more reads faster until the cores are used up, and takes "
              "memory for each.",
          .envelope = {}};
}

control::KnobSpec ShareKnob() {
  return {.name = "ingest.share",
          .unit = control::KnobUnit::kRatio,
          .domain = control::LinearRange{0.05, 1},
          .whole = false,
          .default_value = 1,
          .applies = control::KnobApplies::kAtOnce,
          .help = "Share of its time that reading may work; less leaves more for searches and reads slower.",
          .envelope = {.step_max = 4.0, .cooldown = std::chrono::milliseconds(100)}};
}

control::KnobSpec MaintainKnob() {
  return {.name = "index.maintain_bytes",
          .unit = control::KnobUnit::kBytes,
          .domain = control::LogRange{1U << 20U, 64U << 20U},
          .whole = true,
          .default_value = 4U << 20U,
          .applies = control::KnobApplies::kAtOnce,
          .help = "Index bytes merged in one background step; more finishes merges sooner, in longer steps.",
          .envelope = {}};
}

std::string KnobEvent(const control::KnobChange& change) {
  std::string json;
  state::JsonWriter out(json);
  out.BeginObject();
  out.Key("name").String(change.knob->spec().name);
  out.Key("value").String(control::FormatKnobValue(change.knob->spec(), change.to));
  out.Key("pinned").Bool(change.pinned);
  out.Key("changed_by").String(change.by);
  out.EndObject();
  return json;
}

}  // namespace

Pilot::Pilot(const Clock& clock, EventRing& events, const EngineConfig& config, std::size_t cores)
    : clock_(clock),
      autopilot_(config.autopilot),
      events_(events),
      knobs_(clock),
      threads_(knobs_.Register(ThreadsKnob(cores))),
      share_(knobs_.Register(ShareKnob())),
      maintain_(knobs_.Register(MaintainKnob())),
      yield_({.goal_p99 = config.p99}),
      subscription_(knobs_.Listen([this](const control::KnobChange& change) {
        // The controller turns its knob many times a second; people and pins are news.
        if (change.by != "yield") events_.Post("knob", KnobEvent(change));
      })) {}

void Pilot::Step(const control::YieldObservation& searches) {
  const control::YieldDecision decision = yield_.Decide(searches);
  if (!autopilot_ || decision.share == share_.value()) return;
  const control::ProposalResult result = knobs_.Propose("ingest.share", decision.share, "yield");
  if (result.outcome != control::ProposalOutcome::kApplied) return;
  journal_.Append({.sequence = 0,
                   .time = searches.now,
                   .knob = "ingest.share",
                   .from = control::FormatKnobValue(share_.spec(), result.from),
                   .to = control::FormatKnobValue(share_.spec(), result.to),
                   .controller = "yield",
                   .inputs = {{"p99_ms", searches.p99_seconds * 1e3},
                              {"completions", static_cast<double>(searches.completions)},
                              {"in_flight", static_cast<double>(searches.in_flight)}},
                   .reason = decision.reason});
}

Result<KnobStatus> Pilot::Pin(std::string_view name, std::string_view value) {
  const auto before = View(name);
  ATTUNE_RETURN_IF_ERROR(knobs_.Pin(name, value, "pin"));  // it knows what a wrong name may have meant
  ATTUNE_ASSIGN_OR_RETURN(KnobStatus after, View(name));
  Note(*before, after, "pin", "a person fixed it");
  return after;
}

Result<KnobStatus> Pilot::Unpin(std::string_view name) {
  const auto before = View(name);
  ATTUNE_RETURN_IF_ERROR(knobs_.Unpin(name, "unpin"));
  ATTUNE_ASSIGN_OR_RETURN(KnobStatus after, View(name));
  Note(*before, after, "unpin", "a person gave it back");
  return after;
}

void Pilot::Note(const KnobStatus& before, const KnobStatus& after, std::string_view by, std::string_view reason) {
  journal_.Append({.sequence = 0,
                   .time = clock_.Now(),
                   .knob = after.name,
                   .from = before.value,
                   .to = after.value,
                   .controller = std::string(by),
                   .inputs = {},
                   .reason = std::string(reason)});
}

std::vector<Decision> Pilot::Decisions(std::size_t limit, std::int64_t before, std::string_view about) const {
  const TimePoint now = clock_.Now();
  const WallTime wall_now = clock_.WallNow();
  std::vector<Decision> decisions;
  for (control::Decision& kept : journal_.Before(static_cast<std::uint64_t>(before), limit, about)) {
    Decision& decision = decisions.emplace_back();
    decision.id = static_cast<std::int64_t>(kept.sequence);
    decision.time = wall_now - std::chrono::duration_cast<std::chrono::milliseconds>(now - kept.time);
    decision.what = std::move(kept.knob);
    decision.from = std::move(kept.from);
    decision.to = std::move(kept.to);
    decision.by = std::move(kept.controller);
    for (control::DecisionInput& input : kept.inputs) decision.inputs.emplace_back(std::move(input.key), input.value);
    decision.reason = std::move(kept.reason);
  }
  return decisions;
}

std::vector<KnobStatus> Pilot::Knobs() const {
  std::vector<KnobStatus> all;
  for (const control::KnobView& view : knobs_.List()) all.push_back(StatusOf(view));
  return all;
}

Result<KnobStatus> Pilot::View(std::string_view name) const {
  ATTUNE_ASSIGN_OR_RETURN(const control::KnobView view, knobs_.View(name));
  return StatusOf(view);
}

}  // namespace attune::engine

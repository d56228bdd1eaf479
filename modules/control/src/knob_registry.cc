#include "attune/control/knob_registry.h"

#include <cmath>
#include <utility>

#include "attune/base/check.h"
#include "attune/control/nearest_name.h"
#include "step_bound.h"

namespace attune::control {

std::string_view ToString(ProposalOutcome outcome) noexcept {
  switch (outcome) {
    case ProposalOutcome::kApplied:
      return "applied";
    case ProposalOutcome::kUnchanged:
      return "unchanged";
    case ProposalOutcome::kPinned:
      return "pinned";
    case ProposalOutcome::kCoolingDown:
      return "cooling down";
    case ProposalOutcome::kAtRestart:
      return "applies at restart";
    case ProposalOutcome::kNotANumber:
      break;
  }
  return "not a number";
}

KnobRegistry::Subscription::Subscription(Subscription&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), id_(other.id_) {}
KnobRegistry::Subscription& KnobRegistry::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    Release();
    registry_ = std::exchange(other.registry_, nullptr);
    id_ = other.id_;
  }
  return *this;
}
KnobRegistry::Subscription::~Subscription() { Release(); }
void KnobRegistry::Subscription::Release() noexcept {
  if (registry_ != nullptr) registry_->RemoveListener(id_);
  registry_ = nullptr;
}

KnobRegistry::KnobRegistry(const Clock& clock) : clock_(clock) {}
KnobRegistry::~KnobRegistry() = default;

Knob& KnobRegistry::Register(KnobSpec spec) {
  Entry entry;
  entry.knob = std::make_unique<Knob>(std::move(spec));
  Knob& registered = *entry.knob;
  const std::scoped_lock lock(state_mutex_);
  const bool inserted = entries_.try_emplace(registered.spec().name, std::move(entry)).second;
  ATTUNE_CHECK(inserted, "a knob is registered once");
  return registered;
}

const Knob* KnobRegistry::Find(std::string_view name) const {
  const std::scoped_lock lock(state_mutex_);
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.knob.get();
}

KnobView KnobRegistry::ViewOf(const Entry& entry) {
  const KnobSpec& spec = entry.knob->spec();
  return {.name = spec.name,
          .value = FormatKnobValue(spec, entry.knob->value()),
          .default_value = FormatKnobValue(spec, spec.default_value),
          .unit = spec.unit,
          .domain = DomainText(spec),
          .pinned = entry.pinned,
          .changed_by = entry.changed_by,
          .changed_at = entry.changed_at,
          .applies = spec.applies,
          .help = spec.help};
}

std::vector<KnobView> KnobRegistry::List() const {
  const std::scoped_lock lock(state_mutex_);
  std::vector<KnobView> views;
  views.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) views.push_back(ViewOf(entry));
  return views;
}

Result<KnobView> KnobRegistry::View(std::string_view name) const {
  const std::scoped_lock lock(state_mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return UnknownName(name);
  return ViewOf(found->second);
}

Error KnobRegistry::UnknownName(std::string_view name) const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [known, entry] : entries_) names.push_back(known);
  constexpr std::size_t kShown = 64;  // of a name that somebody typed
  std::string message = "there is no knob '" + std::string(name.substr(0, kShown)) + "'";
  const std::optional<std::string> nearest = NearestName(name, names);
  message += nearest ? "; did you mean '" + *nearest + "'?" : "; 'attune knobs' lists all";
  return {ErrorCode::kNotFound, std::move(message)};
}

Result<KnobRegistry::Entry*> KnobRegistry::FindEntry(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return UnknownName(name);
  return &found->second;
}

KnobChange KnobRegistry::Change(Entry& entry, double to, bool pinned, std::string_view by) {
  const KnobChange change{
      .knob = entry.knob.get(), .from = entry.knob->value(), .to = to, .pinned = pinned, .by = std::string(by)};
  entry.pinned = pinned;
  entry.changed_by = change.by;
  entry.changed_at = clock_.Now();
  entry.knob->value_.store(to, std::memory_order_relaxed);
  return change;
}

void KnobRegistry::Notify(const KnobChange& change) {
  for (const auto& [id, listener] : listeners_) listener(change);
}

Status KnobRegistry::Pin(std::string_view name, std::string_view text, std::string_view by) {
  const std::scoped_lock one_change(change_mutex_);
  KnobChange change;
  {
    const std::scoped_lock lock(state_mutex_);
    ATTUNE_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(name));
    ATTUNE_ASSIGN_OR_RETURN(const double value, ParseKnobValue(entry->knob->spec(), text));
    change = Change(*entry, value, true, by);
  }
  Notify(change);
  return OkStatus();
}

Status KnobRegistry::Unpin(std::string_view name, std::string_view by) {
  const std::scoped_lock one_change(change_mutex_);
  KnobChange change;
  {
    const std::scoped_lock lock(state_mutex_);
    ATTUNE_ASSIGN_OR_RETURN(Entry* const entry, FindEntry(name));
    if (!entry->pinned) return OkStatus();
    change = Change(*entry, entry->knob->spec().default_value, false, by);
  }
  Notify(change);
  return OkStatus();
}

ProposalResult KnobRegistry::Decide(Entry& entry, double value, std::string_view by,
                                    std::optional<KnobChange>& change) {
  const KnobSpec& spec = entry.knob->spec();
  const double from = entry.knob->value();
  const auto refuse = [&](ProposalOutcome outcome) { return ProposalResult{outcome, from, from}; };
  if (std::isnan(value)) return refuse(ProposalOutcome::kNotANumber);
  if (entry.pinned) return refuse(ProposalOutcome::kPinned);
  if (spec.applies == KnobApplies::kAtRestart) return refuse(ProposalOutcome::kAtRestart);
  const double to = BoundStep(spec, from, value);
  if (to == from) return refuse(ProposalOutcome::kUnchanged);
  const TimePoint now = clock_.Now();
  if (entry.proposed_at && now - *entry.proposed_at < spec.envelope.cooldown) {
    return refuse(ProposalOutcome::kCoolingDown);
  }
  entry.proposed_at = now;
  change = Change(entry, to, false, by);
  return {ProposalOutcome::kApplied, from, to};
}

ProposalResult KnobRegistry::Propose(std::string_view name, double value, std::string_view by) {
  const std::scoped_lock one_change(change_mutex_);
  std::optional<KnobChange> change;
  ProposalResult result;
  {
    const std::scoped_lock lock(state_mutex_);
    const auto found = entries_.find(name);
    ATTUNE_CHECK(found != entries_.end(), "controllers propose only for registered knobs");
    result = Decide(found->second, value, by, change);
  }
  if (change) Notify(*change);
  return result;
}

KnobRegistry::Subscription KnobRegistry::Listen(Listener listener) {
  ATTUNE_CHECK(listener != nullptr, "somebody to tell");
  const std::scoped_lock lock(change_mutex_);
  const std::uint64_t id = listener_next_++;
  listeners_.emplace(id, std::move(listener));
  return {*this, id};
}

void KnobRegistry::RemoveListener(std::uint64_t id) noexcept {
  const std::scoped_lock lock(change_mutex_);
  listeners_.erase(id);
}

}  // namespace attune::control

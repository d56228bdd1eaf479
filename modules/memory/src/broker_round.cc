// One round of the broker: measure, let the least useful give, split the rest.
#include <algorithm>
#include <iterator>
#include <utility>

#include "attune/memory/broker.h"
#include "broker_entry.h"

namespace attune::memory {

// Of the limit, that may lie free in the heap before it is given back to the system: giving back walks the whole heap,
// and what the split moves between caches in a round is often less than this.
constexpr std::uint64_t kReleasedShare = 64;

MemoryObservation Broker::Observe(const Entries& entries) const {
  MemoryObservation seen{.limit = limit_now_,
                         .overhead = config_.overhead,
                         .reserved = reserved_,
                         .measured = measured_,
                         .wanted = Wanted(),
                         .shrinking = shrinking_,
                         .consumers = {}};
  for (const auto& entry : entries) {
    const Consumer& consumer = *entry->consumer;
    seen.consumers.push_back({consumer.bytes(), consumer.bytes_min(), consumer.marginal_benefit()});
  }
  return seen;
}

template <typename Action>
void Broker::WithConsumer(Entry& entry, const Action& action) {
  {
    const std::lock_guard lock(mutex_);
    if (!entry.registered) {
      return;
    }
    entry.shrinking = std::this_thread::get_id();
  }
  struct Inside {  // until the action has ended, or thrown
    Broker& broker;
    Entry& entry;
    ~Inside() {
      const std::lock_guard lock(broker.mutex_);
      entry.shrinking = std::thread::id();
      broker.changed_.notify_all();
    }
  } const inside{*this, entry};
  action(*entry.consumer);
}

Bytes Broker::Apply(Entry& entry, Bytes wanted, TimePoint deadline) {
  Bytes freed;
  WithConsumer(entry, [&](Consumer& consumer) {
    freed = consumer.ShrinkBefore(wanted, deadline);
    const std::lock_guard lock(mutex_);
    entry.shrunk_total = entry.shrunk_total + freed;
    ++entry.shrinks;
  });
  return freed;
}

bool Broker::IsLate(TimePoint deadline) const noexcept {
  return environment_.clock != nullptr && environment_.clock->Now() >= deadline;
}

SystemVerdict Broker::AskSystem(Bytes measured, TimePoint now) {
  if (!environment_.system_memory) {
    return {.limit = config_.limit, .give = {}};
  }
  if (measured == Bytes(0)) {
    const std::lock_guard lock(mutex_);
    measured = Used();  // what is accounted for is the best that is known
  }
  const SystemMemory seen = environment_.system_memory();
  const Duration elapsed = now - system_asked_at_.value_or(now);
  const SystemVerdict verdict = JudgeSystem(seen, system_before_, elapsed, config_.limit, measured, config_.system);
  system_before_ = seen;
  system_asked_at_ = now;
  return verdict;
}

// What nobody else holds or waits for: the followers' to share. They grow up to the middle between the low and the high
// line: at the high line itself the next byte of anybody would evict down to the low one, and what was evicted would
// come back, round after round. Above the middle they keep what they hold, until the high line makes the least useful
// give. While everybody gives, nobody grows past the low line.
Bytes Broker::SplitBudget() const {
  Bytes followers;
  for (const auto& entry : entries_) {
    followers = followers + (entry->consumer->follows_target() ? entry->consumer->bytes() : Bytes(0));
  }
  const Bytes used = Used();
  const Bytes others = (used > followers ? used - followers : Bytes(0)) + Wanted();
  const auto below = [&](Bytes line) { return line > others ? line - others : Bytes(0); };
  const double low = config_.marks.low;
  const Bytes to_grow = below(LineAt(shrinking_ ? low : low + (config_.marks.high - low) / 2));
  return std::max(to_grow, std::min(followers, below(LineAt(config_.marks.high))));
}

std::vector<SplitConsumer> Broker::ObserveSplit(const Entries& followers) const {
  std::vector<SplitConsumer> seen;
  for (const auto& entry : followers) {
    const Consumer& consumer = *entry->consumer;
    const Bytes held = consumer.bytes();
    seen.push_back({.held = held,
                    .target = entry->target.value_or(held),
                    .minimum = consumer.bytes_min(),
                    .useful_max = consumer.bytes_useful_max(),
                    .benefit = consumer.marginal_benefit(),
                    .is_known = consumer.benefit_known()});
  }
  return seen;
}

// Who holds more than its target gives first; what is free then is granted to those below theirs. The giving begins
// with another one in each round, so that who is slow does not use up the time of the same others for ever.
void Broker::Split(const Entries& entries, TimePoint deadline, MaintainReport& report) {
  Entries followers;
  std::vector<SplitConsumer> seen;
  SplitPlan plan;
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(followers),
                 [](const auto& entry) { return entry->registered && entry->consumer->follows_target(); });
    if (followers.empty()) {
      return;
    }
    first = rounds_ % followers.size();
    seen = ObserveSplit(followers);
    plan = PlanSplit(SplitBudget(), seen, config_.split);
    for (std::size_t i = 0; i < followers.size(); ++i) {
      followers[i]->target = plan.targets[i];
    }
  }
  report.split_moved = plan.moved;
  for (std::size_t turn = 0; turn < followers.size(); ++turn) {
    const std::size_t i = (first + turn) % followers.size();
    if (seen[i].held > plan.targets[i]) {
      ShrinkInTime(*followers[i], seen[i].held - plan.targets[i], deadline, report);
    }
  }
  Grant(std::move(followers), deadline);
}

// Who may grow hears of it later when the time is over; who may not, at once.
void Broker::Grant(Entries followers, TimePoint deadline) {
  std::vector<Bytes> grants;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(followers, [](const auto& entry) { return !entry->registered; });
    grants = PlanGrants(SplitBudget(), ObserveSplit(followers));
  }
  for (std::size_t i = 0; i < followers.size(); ++i) {
    if (grants[i] > followers[i]->granted && IsLate(deadline)) {
      continue;
    }
    WithConsumer(*followers[i], [&](Consumer& consumer) { consumer.SetTarget(grants[i]); });
    followers[i]->granted = grants[i];
  }
}

// Answers what was freed.
Bytes Broker::ShrinkInTime(Entry& entry, Bytes wanted, TimePoint deadline, MaintainReport& report) {
  if (IsLate(deadline)) {
    report.late = report.late + wanted;
    return Bytes(0);
  }
  const Bytes freed = Apply(entry, wanted, deadline);
  report.freed = report.freed + freed;
  return freed;
}

// What one does not give, the next is asked for as well.
void Broker::ShrinkLeastUseful(const ShrinkPlan& plan, const Entries& entries, TimePoint deadline,
                               MaintainReport& report) {
  Bytes left = plan.goal;
  for (const Giver& giver : plan.givers) {
    const Bytes wanted = std::min(left, giver.most);
    if (wanted > Bytes(0)) {
      left = left - std::min(left, ShrinkInTime(*entries[giver.consumer], wanted, deadline, report));
    }
  }
  report.unmet = left;
}

ShrinkPlan Broker::Plan(const SystemVerdict& verdict, const Measurement& measured, Entries& entries) {
  const std::lock_guard lock(mutex_);
  limit_now_ = verdict.limit;
  TakeMeasurement(measured);
  entries = entries_;
  MemoryObservation seen = Observe(entries);
  seen.give = verdict.give;
  ShrinkPlan plan = PlanShrink(seen, config_.marks);
  shrinking_ = plan.shrinking;
  refused_before_ = std::exchange(refused_bytes_, Bytes(0));
  return plan;
}

// When it is worth a walk through the heap, or somebody waits for what was freed.
bool Broker::ReleasesFreeMemory(const ShrinkPlan& plan, Bytes freed) {
  freed_unreleased_ = freed_unreleased_ + freed;
  const bool waited_for = plan.goal > Bytes(0) && freed > Bytes(0);
  return freed_unreleased_ > Bytes(config_.limit.count() / kReleasedShare) || plan.pressure != Pressure::kNone ||
         waited_for;
}

MaintainReport Broker::Maintain(TimePoint now) {
  const std::lock_guard one_round(maintain_mutex_);
  const TimePoint deadline =
      environment_.clock != nullptr ? environment_.clock->Now() + config_.shrink_time_max : TimePoint::max();
  Measurement measured = Measure();
  const SystemVerdict verdict = AskSystem(measured.resident, now);
  Entries entries;
  const ShrinkPlan plan = Plan(verdict, measured, entries);

  MaintainReport report{.pressure = plan.pressure, .used = plan.used, .freed = {}, .unmet = {}, .late = {}};
  ShrinkLeastUseful(plan, entries, deadline, report);
  Split(entries, deadline, report);
  if (ReleasesFreeMemory(plan, report.freed)) {
    freed_unreleased_ = Bytes(0);
    if (release_free_memory_) {
      release_free_memory_();
    }
    measured = Measure();
  }

  const std::lock_guard lock(mutex_);
  TakeMeasurement(measured);
  refused_before_ = Bytes(0);
  now_ = std::max(now_, now);
  pressure_ = plan.pressure;
  ++rounds_;
  GrantWaiters();
  UpdateHeadroom();
  changed_.notify_all();  // deadlines
  return report;
}

// What is reserved meanwhile may be in the measurement or not, and is counted on top of it.
Broker::Measurement Broker::Measure() {
  Measurement seen;
  {
    const std::lock_guard lock(mutex_);
    seen.reserved = reserved_;
  }
  seen.resident = process_memory_ ? process_memory_() : Bytes(0);
  return seen;
}

void Broker::TakeMeasurement(const Measurement& seen) {
  measured_ = seen.resident;
  measured_peak_ = std::max(measured_peak_, seen.resident);
  reserved_at_probe_ = seen.reserved;
}

}  // namespace attune::memory

#include "attune/memory/broker.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace attune::memory {

// Of the limit, that may lie free in the heap before it is given back to the system: giving back walks the whole heap,
// and what the split moves between caches in a round is often less than this.
constexpr std::uint64_t kReleasedShare = 64;

struct Registration::Entry {
  explicit Entry(Consumer& who) : consumer(&who) {}
  Consumer* consumer;
  // Guarded by the broker's mutex.
  Bytes shrunk_total;
  std::uint64_t shrinks = 0;
  bool registered = true;
  std::thread::id shrinking;  // the thread inside Shrink or SetTarget, or none
  std::optional<Bytes> target;
};

Registration::Registration(Registration&& other) noexcept
    : broker_(std::exchange(other.broker_, nullptr)), entry_(std::move(other.entry_)) {}

Registration& Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    Release();
    broker_ = std::exchange(other.broker_, nullptr);
    entry_ = std::move(other.entry_);
  }
  return *this;
}

void Registration::Release() noexcept {
  if (broker_ != nullptr) {
    std::exchange(broker_, nullptr)->Unregister(std::exchange(entry_, nullptr));
  }
}

Reservation::Reservation(Reservation&& other) noexcept
    : broker_(std::exchange(other.broker_, nullptr)),
      name_(std::move(other.name_)),
      bytes_(std::exchange(other.bytes_, Bytes(0))) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    Release();
    broker_ = std::exchange(other.broker_, nullptr);
    name_ = std::move(other.name_);
    bytes_ = std::exchange(other.bytes_, Bytes(0));
  }
  return *this;
}

void Reservation::ReduceTo(Bytes smaller) noexcept {
  ATTUNE_CHECK(smaller <= bytes_, "a reservation only becomes smaller");
  if (broker_ == nullptr) {
    return;
  }
  const bool last = smaller == Bytes(0);
  broker_->Return(name_, bytes_ - smaller, last);
  bytes_ = smaller;
  if (last) {
    broker_ = nullptr;
  }
}

Status Validate(const BrokerConfig& config) {
  ATTUNE_RETURN_IF_ERROR(Validate(config.marks));
  if (config.overhead >= config.limit) {
    return Error(ErrorCode::kInvalidArgument, "memory limit " + ToString(config.limit) +
                                                  " must be larger than the overhead of the process, " +
                                                  ToString(config.overhead));
  }
  ATTUNE_RETURN_IF_ERROR(Validate(config.split));
  if (config.shrink_time_max <= Duration(0)) {
    return Error(ErrorCode::kInvalidArgument, "shrink_time_max must be positive");
  }
  if (config.consumers_max == 0 || config.waiting_max == 0) {
    return Error(ErrorCode::kInvalidArgument, "consumers_max and waiting_max must be positive");
  }
  return OkStatus();
}

Broker::Broker(BrokerConfig config, ProcessMemory process_memory, ReleaseFreeMemory release_free_memory,
               BrokerEnvironment environment)
    : config_(config),
      process_memory_(std::move(process_memory)),
      release_free_memory_(std::move(release_free_memory)),
      environment_(std::move(environment)),
      system_before_(environment_.system_memory ? environment_.system_memory() : SystemMemory()),
      limit_now_(config.limit) {
  ATTUNE_CHECK(Validate(config_).ok(), "a broker configuration that makes no sense");
  const std::lock_guard lock(mutex_);
  UpdateHeadroom();
}

Broker::~Broker() {
  const std::lock_guard lock(mutex_);
  ATTUNE_CHECK(entries_.empty(), "a consumer outlives its broker");
  ATTUNE_CHECK(reservations_.empty() && waiters_.empty(), "a reservation outlives its broker");
}

Bytes Broker::Consumed() const {
  Bytes total;
  for (const auto& entry : entries_) {
    total = total + entry->consumer->bytes();
  }
  return total;
}

Bytes Broker::Minima() const {
  Bytes total = config_.overhead;
  for (const auto& entry : entries_) {
    total = total + entry->consumer->bytes_min();
  }
  return total;
}

// What is measured knows nothing of memory reserved since, and what is accounted
// for knows nothing of memory that nobody registered; the larger one counts.
Bytes Broker::Used() const {
  const Bytes reserved_since = reserved_ > reserved_at_probe_ ? reserved_ - reserved_at_probe_ : Bytes(0);
  return std::max(config_.overhead + Consumed() + reserved_, measured_ + reserved_since);
}

bool Broker::Fits(Bytes bytes) const {
  const Bytes used = Used();
  return used <= limit_now_ && bytes <= limit_now_ - used;
}

Bytes Broker::LineAt(double mark) const {
  return Bytes(static_cast<std::uint64_t>(static_cast<double>(limit_now_.count()) * mark));
}

void Broker::UpdateHeadroom() {
  const Bytes high = LineAt(config_.marks.high);
  const Bytes used = Used();
  headroom_.store(used < high ? (high - used).count() : 0, std::memory_order_relaxed);
}

Result<Registration> Broker::Register(Consumer& consumer) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= config_.consumers_max) {
    return Error(ErrorCode::kExhausted, "memory consumer '" + std::string(consumer.name()) + "' is one more than " +
                                            std::to_string(config_.consumers_max));
  }
  const Bytes minima = Minima() + consumer.bytes_min();
  if (minima > config_.limit) {
    return Error(ErrorCode::kExhausted, "memory limit " + ToString(config_.limit) + " is too small: with '" +
                                            std::string(consumer.name()) + "' at least " + ToString(minima) +
                                            " are needed");
  }
  auto entry = std::make_shared<Entry>(consumer);
  entries_.push_back(entry);
  UpdateHeadroom();
  return Registration(*this, std::move(entry));
}

void Broker::Unregister(const std::shared_ptr<Entry>& entry) noexcept {
  std::unique_lock lock(mutex_);
  ATTUNE_CHECK(entry->shrinking != std::this_thread::get_id(), "a consumer unregisters inside its own Shrink");
  entry->registered = false;
  std::erase(entries_, entry);
  changed_.wait(lock, [&] { return entry->shrinking == std::thread::id(); });
  GrantWaiters();
  UpdateHeadroom();
}

void Broker::Take(std::string_view name, Bytes bytes) {
  auto found = reservations_.find(name);
  if (found == reservations_.end()) {
    found = reservations_.emplace(std::string(name), NamedTotal{}).first;
  }
  found->second.bytes = found->second.bytes + bytes;
  ++found->second.count;
  reserved_ = reserved_ + bytes;
  UpdateHeadroom();
}

void Broker::Return(const std::string& name, Bytes bytes, bool last) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = reservations_.find(name);
  ATTUNE_CHECK(found != reservations_.end(), "a reservation returns what was never taken");
  found->second.bytes = found->second.bytes - bytes;
  reserved_ = reserved_ - bytes;
  if (last && --found->second.count == 0) {
    reservations_.erase(found);
  }
  GrantWaiters();
  UpdateHeadroom();
}

// First come, first served: a small wish never overtakes a large one that waits,
// or the large one would wait for ever.
void Broker::GrantWaiters() {
  bool granted = false;
  while (!waiters_.empty() && Fits(waiters_.front()->bytes)) {
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    Take(waiter->name, waiter->bytes);
    waiter->granted = true;
    granted = true;
  }
  if (granted) {
    changed_.notify_all();
  }
}

Error Broker::Refusal(std::string_view name, Bytes bytes) const {
  std::vector<std::pair<Bytes, std::string>> holders{{config_.overhead, "process"}};
  for (const auto& entry : entries_) {
    holders.emplace_back(entry->consumer->bytes(), entry->consumer->name());
  }
  for (const auto& [holder, total] : reservations_) {
    holders.emplace_back(total.bytes, holder + " (reserved)");
  }
  std::sort(holders.begin(), holders.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  constexpr std::size_t kNamedMax = 6;  // the largest explain the rest
  std::string list;
  for (std::size_t i = 0; i < std::min(holders.size(), kNamedMax); ++i) {
    list += (i == 0 ? "" : ", ") + holders[i].second + " " + ToString(holders[i].first);
  }
  return {ErrorCode::kExhausted, "no " + ToString(bytes) + " of memory for '" + std::string(name) +
                                     "': " + ToString(Used()) + " of " + ToString(limit_now_) + " are in use: " + list};
}

Result<Reservation> Broker::TryReserve(std::string_view name, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  if (!Fits(bytes)) {
    ++refused_;
    refused_bytes_ = std::max(refused_bytes_, bytes);
    return Refusal(name, bytes);
  }
  Take(name, bytes);
  return Reservation(*this, std::string(name), bytes);
}

Result<Reservation> Broker::Reserve(std::string_view name, Bytes bytes, TimePoint deadline,
                                    const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const Bytes minima = Minima();
  if (minima > config_.limit || bytes > config_.limit - minima) {
    ++refused_;
    return Refusal(name, bytes);
  }
  if (waiters_.size() >= config_.waiting_max) {
    ++refused_;
    return Error(ErrorCode::kExhausted, "no memory for '" + std::string(name) +
                                            "': " + std::to_string(waiters_.size()) + " others wait for it already");
  }
  Waiter waiter{name, bytes, deadline};
  waiters_.push_back(&waiter);
  GrantWaiters();
  changed_.wait(lock, stop, [&] { return waiter.granted || now_ >= deadline; });
  if (waiter.granted) {
    return Reservation(*this, std::string(name), bytes);
  }
  std::erase(waiters_, &waiter);
  GrantWaiters();  // whoever stood behind may fit
  ++refused_;
  const Error refusal = Refusal(name, bytes);
  return Error(stop.stop_requested() ? ErrorCode::kCancelled : ErrorCode::kDeadline, refusal.message());
}

MemoryObservation Broker::Observe(const std::vector<std::shared_ptr<Entry>>& entries) const {
  MemoryObservation seen{.limit = limit_now_,
                         .overhead = config_.overhead,
                         .reserved = reserved_,
                         .measured = measured_,
                         .wanted = refused_bytes_,
                         .shrinking = shrinking_,
                         .consumers = {}};
  for (const Waiter* waiter : waiters_) {
    seen.wanted = seen.wanted + waiter->bytes;
  }
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
  action(*entry.consumer);
  const std::lock_guard lock(mutex_);
  entry.shrinking = std::thread::id();
  changed_.notify_all();
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

SystemVerdict Broker::AskSystem(Bytes measured) {
  if (!environment_.system_memory) {
    return {.limit = config_.limit, .give = {}};
  }
  if (measured == Bytes(0)) {
    const std::lock_guard lock(mutex_);
    measured = Used();  // what is accounted for is the best that is known
  }
  const SystemMemory now = environment_.system_memory();
  const SystemVerdict verdict = JudgeSystem(now, system_before_, config_.limit, measured, config_.system);
  system_before_ = now;
  return verdict;
}

// What nobody else holds: the followers' to share. They grow up to the middle between the low and the high line: at the
// high line itself the next byte of anybody would evict down to the low one, and what was evicted would come back,
// round after round. Above the middle they keep what they hold, until the high line makes the least useful give. While
// everybody gives, nobody grows past the low line.
Bytes Broker::SplitBudget() const {
  Bytes followers;
  for (const auto& entry : entries_) {
    followers = followers + (entry->consumer->follows_target() ? entry->consumer->bytes() : Bytes(0));
  }
  const Bytes used = Used();
  const Bytes others = used > followers ? used - followers : Bytes(0);
  const auto below = [&](Bytes line) { return line > others ? line - others : Bytes(0); };
  const double low = config_.marks.low;
  const Bytes to_grow = below(LineAt(shrinking_ ? low : low + (config_.marks.high - low) / 2));
  return std::max(to_grow, std::min(followers, below(LineAt(config_.marks.high))));
}

std::vector<SplitConsumer> Broker::ObserveSplit(const std::vector<std::shared_ptr<Entry>>& followers) const {
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

// Who holds more than its target gives first; what is free then is granted to those below theirs.
void Broker::Split(const std::vector<std::shared_ptr<Entry>>& entries, TimePoint deadline, MaintainReport& report) {
  std::vector<std::shared_ptr<Entry>> followers;
  std::vector<SplitConsumer> seen;
  SplitPlan plan;
  {
    const std::lock_guard lock(mutex_);
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(followers),
                 [](const auto& entry) { return entry->registered && entry->consumer->follows_target(); });
    if (followers.empty()) {
      return;
    }
    seen = ObserveSplit(followers);
    plan = PlanSplit(SplitBudget(), seen, config_.split);
    for (std::size_t i = 0; i < followers.size(); ++i) {
      followers[i]->target = plan.targets[i];
    }
  }
  report.split_moved = plan.moved;
  for (std::size_t i = 0; i < followers.size(); ++i) {
    if (seen[i].held > plan.targets[i]) {
      ShrinkInTime(*followers[i], seen[i].held - plan.targets[i], deadline, report);
    }
  }
  std::vector<Bytes> grants;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(followers, [](const auto& entry) { return !entry->registered; });
    grants = PlanGrants(SplitBudget(), ObserveSplit(followers));
  }
  for (std::size_t i = 0; i < followers.size(); ++i) {
    WithConsumer(*followers[i], [&](Consumer& consumer) { consumer.SetTarget(grants[i]); });
  }
}

void Broker::ShrinkInTime(Entry& entry, Bytes wanted, TimePoint deadline, MaintainReport& report) {
  if (IsLate(deadline)) {
    report.late = report.late + wanted;
  } else {
    report.freed = report.freed + Apply(entry, wanted, deadline);
  }
}

MaintainReport Broker::Maintain(TimePoint now) {
  const std::lock_guard one_round(maintain_mutex_);
  const TimePoint deadline =
      environment_.clock != nullptr ? environment_.clock->Now() + config_.shrink_time_max : TimePoint::max();
  const Bytes measured = process_memory_ ? process_memory_() : Bytes(0);
  const SystemVerdict verdict = AskSystem(measured);

  std::vector<std::shared_ptr<Entry>> entries;
  ShrinkPlan plan;
  {
    const std::lock_guard lock(mutex_);
    limit_now_ = verdict.limit;
    TakeMeasurement(measured);
    entries = entries_;
    MemoryObservation seen = Observe(entries);
    seen.give = verdict.give;
    plan = PlanShrink(seen, config_.marks);
    shrinking_ = plan.shrinking;
    refused_bytes_ = Bytes(0);
  }

  MaintainReport report{.pressure = plan.pressure, .used = plan.used, .freed = {}, .unmet = plan.unmet, .late = {}};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (plan.shrink[i] > Bytes(0)) {
      ShrinkInTime(*entries[i], plan.shrink[i], deadline, report);
    }
  }
  Split(entries, deadline, report);
  Bytes measured_after = measured;
  freed_unreleased_ = freed_unreleased_ + report.freed;
  if (freed_unreleased_ > Bytes(config_.limit.count() / kReleasedShare) || plan.pressure != Pressure::kNone) {
    freed_unreleased_ = Bytes(0);
    if (release_free_memory_) {
      release_free_memory_();
    }
    measured_after = process_memory_ ? process_memory_() : Bytes(0);
  }

  const std::lock_guard lock(mutex_);
  TakeMeasurement(measured_after);
  now_ = std::max(now_, now);
  pressure_ = plan.pressure;
  ++rounds_;
  GrantWaiters();
  UpdateHeadroom();
  changed_.notify_all();  // deadlines
  return report;
}

void Broker::TakeMeasurement(Bytes measured) {
  measured_ = measured;
  measured_peak_ = std::max(measured_peak_, measured);
  reserved_at_probe_ = reserved_;
}

BrokerSnapshot Broker::Snapshot() const {
  const std::lock_guard lock(mutex_);
  BrokerSnapshot snapshot{.limit = config_.limit,
                          .limit_now = limit_now_,
                          .overhead = config_.overhead,
                          .consumed = Consumed(),
                          .reserved = reserved_,
                          .measured = measured_,
                          .measured_peak = measured_peak_,
                          .pressure = pressure_,
                          .rounds = rounds_,
                          .refused = refused_,
                          .waiting = waiters_.size(),
                          .consumers = {},
                          .reservations = {}};
  for (const auto& entry : entries_) {
    const Consumer& consumer = *entry->consumer;
    snapshot.consumers.push_back({std::string(consumer.name()), consumer.bytes(), consumer.bytes_min(),
                                  consumer.marginal_benefit(), entry->shrunk_total, entry->shrinks, entry->target});
  }
  for (const auto& [name, total] : reservations_) {
    snapshot.reservations.push_back({name, total.bytes, total.count});
  }
  return snapshot;
}

}  // namespace attune::memory

#include "attune/memory/broker.h"

#include <algorithm>
#include <utility>

#include "broker_entry.h"

namespace attune::memory {

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
  ATTUNE_RETURN_IF_ERROR(Validate(config.system));
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

bool Broker::CanEverFit(Bytes bytes, Bytes limit) const {
  const Bytes minima = Minima();
  return minima <= limit && bytes <= limit - minima;
}

// For what cannot fit below the limit of now, however much everybody gives, nobody is asked to give.
Bytes Broker::Wanted() const {
  Bytes wanted = std::max(refused_bytes_, refused_before_);
  for (const Waiter* waiter : waiters_) {
    wanted = wanted + (CanEverFit(waiter->bytes, limit_now_) ? waiter->bytes : Bytes(0));
  }
  return wanted;
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
  ATTUNE_CHECK(
      std::ranges::find(entries_, &consumer, [](const auto& entry) { return entry->consumer; }) == entries_.end(),
      "a consumer registers twice");
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
    if (CanEverFit(bytes, limit_now_)) {
      refused_bytes_ = std::max(refused_bytes_, bytes);
    }
    return Refusal(name, bytes);
  }
  Take(name, bytes);
  return Reservation(*this, std::string(name), bytes);
}

Result<Reservation> Broker::Reserve(std::string_view name, Bytes bytes, TimePoint deadline,
                                    const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!CanEverFit(bytes, config_.limit)) {
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

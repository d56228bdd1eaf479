#pragma once
// The members of Cache by which it loads, and by which it knows whether that pays. Included by cache.h alone.

#include "attune/cache/cache.h"

namespace attune::cache {

// ---- loading

template <typename K, typename V, typename Traits>
template <typename Q>
typename Cache<K, V, Traits>::FlightPtr Cache<K, V, Traits>::FindFlight(const Part& part, KeyHash hash,
                                                                        const Q& key) const {
  const auto [begin, end] = part.flights.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second->key == K(key)) {
      return it->second;
    }
  }
  return nullptr;
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::RemoveFlight(Part& part, KeyHash hash, const FlightPtr& flight) {
  const auto [begin, end] = part.flights.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (it->second == flight) {
      part.flights.erase(it);
      return;
    }
  }
}

// Looks the key up and, if it is not there, takes a part in loading it. REQUIRES the shard's lock.
template <typename K, typename V, typename Traits>
template <typename Q>
typename Cache<K, V, Traits>::Boarding Cache<K, V, Traits>::Board(Part& part, KeyHash hash, const Q& key, bool& gone) {
  Boarding boarding;
  const typename Shard::Found found = part.shard.AccessStale(hash, key, clock_, gone);
  if (found.slot != kNoSlot) {
    const auto& entry = part.shard.entry(found.slot);
    boarding.absent = entry.state == EntryState::kAbsent;
    if (!boarding.absent) {
      boarding.value.emplace(entry.value);
    }
    if (found.freshness == Shard::Freshness::kFresh || FindFlight(part, hash, key) != nullptr) {
      return boarding;
    }
    boarding.role = Role::kRefresh;
    boarding.flight = std::make_shared<Flight>(K(key));
    part.flights.emplace(hash, boarding.flight);
    return boarding;
  }
  boarding.flight = FindFlight(part, hash, key);
  if (boarding.flight != nullptr && boarding.flight->started) {
    boarding.role = Role::kJoin;
    ++part.loads_joined;
    return boarding;
  }
  // A refresh that still waits for its turn in the background is overtaken by who cannot wait.
  boarding.role = Role::kLoad;
  if (boarding.flight == nullptr) {
    boarding.flight = std::make_shared<Flight>(K(key));
    part.flights.emplace(hash, boarding.flight);
  }
  boarding.flight->started = true;
  boarding.flight->ticket.owner = std::this_thread::get_id();
  return boarding;
}

template <typename K, typename V, typename Traits>
Result<V> Cache<K, V, Traits>::AnswerOf(const Result<Loaded<V>>& answer) const {
  if (!answer.ok()) {
    return answer.error();
  }
  if (!answer->value.has_value()) {
    return AbsentError();
  }
  return *answer->value;
}

template <typename K, typename V, typename Traits>
Result<V> Cache<K, V, Traits>::Join(const FlightPtr& flight) {
  if (!LoadWaits::OfProcess().Wait(flight->ticket)) {
    return Error(ErrorCode::kConflict,
                 "cache '" + config_.name + "': a loader asks for the key that it loads, itself or through others");
  }
  return AnswerOf(*flight->answer);
}

// REQUIRES: `flight` was started by this thread.
template <typename K, typename V, typename Traits>
template <typename Loader>
Result<V> Cache<K, V, Traits>::Fly(Part& part, KeyHash hash, const FlightPtr& flight, Loader& loader,
                                   Duration* taken_out) {
  const Landing landing{*this, part, hash, flight};
  const TimePoint begin = clock_.Now();
  flight->answer.emplace(RunLoader<V>(loader));
  const Duration taken = clock_.Now() - begin;
  if (taken_out != nullptr) {
    *taken_out = taken;
  }
  {
    const std::lock_guard hold(part.shard.lock);
    ++part.loads;
    part.loads_failed += flight->answer->ok() ? 0U : 1U;
    part.load_time += taken;
  }
  Land(part, hash, flight);
  return AnswerOf(*flight->answer);
}

// The end of a flight: the key is free for the next load, and who waits gets the answer. Also where copying the value
// throws.
template <typename K, typename V, typename Traits>
struct Cache<K, V, Traits>::Landing {
  Cache& cache;
  Part& part;
  const KeyHash hash;
  const FlightPtr& flight;

  ~Landing() {
    if (!flight->answer.has_value()) {
      flight->answer.emplace(Error(ErrorCode::kUnavailable, {}));
    }
    {
      const std::lock_guard hold(part.shard.lock);
      cache.RemoveFlight(part, hash, flight);
    }
    LoadWaits::OfProcess().Done(flight->ticket);
  }
};

// Stores what was loaded.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::Land(Part& part, KeyHash hash, const FlightPtr& flight) {
  Removed removed;
  if (flight->answer->ok()) {
    const Loaded<V>& loaded = **flight->answer;
    const bool absent = !loaded.value.has_value();
    const Duration time_to_live =
        loaded.time_to_live.value_or(absent ? config_.negative_time_to_live : config_.time_to_live);
    if (time_to_live > Duration(0)) {
      K key = flight->key;
      std::optional<V> value = loaded.value;
      Store(hash, key, absent ? nullptr : &*value, time_to_live, flight.get());
    } else {
      const std::lock_guard hold(part.shard.lock);
      const Slot slot = flight->overtaken ? kNoSlot : part.shard.Find(hash, flight->key);
      if (slot != kNoSlot) {
        part.shard.Remove(slot, RemovalReason::kErased, removed);
      }
    }
  }
  Tell(removed);
}

// True: the calling thread is the one to run it. REQUIRES: the caller does not hold the shard's lock.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::Claim(Part& part, Flight& flight) {
  const std::lock_guard hold(part.shard.lock);
  if (flight.started || flight.overtaken) {
    return false;
  }
  flight.started = true;
  flight.ticket.owner = std::this_thread::get_id();
  return true;
}

// One refresh on its way through the background. Its end gives the key free if it never ran, and
// lets the cache's destructor go on.
template <typename K, typename V, typename Traits>
template <typename Loader>
struct Cache<K, V, Traits>::Refresh {
  Refresh(Cache& owner, Part& its_part, KeyHash its_hash, FlightPtr its_flight)
      : cache(owner), part(its_part), hash(its_hash), flight(std::move(its_flight)) {
    cache.BeginBackgroundTask();
  }
  Refresh(const Refresh&) = delete;
  Refresh& operator=(const Refresh&) = delete;
  ~Refresh() {
    {
      const std::lock_guard hold(part.shard.lock);
      if (!flight->started) {
        cache.RemoveFlight(part, hash, flight);
      }
    }
    loader.reset();  // what it has captured and loaded ends before the cache may
    flight.reset();
    cache.EndBackgroundTask();
  }
  std::optional<Result<V>> Run() {
    if (!cache.Claim(part, *flight)) {
      return std::nullopt;
    }
    return cache.Fly(part, hash, flight, *loader);
  }
  // In the background nobody is there to catch: what copying throws is a refresh that did not happen.
  void RunAlone() noexcept {
    try {
      (void)Run();
    } catch (...) {  // NOLINT(bugprone-empty-catch): the stale value stays, and the next reader tries again
    }
  }

  Cache& cache;
  Part& part;
  const KeyHash hash;
  FlightPtr flight;
  std::optional<Loader> loader;
};

template <typename K, typename V, typename Traits>
template <typename Loader>
Result<V> Cache<K, V, Traits>::RefreshStale(Part& part, KeyHash hash, Boarding& boarding, Loader& loader) {
  const auto refresh = std::make_shared<Refresh<Loader>>(*this, part, hash, boarding.flight);
  refresh->loader.emplace(std::move(loader));  // what this throws ends the refresh as well
  if (!hooks_.background || !hooks_.background([refresh] { refresh->RunAlone(); })) {
    // Nobody else does it, so this caller pays, and has something fresh for it.
    const std::optional<Result<V>> fresh = refresh->Run();
    const bool absent = fresh.has_value() && !fresh->ok() && fresh->error().code() == ErrorCode::kNotFound;
    if (fresh.has_value() && (fresh->ok() || absent)) {
      return *fresh;  // that it is gone is news as well; only failures are bridged with what is stale
    }
  }
  return *std::move(boarding.value);
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::BeginBackgroundTask() {
  const std::lock_guard hold(background_mutex_);
  ++background_tasks_;
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::EndBackgroundTask() {
  const std::lock_guard hold(background_mutex_);
  --background_tasks_;
  background_idle_.notify_all();
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q, typename Loader>
Result<V> Cache<K, V, Traits>::GetOrLoad(const Q& key, Loader loader) {
  const KeyHash hash = Traits::Hash(key);
  Part& part = PartOf(hash);
  if (bypassing_.load(std::memory_order_relaxed) && bypasses_within_ < kBypassesWithinMax) [[unlikely]] {
    return Bypass(part, loader);
  }
  const bool measured = MayBypass() && Measures(part);
  const TimePoint begin = measured ? clock_.Now() : TimePoint();
  Boarding boarding;
  bool gone = false;
  bool simulate = false;
  {
    const std::lock_guard hold(part.shard.lock);
    boarding = Board(part, hash, key, gone);
    simulate = NoteSample(part, hash, boarding.role <= Role::kRefresh);
  }
  if (measured && boarding.role == Role::kAnswered) {
    const Duration cost = clock_.Now() - begin;
    Weigh([&] { return worth_.Hit(cost); });
  }
  if (simulate || gone) [[unlikely]] {
    AfterAccess(part, hash, key, simulate, gone);
  }
  if (boarding.role == Role::kAnswered) [[likely]] {
    return boarding.absent ? Result<V>(AbsentError()) : Result<V>(*std::move(boarding.value));
  }
  if (boarding.role == Role::kRefresh) {
    return RefreshStale(part, hash, boarding, loader);
  }
  if (boarding.role == Role::kJoin) {
    return Join(boarding.flight);
  }
  Duration load{0};
  Result<V> loaded = Fly(part, hash, boarding.flight, loader, &load);
  if (measured) {
    const Duration besides = clock_.Now() - begin - load;
    Weigh([&] { return worth_.Miss(load, besides); });
  }
  return loaded;
}

// ---- worth

template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::Measures(Part& part) noexcept {
  const std::uint32_t count = part.lookups_to_measure.load(std::memory_order_relaxed) + 1;
  part.lookups_to_measure.store(count, std::memory_order_relaxed);
  return count % kMeasuredOneOf == 0;
}

// What is put may be more than what loaders bring, so that it is always looked up.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::NotePut() noexcept {
  if (!has_puts_.load(std::memory_order_relaxed)) [[unlikely]] {
    has_puts_.store(true, std::memory_order_relaxed);
    const std::lock_guard hold(worth_mutex_);
    bypassing_.store(false, std::memory_order_relaxed);
  }
}

// Past the cache: nothing is looked up, nothing is kept, and nobody waits for anybody.
template <typename K, typename V, typename Traits>
template <typename Loader>
Result<V> Cache<K, V, Traits>::Bypass(Part& part, Loader& loader) {
  bypasses_.fetch_add(1, std::memory_order_relaxed);
  const BypassWithin within;
  if (!Measures(part)) {
    return AnswerOf(RunLoader<V>(loader));
  }
  const TimePoint begin = clock_.Now();
  const Result<Loaded<V>> answer = RunLoader<V>(loader);
  const Duration taken = clock_.Now() - begin;
  Weigh([&] { return worth_.Bypassed(taken); });
  return AnswerOf(answer);
}

template <typename K, typename V, typename Traits>
template <typename Observe>
void Cache<K, V, Traits>::Weigh(Observe&& observe) {
  std::optional<WorthChange> change;
  {
    const std::lock_guard hold(worth_mutex_);
    if (!MayBypass()) {
      return;
    }
    change = observe();
    bypassing_.store(worth_.bypassing(), std::memory_order_relaxed);
  }
  if (change.has_value() && hooks_.journal != nullptr) {
    hooks_.journal->Append({.time = clock_.Now(),
                            .knob = config_.name + ".bypass",
                            .from = change->bypass ? "off" : "on",
                            .to = change->bypass ? "on" : "off",
                            .controller = "cache worth",
                            .inputs = {{"caching_ns", change->caching_ns},
                                       {"loading_ns", change->loading_ns},
                                       {"hit_ratio", change->hit_ratio}},
                            .reason = change->Reason()});
  }
}

// REQUIRES maintain_mutex_.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::UpdateBenefit(TimePoint now) {
  BenefitEstimate::Observation seen{.now = now,
                                    .returned_from = EvictedSample::kEntries * parts_.size(),
                                    .entries = budget_.entries(),
                                    .bytes = Bytes(budget_.bytes())};
  std::uint64_t loads = 0;
  Duration load_time{0};
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    const auto removed = [&](RemovalReason reason) {
      return part->shard.counts.removals[static_cast<std::size_t>(reason)];
    };
    seen.returned += part->shard.evicted().returned();
    seen.hits += part->shard.hits();
    seen.evictions +=
        removed(RemovalReason::kEntryLimit) + removed(RemovalReason::kByteLimit) + removed(RemovalReason::kShrink);
    loads += part->loads;
    load_time += part->load_time;
  }
  const Duration load =
      config_.worth.load_cost.value_or(load_time / static_cast<Duration::rep>(std::max<std::uint64_t>(loads, 1)));
  seen.load_seconds = std::chrono::duration<double>(load).count();
  estimate_.Observe(seen);
  benefit_times_bytes_.store(estimate_.benefit_times_bytes(), std::memory_order_relaxed);
  loss_times_bytes_.store(estimate_.loss_times_bytes(), std::memory_order_relaxed);
  pressed_.store(estimate_.pressed(), std::memory_order_relaxed);
  benefit_known_.store(estimate_.known(), std::memory_order_relaxed);
}

}  // namespace attune::cache

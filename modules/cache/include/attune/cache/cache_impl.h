#pragma once
// The members of Cache, but for how it loads (cache_loading_impl.h), how it chooses its policy (cache_choosing_impl.h)
// and how it changes its size (cache_shape_impl.h). Included by cache.h alone.

#include "attune/cache/cache.h"

namespace attune::cache {

// ---- life

template <typename K, typename V, typename Traits>
Cache<K, V, Traits>::Cache(const Clock& clock, CacheConfig config, Hooks hooks)
    : clock_(clock),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      budget_(config_.entries_max, config_.bytes_max, ShardsFor(config_) == 1),
      worth_(config_.worth),
      estimate_(clock_.Now()) {
  const Status valid = Validate(config_);
  ATTUNE_CHECK(valid.ok(), "Validate(config) says what is wrong");
  const std::size_t count = ShardsFor(config_);
  part_mask_ = count - 1;
  if (chooses_ && config_.bytes_max >= kChoosingBytesMin) {
    MakeSelector(config_.entries_max, config_.bytes_max);
  }
  const ShardSetup setup{
      .entries_share = (config_.entries_max - 1) / count + 1,
      .bytes_share = Bytes(config_.bytes_max.count() / count),
      .policy = selector_ != nullptr ? selector_->policy() : config_.policy.value_or(kPolicyOfSmallCaches),
      .stale_for = config_.stale_for,
      .keeps_removed = static_cast<bool>(hooks_.removed)};
  for (std::size_t i = 0; i < count; ++i) {
    parts_.push_back(std::make_unique<Part>(budget_, setup, clock_.Now()));
  }
  only_part_ = count == 1 ? parts_.front().get() : nullptr;
  if (selector_ != nullptr) {
    TellParts();
  }
  Removed none;
  ChargeOwn(none);
}

template <typename K, typename V, typename Traits>
Cache<K, V, Traits>::~Cache() {
  std::unique_lock hold(background_mutex_);
  background_idle_.wait(hold, [&] { return background_tasks_ == 0; });
}

// What the cache itself holds. Near the limit it is with all that the miniatures of an episode grow to, so that room is
// made before they take it; far from it, what nobody needs is left to others.
template <typename K, typename V, typename Traits>
std::uint64_t Cache<K, V, Traits>::OwnBytes() const noexcept {
  std::uint64_t bytes = sizeof(*this) + parts_.size() * (memory::HeapBlockSize(sizeof(Part)).count() - sizeof(Shard));
  if (selector_ == nullptr) {
    return bytes;
  }
  const bool limit_is_near = budget_.bytes() > budget_.bytes_max() / 8 * 7;
  bytes += std::max(selector_->bytes(), limit_is_near ? selector_->bytes_expected() : Bytes(0)).count();
  if (selector_->learning()) {
    bytes += (parts_.size() + 1) * memory::HeapBlockSize(kSamplesKept * sizeof(KeyHash)).count();
  }
  return bytes;
}

// Tells the budget what the cache itself holds. Growth is made room for, as for an entry, and so is what policies have
// grown by and their shards could not pay.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::ChargeOwn(Removed& removed) {
  const std::uint64_t now = OwnBytes();
  while (!TakeOwn(now) || budget_.over_bytes()) {
    if (!EvictForOwn(removed)) {  // all that is left is pinned: it is over its limit until a pin goes
      const std::lock_guard hold(parts_[0]->shard.lock);
      budget_.Charge(now - own_bytes_);
      budget_.AddFixed(now - own_bytes_);
      own_bytes_ = now;
      return;
    }
  }
}

// False: there is no room for so much.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::TakeOwn(std::uint64_t bytes) {
  const std::lock_guard hold(parts_[0]->shard.lock);
  if (bytes > own_bytes_ && !budget_.TryTakeBytes(bytes - own_bytes_)) {
    return false;
  }
  if (bytes < own_bytes_) {
    budget_.GiveBytes(own_bytes_ - bytes);
  }
  budget_.AddFixed(bytes - own_bytes_);
  own_bytes_ = bytes;
  return true;
}

// Some of each shard.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::EvictForOwn(Removed& removed) {
  bool evicted = false;
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    evicted = part->shard.FreeSomeBytes(0, RemovalReason::kByteLimit, removed) || evicted;
    part->shard.ChargeOverhead();
  }
  return evicted;
}

// ---- looking up

// Answers `use(shard, slot, value)` of the fresh value under `key`, as a counted access; an empty one when there is
// none. Inline, as far as a plain hit goes: a call, with the registers that it saves, is felt.
template <typename K, typename V, typename Traits>
template <typename Q, typename Use>
[[gnu::always_inline]] inline auto Cache<K, V, Traits>::Visit(const Q& key, Use use) {
  const KeyHash hash = Traits::Hash(key);
  Part& part = PartOf(hash);
  const bool owner = part.shard.lock.TryEnterAsOwner();
  if (owner && !IsSampled(part, hash)) [[likely]] {
    if (const typename Shard::Accessed hit = part.shard.AccessPlain(hash, key); hit.entry != nullptr) [[likely]] {
      const OwnersVisit leaves{part.shard};
      return use(part.shard, hit.slot, hit.entry->value);
    }
  }
  // A number goes by value: by reference it would have to lie in memory, for the plain hit as well.
  using Passed = std::conditional_t<kHashedByValue<K>, K, const Q&>;
  return VisitFurther<Passed>(part, owner, hash, static_cast<Passed>(key), use);
}

// All that a plain hit is not. `entered`: the lock is held, as its owner.
template <typename K, typename V, typename Traits>
template <typename Q, typename Use>
[[gnu::noinline]] auto Cache<K, V, Traits>::VisitFurther(Part& part, bool entered, KeyHash hash, Q key, Use use) {
  decltype(use(part.shard, Slot{}, std::declval<const V&>())) answer{};
  bool gone = false;
  bool simulate = false;
  {
    if (entered) {
      part.shard.lock.StayAsOwner();
    } else {
      part.shard.lock.lock();
    }
    const std::lock_guard hold(part.shard.lock, std::adopt_lock);
    const typename Shard::Accessed accessed = part.shard.Access(hash, key, clock_, gone);
    if (accessed.entry != nullptr && accessed.entry->state == EntryState::kValue) [[likely]] {
      answer = use(part.shard, accessed.slot, accessed.entry->value);
    }
    simulate = NoteSample(part, hash, accessed.entry != nullptr);
  }
  if (simulate || gone) [[unlikely]] {
    AfterAccess(part, hash, key, simulate, gone);
  }
  return answer;
}

// What few lookups leave to do, without the lock.
template <typename K, typename V, typename Traits>
template <typename Q>
[[gnu::noinline]] void Cache<K, V, Traits>::AfterAccess(Part& part, KeyHash hash, const Q& key, bool simulate,
                                                        bool gone) {
  if (simulate) {
    SimulateSoon();
  }
  if (gone) {
    Removed removed;
    {
      const std::lock_guard hold(part.shard.lock);
      part.shard.RemoveGone(hash, key, clock_, removed);
    }
    Tell(removed);
  }
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
[[gnu::always_inline]] inline std::optional<V> Cache<K, V, Traits>::Get(const Q& key) {
  return Visit(key, [](Shard&, Slot, const V& value) { return std::optional<V>(value); });
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q, typename Fn>
bool Cache<K, V, Traits>::Read(const Q& key, Fn&& fn) {
  return Visit(key, [&fn](Shard&, Slot, const V& value) {
    fn(value);
    return true;
  });
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
bool Cache<K, V, Traits>::Contains(const Q& key) const {
  const KeyHash hash = Traits::Hash(key);
  const Shard& shard = PartOf(hash).shard;
  const std::lock_guard hold(PartOf(hash).shard.lock);
  const Slot slot = shard.Peek(hash, key, clock_);
  return slot != kNoSlot && shard.entry(slot).state == EntryState::kValue;
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
bool Cache<K, V, Traits>::KnownAbsent(const Q& key) const {
  const KeyHash hash = Traits::Hash(key);
  const Shard& shard = PartOf(hash).shard;
  const std::lock_guard hold(PartOf(hash).shard.lock);
  const Slot slot = shard.Peek(hash, key, clock_);
  return slot != kNoSlot && shard.entry(slot).state == EntryState::kAbsent;
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
std::optional<V> Cache<K, V, Traits>::Peek(const Q& key) const {
  const KeyHash hash = Traits::Hash(key);
  const Shard& shard = PartOf(hash).shard;
  const std::lock_guard hold(PartOf(hash).shard.lock);
  const Slot slot = shard.Peek(hash, key, clock_);
  if (slot == kNoSlot || shard.entry(slot).state != EntryState::kValue) {
    return std::nullopt;
  }
  return shard.entry(slot).value;
}

// ---- pins

// Holds one entry of a cache in its place. Movable; its end may destroy the entry.
template <typename K, typename V, typename Traits>
class Cache<K, V, Traits>::Pinned {
 public:
  Pinned() = default;
  Pinned(Pinned&& other) noexcept { *this = std::move(other); }
  Pinned& operator=(Pinned&& other) noexcept {
    if (this != &other) {
      Release();
      cache_ = std::exchange(other.cache_, nullptr);
      part_ = other.part_;
      slot_ = other.slot_;
      value_ = std::exchange(other.value_, nullptr);
    }
    return *this;
  }
  ~Pinned() { Release(); }

  explicit operator bool() const noexcept { return value_ != nullptr; }
  // REQUIRES: not empty.
  const V& operator*() const {
    ATTUNE_CHECK(value_ != nullptr, "an empty pin holds no value");
    return *value_;
  }
  const V* operator->() const { return &**this; }

  void Release() noexcept {
    if (cache_ == nullptr) {
      return;
    }
    Removed removed;
    {
      const std::lock_guard hold(part_->shard.lock);
      part_->shard.Unpin(slot_, removed);
    }
    if (cache_->budget_.over_bytes()) {
      (void)cache_->KeepBytesLimit(*part_, removed);
    }
    std::exchange(cache_, nullptr)->Tell(removed);
    value_ = nullptr;
  }

 private:
  friend class Cache;
  Pinned(Cache& cache, Part& part, Slot slot, const V& value)
      : cache_(&cache), part_(&part), slot_(slot), value_(&value) {}
  Cache* cache_ = nullptr;
  Part* part_ = nullptr;
  Slot slot_ = kNoSlot;
  const V* value_ = nullptr;
};

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
typename Cache<K, V, Traits>::Pinned Cache<K, V, Traits>::Pin(const Q& key) {
  return Visit(key, [this, &part = PartOf(Traits::Hash(key))](Shard& shard, Slot slot, const V& value) {
    return shard.Pin(slot) ? Pinned(*this, part, slot, value) : Pinned();
  });
}

// ---- storing

template <typename K, typename V, typename Traits>
TimePoint Cache<K, V, Traits>::ExpiresAt(KeyHash hash, TimePoint now, Duration time_to_live) const noexcept {
  if (time_to_live == kForever) {
    return TimePoint::max();
  }
  if (config_.expiry_jitter > 0) {
    // A fraction from the key, the seed and the moment: as good as a draw, without a state to share.
    const std::uint64_t mixed =
        MixBits(hash ^ MixBits(config_.seed) ^ static_cast<std::uint64_t>(now.time_since_epoch().count()));
    const double draw = static_cast<double>(mixed >> 11U) * 0x1p-53;
    const double early = config_.expiry_jitter * draw * static_cast<double>(time_to_live.count());
    time_to_live -= Duration(static_cast<Duration::rep>(early));
  }
  return now > TimePoint::max() - time_to_live ? TimePoint::max() : now + time_to_live;
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::Tell(Removed& removed) const {
  if (hooks_.removed) {
    removed.ForEach([&](const typename Removed::Item& item) {
      hooks_.removed(item.key, item.value.has_value() ? &*item.value : nullptr, item.reason);
    });
  }
}

// A load of this key that still runs must not store over what is newer, and nobody else joins it.
template <typename K, typename V, typename Traits>
template <typename Q>
void Cache<K, V, Traits>::Overtake(Part& part, KeyHash hash, const Q& key, const Flight* own) {
  if (part.flights.empty()) [[likely]] {
    return;
  }
  if (const FlightPtr flight = FindFlight(part, hash, key); flight != nullptr && flight.get() != own) {
    flight->overtaken = true;
    RemoveFlight(part, hash, flight);
  }
}

template <typename K, typename V, typename Traits>
PutOutcome Cache<K, V, Traits>::Store(KeyHash hash, K& key, V* value, Duration time_to_live, const Flight* own) {
  using Result = typename Shard::PutResult;
  Part& part = PartOf(hash);
  const std::uint64_t owned = (value != nullptr ? Traits::OwnedBytes(key, *value) : Traits::OwnedBytes(key)).count();
  Removed removed;
  PutOutcome outcome = PutOutcome::kInserted;
  bool replaces = false;  // whichever try it was that took the old value out
  for (;;) {
    Result result = Result::kInserted;
    {
      const std::lock_guard hold(part.shard.lock);
      TimePoint expires = TimePoint::max();
      if (time_to_live != kForever || part.shard.timed() > 0) {
        const TimePoint now = clock_.Now();
        part.shard.RemoveExpired(now, removed);
        expires = ExpiresAt(hash, now, time_to_live);
      }
      if (own != nullptr && own->overtaken) {
        outcome = PutOutcome::kOvertaken;
        break;
      }
      Overtake(part, hash, key, own);
      result = part.shard.Put(hash, {key, value, expires.time_since_epoch().count(), owned}, replaces, removed);
    }
    if (result != Result::kNoEntryHere && result != Result::kNoBytesHere) {
      outcome = result == Result::kInserted   ? PutOutcome::kInserted
                : result == Result::kReplaced ? PutOutcome::kReplaced
                                              : PutOutcome::kTooLarge;
      break;
    }
    if (!MakeRoomElsewhere(part, result == Result::kNoBytesHere, removed)) {
      outcome = AnyPinned() ? PutOutcome::kAllPinned : PutOutcome::kTooLarge;  // beside the tables of its shards
      const std::lock_guard hold(part.shard.lock);
      part.shard.GiveUp(outcome, replaces, removed);
      break;
    }
  }
  if (budget_.over_bytes() && !KeepBytesLimit(part, removed) && Stored(outcome)) [[unlikely]] {
    outcome = PutOutcome::kTooLarge;
  }
  Tell(removed);
  return outcome;
}

// What bookkeeping has grown by and its own shard could not pay, others pay. False: they had nothing, and the last
// entry here went as well, as far as it could.
template <typename K, typename V, typename Traits>
[[gnu::noinline]] bool Cache<K, V, Traits>::KeepBytesLimit(Part& here, Removed& removed) {
  while (budget_.over_bytes()) {
    if (!MakeRoomElsewhere(here, true, removed)) {
      const std::lock_guard hold(here.shard.lock);
      here.shard.FreeSomeBytes(0, RemovalReason::kByteLimit, removed);
      here.shard.ChargeOverhead();
      return false;
    }
  }
  return true;
}

template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::AnyPinned() const {
  return std::ranges::any_of(parts_, [](const std::unique_ptr<Part>& part) {
    const std::lock_guard hold(part->shard.lock);
    return part->shard.pinned() > 0;
  });
}

// Its own shard has nothing left that may go. One other gives, another one each time, or the next that can.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::MakeRoomElsewhere(const Part& here, bool bytes, Removed& removed) {
  const std::size_t first = gives_next_.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = *parts_[(first + i) & part_mask_];
    if (&part == &here) {
      continue;
    }
    const std::lock_guard hold(part.shard.lock);
    const bool gave = bytes ? part.shard.FreeSomeBytes(0, RemovalReason::kByteLimit, removed)
                            : part.shard.EvictOne(0, RemovalReason::kEntryLimit, removed);
    part.shard.ChargeOverhead();
    if (gave) {
      return true;
    }
  }
  return false;
}

template <typename K, typename V, typename Traits>
PutOutcome Cache<K, V, Traits>::Put(K key, V value, Duration time_to_live) {
  if (time_to_live <= Duration(0)) {
    Erase(key);
    return PutOutcome::kExpired;
  }
  NotePut();
  return Store(Traits::Hash(key), key, &value, time_to_live, nullptr);
}

template <typename K, typename V, typename Traits>
PutOutcome Cache<K, V, Traits>::PutAbsent(K key, Duration time_to_live) {
  if (time_to_live <= Duration(0)) {
    Erase(key);
    return PutOutcome::kExpired;
  }
  NotePut();
  return Store(Traits::Hash(key), key, nullptr, time_to_live, nullptr);
}

template <typename K, typename V, typename Traits>
template <LookupKey<K> Q>
bool Cache<K, V, Traits>::Erase(const Q& key) {
  const KeyHash hash = Traits::Hash(key);
  Part& part = PartOf(hash);
  Removed removed;
  bool erased = false;
  {
    const std::lock_guard hold(part.shard.lock);
    Overtake(part, hash, key, nullptr);
    if (const Slot slot = part.shard.Find(hash, key); slot != kNoSlot) {
      part.shard.Remove(slot, RemovalReason::kErased, removed);
      erased = true;
    }
  }
  Tell(removed);
  return erased;
}

template <typename K, typename V, typename Traits>
template <typename Predicate>
std::size_t Cache<K, V, Traits>::EraseIf(Predicate&& predicate) {
  std::size_t erased = 0;
  for (const std::unique_ptr<Part>& part : parts_) {
    Removed removed;
    {
      const std::lock_guard hold(part->shard.lock);
      std::vector<Slot> chosen;
      part->shard.ForEach([&](Slot slot, const auto& entry) {
        if (predicate(entry.key, entry.state == EntryState::kValue ? &entry.value : nullptr)) {
          chosen.push_back(slot);
        }
      });
      for (const Slot slot : chosen) {
        part->shard.Remove(slot, RemovalReason::kErased, removed);
      }
      // What is being loaded was asked for before; whether it would be chosen is not known.
      for (const auto& [hash, flight] : part->flights) {
        flight->overtaken = true;
      }
      part->flights.clear();
      erased += chosen.size();
    }
    Tell(removed);
  }
  return erased;
}

// ---- seeing

template <typename K, typename V, typename Traits>
CacheStats Cache<K, V, Traits>::Stats() const {
  CacheStats stats;
  stats.policy_switches = policy_switches_.load(std::memory_order_relaxed);
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    const typename Shard::Counts& counts = part->shard.counts;
    stats.hits += part->shard.hits();
    stats.hits_negative += counts.hits_negative;
    stats.hits_stale += counts.hits_stale;
    stats.misses += counts.misses;
    stats.insertions += counts.insertions;
    stats.refusals_too_large += counts.refusals_too_large;
    stats.refusals_pinned += counts.refusals_pinned;
    for (std::size_t i = 0; i < kRemovalReasons; ++i) {
      stats.removals[i] += counts.removals[i];
    }
    stats.loads += part->loads;
    stats.loads_failed += part->loads_failed;
    stats.loads_joined += part->loads_joined;
    stats.load_time += part->load_time;
    stats.pinned += part->shard.pinned();
    stats.policy = part->shard.policy().name();
  }
  stats.bypasses = bypasses_.load(std::memory_order_relaxed);
  stats.bypassing = bypassing_.load(std::memory_order_relaxed);
  stats.entries = budget_.entries();
  stats.entries_max = budget_.entries_max();
  stats.bytes = Bytes(budget_.bytes());
  stats.bytes_max = Bytes(budget_.bytes_max());
  return stats;
}

template <typename K, typename V, typename Traits>
template <typename Fn>
void Cache<K, V, Traits>::ForEach(Fn&& fn) const {
  const Duration::rep now = clock_.Now().time_since_epoch().count();
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    std::as_const(part->shard).ForEach([&](Slot, const auto& entry) {
      if (entry.state == EntryState::kValue && now < entry.expires) {
        fn(entry.key, entry.value);
      }
    });
  }
}

template <typename K, typename V, typename Traits>
std::vector<std::pair<K, V>> Cache<K, V, Traits>::Snapshot() const {
  const Duration::rep now = clock_.Now().time_since_epoch().count();
  std::vector<std::pair<K, V>> all;
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    for (const Slot slot : part->shard.ColdestFirst()) {
      const auto& entry = part->shard.entry(slot);
      if (entry.state == EntryState::kValue && now < entry.expires) {
        all.emplace_back(entry.key, entry.value);
      }
    }
  }
  return all;
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::CheckInvariants() const {
  const std::lock_guard hold(maintain_mutex_);
  std::vector<std::unique_lock<ShardLock>> locks;  // in order of the shards, as nobody else takes two
  std::uint64_t bytes = own_bytes_;
  std::size_t entries = 0;
  for (const std::unique_ptr<Part>& part : parts_) {
    locks.emplace_back(part->shard.lock);
    part->shard.FlushHits();
    part->shard.CheckInvariants();
    bytes += part->shard.overhead() + part->shard.owned();
    entries += part->shard.entries() + part->shard.detached();
  }
  ATTUNE_CHECK(bytes == budget_.bytes() && entries == budget_.entries(), "the budget is the sum of its shards");
}

}  // namespace attune::cache

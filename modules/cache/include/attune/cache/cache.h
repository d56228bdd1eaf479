#pragma once
// Cache<K, V>: values that are cheaper to keep than to make again, within limits that hold.
//
//   Cache<std::string, std::string> pages(clock, {.entries_max = 10'000, .bytes_max = 64_MiB, .time_to_live = 5min});
//   pages.Put("/", Render("/"));
//   if (const std::optional<std::string> page = pages.Get("/")) Send(*page);
//   Result<std::string> page = pages.GetOrLoad("/", [] { return Render("/"); });   // one Render, however many ask
//
// Limits     entries and bytes both hold over all shards: entries and what they own at every moment, what tables have
//            grown by when the call returns. Bytes are everything, the cache's own tables included. What is larger than
//            the cache is refused, and Put says so.
// Time       an entry is gone exactly at its time for whoever reads; its memory follows within a millisecond of the
//            next Put or Maintain. GetOrLoad may be given stale values (CacheConfig::stale_for).
// Eviction   by the configured policy, or, without one, by the policy that small simulations
//            on a sample of the accesses find best (policy_selector.h). Moving to another keeps the entries.
// Worth      GetOrLoad measures hits and loads; where loading is cheaper it goes past the cache (worth.h).
// Ownership  owns keys and values. Get copies a value out: keep what is large behind a
//            std::shared_ptr<const T>, or look at it in place with Read or Pin.
//            Borrows the clock, the journal and what the hooks refer to; they outlive it.
// Threads    every member is thread-safe, construction and destruction aside. The destructor waits for
//            refreshes in the background. Values are destroyed and listeners called without any lock; `fn` of Read and
//            ForEach and the predicate of EraseIf run under a shard's lock and must not call this cache.
// Cost       Get 6 to 12 ns for 64-bit keys while the entries fit the processor's caches, an evicting Put 40 to 90 ns,
//            as long as one thread alone uses the shard (README.md has the table, and what choosing costs while it
//            learns). A plain hit is inlined, 250 bytes of code at each call of Get. Resize and
//            Shrink are O(entries), one shard after the other; a change of policy holds
//            each shard for O(its entries). A clock is read only for entries with a time.
// Errors     kNotFound for what is known to be absent, kConflict for a loader that waits for itself,
//            kUnavailable for one that throws, and whatever loaders answer. What copying a value throws goes to whom
//            the copy was for. Callbacks other than loaders must not
//            throw. REQUIRES of all: Validate(config).ok().

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/benefit_estimate.h"
#include "attune/cache/cache_config.h"
#include "attune/cache/cache_shard.h"
#include "attune/cache/cache_stats.h"
#include "attune/cache/cache_traits.h"
#include "attune/cache/load_waits.h"
#include "attune/cache/loaded.h"
#include "attune/cache/policy_selector.h"
#include "attune/cache/worth.h"
#include "attune/control/journal.h"

namespace attune::cache {

// Runs a function some time later on another thread, like an executor's Submit. False: it
// will not run. A function that is destroyed without having run counts as not run.
using Background = std::function<bool(std::function<void()>)>;

template <typename K, typename V>
struct CacheHooks {
  // Called once for each entry that has left, by the thread that made it leave. Null: a remembered absence.
  std::function<void(const K&, const V*, RemovalReason)> removed;
  Background background;                // refreshes stale values, runs simulations; without it callers do so themselves
  control::Journal* journal = nullptr;  // told of changes of policy and of bypassing
};

template <typename K, typename V, typename Traits = CacheTraits<K, V>>
class Cache {
  static_assert(std::is_nothrow_move_constructible_v<K> && std::is_nothrow_move_constructible_v<V>,
                "entries move when the cache shrinks, which cannot fail half-way");

 public:
  using key_type = K;
  using mapped_type = V;
  using Hooks = CacheHooks<K, V>;
  class Pinned;

  // REQUIRES: Validate(config).ok().
  explicit Cache(const Clock& clock, CacheConfig config = {}, Hooks hooks = {});
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache();  // REQUIRES: no pins are left

  // ---- looking up

  template <LookupKey<K> Q>
  std::optional<V> Get(const Q& key);

  // Calls `fn(const V&)` on the value where it lies. False: there is none.
  template <LookupKey<K> Q, typename Fn>
  bool Read(const Q& key, Fn&& fn);

  // Keeps the entry from being evicted, and its value where it is, until the answer ends. Empty when there is no
  // value. A pinned entry counts against the limits as before; replaced or erased, it lives on for its pins alone.
  template <LookupKey<K> Q>
  Pinned Pin(const Q& key);

  // Without counting as an access.
  template <LookupKey<K> Q>
  bool Contains(const Q& key) const;
  template <LookupKey<K> Q>
  bool KnownAbsent(const Q& key) const;
  template <LookupKey<K> Q>
  std::optional<V> Peek(const Q& key) const;

  // ---- storing

  PutOutcome Put(K key, V value) { return Put(std::move(key), std::move(value), config_.time_to_live); }
  // A time to live that is not positive stores nothing and removes what was there.
  PutOutcome Put(K key, V value, Duration time_to_live);
  // Remembers that there is no value.
  PutOutcome PutAbsent(K key) { return PutAbsent(std::move(key), config_.negative_time_to_live); }
  PutOutcome PutAbsent(K key, Duration time_to_live);

  template <LookupKey<K> Q>
  bool Erase(const Q& key);
  // `predicate(const K&, const V*)`; null is a remembered absence. Answers how many have left.
  template <typename Predicate>
  std::size_t EraseIf(Predicate&& predicate);
  void Clear() {
    EraseIf([](const K&, const V*) { return true; });
  }

  // ---- loading

  // The value, or what `loader()` brings (loaded.h says in which shapes). Who asks meanwhile waits for the same load
  // and gets the same answer. Errors are not kept. An answer that was overtaken by a Put, Erase or Clear of its key is
  // given to those who wait and not stored.
  //
  // Where CacheConfig::may_bypass and loading is cheaper, `loader` is asked each time; not once anything has been Put,
  // which it may not know of.
  //
  // With stale_for and a background, `loader` outlives the call: let it own what it captures.
  template <LookupKey<K> Q, typename Loader>
  Result<V> GetOrLoad(const Q& key, Loader loader);

  // ---- shape

  // Evicts down to new limits, or makes room for more, in use. Bytes below bytes_least() are kInvalidArgument, and
  // nothing changes.
  Status Resize(CacheLimits limits);
  // The fewest bytes that its shards can work with. Constant: they and their tables' steps suit the first limits.
  Bytes bytes_least() const noexcept {
    return std::max(kCacheBytesMin, parts_.front()->shard.bytes_least() * parts_.size());
  }
  // Gives back at least `wanted` if there is so much, and answers how much it was. The limits stay.
  Bytes Shrink(Bytes wanted) { return ShrinkBefore(wanted, TimePoint::max()); }
  // The same, but ends with the shard in which `deadline` passes; the next call goes on with the one after it.
  Bytes ShrinkBefore(Bytes wanted, TimePoint deadline);
  // Ends the choosing, if there was any.
  void UsePolicy(PolicyKind kind);
  // Removes what has expired, runs what simulations have waited for, and measures. Every second or so
  // is enough, and never is allowed: stores expire and lookups simulate what they must.
  void Maintain();

  // ---- seeing

  std::size_t size() const noexcept { return budget_.entries(); }
  Bytes bytes() const noexcept { return Bytes(budget_.bytes()); }
  CacheLimits limits() const noexcept { return {budget_.entries_max(), Bytes(budget_.bytes_max())}; }
  const std::string& name() const noexcept { return config_.name; }
  CacheStats Stats() const;
  // Seconds of loading that one more MiB would save in a second, measured between the last two calls of Maintain. A
  // cache whose size has changed since is taken to save less the larger it is, like 1/size: whoever gives it memory
  // several times between two measurements then does not go on for what the first gift has brought already.
  double marginal_benefit() const noexcept { return PerByte(benefit_times_bytes_); }
  // The same for one MiB less. While nothing has to leave, more saves nothing and less costs, at most what an average
  // MiB saves: then the two differ.
  double marginal_loss() const noexcept { return PerByte(loss_times_bytes_); }
  // False while it fills for the first time: then neither says anything.
  bool benefit_known() const noexcept { return benefit_known_.load(std::memory_order_relaxed); }
  // Something had to leave for the limits between the last two calls of Maintain.
  bool pressed() const noexcept { return pressed_.load(std::memory_order_relaxed); }
  // `fn(const K&, const V&)` for every value that has not expired, shard by shard.
  template <typename Fn>
  void ForEach(Fn&& fn) const;
  // Copies, the next to be evicted in front of each shard's part.
  std::vector<std::pair<K, V>> Snapshot() const;

  void CheckInvariants() const;  // O(entries), for tests

 private:
  using Shard = CacheShard<K, V, Traits>;
  using Removed = typename Shard::Removed;

  // A load that runs, or that waits in the background for its turn.
  struct Flight {
    explicit Flight(K flight_key) : key(std::move(flight_key)) {}
    const K key;
    LoadTicket ticket;
    bool started = false;                     // guarded by the shard's lock; nobody waits before
    bool overtaken = false;                   // guarded by the shard's lock
    std::optional<Result<Loaded<V>>> answer;  // written before, read after the ticket is done
  };
  using FlightPtr = std::shared_ptr<Flight>;

  struct alignas(64) Part {
    Part(Budget& budget, const ShardSetup& setup, TimePoint now) : shard(budget, setup, now) {}
    Shard shard;
    // All guarded by shard.lock.
    std::uint32_t sampled_below = 0;      // the low half of the hashes that are sampled; 0: none
    std::uint64_t review_at = kNoReview;  // misses of the shard at which the selector wants to know
    std::unordered_multimap<KeyHash, FlightPtr> flights;
    std::vector<KeyHash> samples;  // allocated while something is sampled
    std::uint64_t loads = 0;
    std::uint64_t loads_failed = 0;
    std::uint64_t loads_joined = 0;
    Duration load_time = Duration(0);
    // Counts lookups roughly, without the lock: which of them are measured does not matter.
    std::atomic<std::uint32_t> lookups_to_measure{0};
  };

  template <typename Loader>
  struct Refresh;
  struct Landing;

  // Of one thread: loads past a cache of this type within each other. A loader that asks for its own key would go on
  // for ever; below so many it takes the usual way, where that is found out.
  static constexpr std::uint32_t kBypassesWithinMax = 16;
  static inline thread_local std::uint32_t bypasses_within_ = 0;
  struct BypassWithin {
    BypassWithin() noexcept { ++bypasses_within_; }
    ~BypassWithin() { --bypasses_within_; }
    BypassWithin(const BypassWithin&) = delete;
    BypassWithin& operator=(const BypassWithin&) = delete;
  };

  static constexpr int kEvictingRoundsMax = 64;
  static constexpr std::uint64_t kNoReview = ~std::uint64_t{0};

  // One of these many calls of GetOrLoad is timed: two readings of the clock are not felt then.
  static constexpr std::uint32_t kMeasuredOneOf = 64;

  enum class Role : std::uint8_t { kAnswered, kRefresh, kLoad, kJoin };
  struct Boarding {
    Role role = Role::kAnswered;
    std::optional<V> value;
    bool absent = false;
    FlightPtr flight;
  };

  static constexpr std::size_t kSelectorEntriesMax = std::size_t{1} << 40U;  // more than any memory holds
  static constexpr std::size_t kSamplesKept = 4 * PolicySelector::kBatch;    // while nobody has time for them
  static constexpr std::size_t kAdoptedMax = std::size_t{64} << 10U;         // entries; more would hold up their shards

  Part& PartOf(KeyHash hash) const noexcept {
    if (only_part_ != nullptr) [[likely]] {
      return *only_part_;  // known before the hash is
    }
    return *parts_[(hash >> 32U) & part_mask_];
  }
  TimePoint ExpiresAt(KeyHash hash, TimePoint now, Duration time_to_live) const noexcept;
  void Tell(Removed& removed) const;

  // Of the owner of a shard's lock, who has entered it.
  struct OwnersVisit {
    Shard& shard;
    ~OwnersVisit() { shard.lock.LeaveAsOwner(); }
  };

  template <typename Q, typename Use>
  auto Visit(const Q& key, Use use);
  template <typename Q, typename Use>
  auto VisitFurther(Part& part, bool entered, KeyHash hash, Q key, Use use);
  static bool IsSampled(const Part& part, KeyHash hash) noexcept {
    return static_cast<std::uint32_t>(hash) < part.sampled_below;
  }
  template <typename Q>
  void AfterAccess(Part& part, KeyHash hash, const Q& key, bool simulate, bool gone);
  bool NoteSample(Part& part, KeyHash hash, bool hit);
  bool TakeSample(Part& part, KeyHash hash);
  PutOutcome Store(KeyHash hash, K& key, V* value, Duration time_to_live, const Flight* own);
  bool MakeRoomElsewhere(const Part& here, bool bytes, Removed& removed);  // bytes, or an entry
  bool KeepBytesLimit(Part& here, Removed& removed);
  bool AnyPinned() const;
  bool GiveOne(std::size_t entries_max, Removed& removed);
  template <typename Q>
  void Overtake(Part& part, KeyHash hash, const Q& key, const Flight* own);

  template <typename Q>
  Boarding Board(Part& part, KeyHash hash, const Q& key, bool& gone);
  template <typename Q>
  FlightPtr FindFlight(const Part& part, KeyHash hash, const Q& key) const;
  void RemoveFlight(Part& part, KeyHash hash, const FlightPtr& flight);
  bool Claim(Part& part, Flight& flight);
  template <typename Loader>
  Result<V> Fly(Part& part, KeyHash hash, const FlightPtr& flight, Loader& loader, Duration* taken = nullptr);
  void Land(Part& part, KeyHash hash, const FlightPtr& flight);
  Result<V> Join(const FlightPtr& flight);
  Result<V> AnswerOf(const Result<Loaded<V>>& answer) const;
  template <typename Loader>
  Result<V> RefreshStale(Part& part, KeyHash hash, Boarding& boarding, Loader& loader);
  void NotePut() noexcept;
  bool MayBypass() const noexcept { return config_.may_bypass && !has_puts_.load(std::memory_order_relaxed); }
  template <typename Loader>
  Result<V> Bypass(Part& part, Loader& loader);
  static bool Measures(Part& part) noexcept;
  template <typename Observe>
  void Weigh(Observe&& observe);
  void UpdateBenefit(TimePoint now);  // REQUIRES maintain_mutex_
  double PerByte(const std::atomic<double>& times_bytes) const noexcept {
    return times_bytes.load(std::memory_order_relaxed) /
           static_cast<double>(std::max<std::uint64_t>(budget_.bytes(), 1));
  }
  void BeginBackgroundTask();
  void EndBackgroundTask();
  Error AbsentError() const { return {ErrorCode::kNotFound, "cache '" + config_.name + "': known to be absent"}; }

  Error OverLimitsError() const;
  void EvictDownTo(std::size_t entries_max, std::uint64_t bytes_max, TimePoint deadline = TimePoint::max());
  void SimulateSoon();
  // These REQUIRE maintain_mutex_. What they remove is told, and destroyed, when it is held no longer.
  void Simulate(Removed& removed);
  void TellSelectorSize(Removed& removed);
  LiveCounts CountLive() const;
  bool ReviewLive(Removed& removed);
  void PostponeReview();
  void AdoptResidents();
  void SimulateSamples();
  void TellParts();
  static std::size_t SimulatedFor(Bytes bytes_max);
  void MakeSelector(std::size_t entries_max, Bytes bytes_max);
  void FitSelector(Removed& removed);
  void SwitchPolicy(PolicyKind kind, Removed& removed);
  void Journal(const PolicyChange& change) const;
  std::uint64_t OwnBytes() const noexcept;
  void ChargeOwn(Removed& removed);
  bool TakeOwn(std::uint64_t bytes);
  bool EvictForOwn(Removed& removed);

  const Clock& clock_;
  const CacheConfig config_;
  const Hooks hooks_;
  mutable Budget budget_;
  std::size_t part_mask_ = 0;
  Part* only_part_ = nullptr;  // null where there are several
  std::vector<std::unique_ptr<Part>> parts_;
  std::atomic<std::size_t> gives_next_{0};    // the shard, when another has no room
  std::atomic<std::size_t> shrinks_next_{0};  // the shard, when the cache gives back

  std::atomic<std::uint64_t> policy_switches_{0};

  mutable std::mutex maintain_mutex_;  // taken before any shard's lock; guards the next six
  std::vector<KeyHash> samples_;
  std::uint64_t own_bytes_ = 0;
  std::size_t selector_entries_ = 0;
  LiveCounts reviewed_;                         // what the selector knows of the live cache, in total
  bool chooses_ = !config_.policy.has_value();  // until UsePolicy
  std::unique_ptr<PolicySelector> selector_;    // null: the policy is fixed, or it is too small for choosing
  std::atomic<bool> simulation_waits_{false};

  mutable std::mutex worth_mutex_;  // a leaf; guards the next
  CacheWorth worth_;
  std::atomic<bool> bypassing_{false};
  std::atomic<std::uint64_t> bypasses_{0};
  std::atomic<bool> has_puts_{false};  // what loaders bring may not be what was put

  BenefitEstimate estimate_;  // guarded by maintain_mutex_, and published in the next
  std::atomic<double> benefit_times_bytes_{0};
  std::atomic<double> loss_times_bytes_{0};
  std::atomic<bool> pressed_{false};
  std::atomic<bool> benefit_known_{false};

  mutable std::mutex background_mutex_;  // a leaf: taken under no other lock and over none
  std::condition_variable background_idle_;
  std::size_t background_tasks_ = 0;  // guarded by background_mutex_
};

}  // namespace attune::cache

#include "attune/cache/cache_choosing_impl.h"
#include "attune/cache/cache_impl.h"
#include "attune/cache/cache_loading_impl.h"
#include "attune/cache/cache_shape_impl.h"

// Cache against a map that hears of every removal: a value read is the value stored last, in its time; what was stored,
// has not expired and was not evicted is there; a loader runs exactly when there is nothing to give; the limits hold
// and the parts of the cache agree with each other. An input that ends early goes on with numbers drawn from it, so
// that short inputs fill a cache as well.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/hash.h"
#include "attune/cache/cache.h"

namespace {

using namespace attune;
using namespace attune::cache;
using Key = std::uint8_t;
using Words = Cache<Key, std::string>;
using std::chrono::milliseconds;

// What a key should have. With jitter the moment of its expiry is known only between two.
struct Stored {
  std::optional<std::string> value;  // none: remembered as absent
  TimePoint earliest = TimePoint::max();
  TimePoint latest = TimePoint::max();
};

struct Pin {
  Words::Pinned pin;
  std::string value;
};

class Model {
 public:
  Model(const std::uint8_t* data, std::size_t size)
      : data_(data), left_(size), drawn_(Hash64({reinterpret_cast<const char*>(data), size})) {}

  void Run() {
    const std::uint8_t shape = Next();
    const std::uint8_t times = Next();
    const bool chooses = shape % 5 == 0;
    config_ = {.entries_max = std::size_t{1} + shape % 40,
               .bytes_max = chooses ? kChoosingBytesMin : 64_KiB,
               .time_to_live = times % 2 == 0 ? kForever : Duration(milliseconds(300)),
               .negative_time_to_live = milliseconds(100),
               .stale_for = milliseconds(times % 3 == 0 ? 200 : 0),
               .expiry_jitter = times % 4 == 0 ? 0.25 : 0.0,
               .policy = chooses ? std::nullopt : std::optional(kPolicyKinds[shape % kPolicyKinds.size()]),
               .shards = shape % 3 == 0 ? std::size_t{4} : std::size_t{1}};
    Words cache(clock_, config_,
                {.removed = [this](const Key& key, const std::string* value,
                                   RemovalReason reason) { OnRemoved(key, value, reason); },
                 .background = {}});
    for (int step = 0; step < kSteps; ++step) {
      Step(cache);
      CheckLimits(cache);
      for (const Pin& held : pins_) {
        ATTUNE_CHECK(*held.pin == held.value, "what is pinned stays as it is");
      }
    }
    cache.CheckInvariants();
    pins_.clear();
    cache.CheckInvariants();
    const CacheStats stats = cache.Stats();
    ATTUNE_CHECK(told_ == std::accumulate(stats.removals.begin(), stats.removals.end(), std::uint64_t{0}),
                 "each that left was told once");
    for (int key = 0; key < kKeys; ++key) CheckGet(cache, static_cast<Key>(key));
  }

 private:
  static constexpr int kSteps = 300;
  static constexpr int kKeys = 64;

  std::uint8_t Next() {
    if (left_ == 0) {
      return static_cast<std::uint8_t>(drawn_());
    }
    --left_;
    return *data_++;
  }

  const Stored* Find(Key key) const {
    const auto found = stored_.find(key);
    return found == stored_.end() ? nullptr : &found->second;
  }
  bool MayBe(const Stored* stored) const { return stored != nullptr && clock_.Now() < stored->latest; }
  bool MustBe(const Stored* stored) const { return stored != nullptr && clock_.Now() < stored->earliest; }

  // Both limits hold at every moment; only tables may grow above the bytes, when nothing is left that may go.
  static void CheckLimits(const Words& cache) {
    ATTUNE_CHECK(cache.size() <= cache.limits().entries_max, "the entry limit holds, pinned entries included");
    ATTUNE_CHECK(cache.bytes() <= cache.limits().bytes_max || cache.Stats().pinned == cache.size(),
                 "the byte limit holds");
  }

  void OnRemoved(Key key, const std::string* value, RemovalReason reason) {
    ++told_;
    const auto found = stored_.find(key);
    const bool is_last = found != stored_.end() && found->second.value.has_value() == (value != nullptr) &&
                         (value == nullptr || *found->second.value == *value);
    if (!is_last || reason == RemovalReason::kReplaced || reason == RemovalReason::kErased) {
      return;  // of what was there before; who replaces and erases knows
    }
    const bool early = reason == RemovalReason::kExpired && clock_.Now() < found->second.earliest;
    ATTUNE_CHECK(!early || value == nullptr, "nothing expires early");
    if (!early) stored_.erase(found);  // else it was the absence before this one: they look the same
  }

  Stored Make(std::optional<std::string> value, Duration time_to_live) const {
    Stored stored{.value = std::move(value)};
    if (time_to_live != kForever) {
      const auto early = static_cast<Duration::rep>(config_.expiry_jitter * static_cast<double>(time_to_live.count()));
      stored.latest = clock_.Now() + time_to_live;
      stored.earliest = stored.latest - Duration(early);
    }
    return stored;
  }
  std::string Value() { return std::string(std::size_t{Next()} * Next() / 8, 'x') + std::to_string(++version_); }

  void Put(Words& cache, Key key, Duration time_to_live) {
    const std::string value = Value();
    stored_[key] = Make(value, time_to_live);
    if (!attune::cache::Stored(cache.Put(key, value, time_to_live))) stored_.erase(key);
  }
  void PutAbsent(Words& cache, Key key) {
    const bool kept = attune::cache::Stored(cache.PutAbsent(key));
    ATTUNE_CHECK(kept || !cache.KnownAbsent(key), "what is refused is not there");
    NoteAbsent(cache, key);
  }

  // Absences look the same to the listener: whether it was this one that left is asked.
  void NoteAbsent(const Words& cache, Key key) {
    stored_.erase(key);
    if (cache.KnownAbsent(key)) stored_[key] = Make(std::nullopt, config_.negative_time_to_live);
  }

  void CheckGet(Words& cache, Key key) {
    const Stored before = Find(key) != nullptr ? *Find(key) : Stored{.value = {}, .earliest = {}, .latest = {}};
    const std::optional<std::string> value = cache.Get(key);
    if (value.has_value()) {
      ATTUNE_CHECK(MayBe(&before) && before.value == value, "the value is the last one stored, in its time");
    } else {
      ATTUNE_CHECK(!MustBe(&before) || !before.value.has_value(), "what was stored and did not leave is there");
    }
  }
  void CheckAbsence(const Words& cache, Key key) {
    const Stored* const stored = Find(key);
    if (cache.KnownAbsent(key)) {
      ATTUNE_CHECK(MayBe(stored) && !stored->value.has_value(), "only what was said to be absent is known to be");
    } else {
      ATTUNE_CHECK(!MustBe(stored) || stored->value.has_value(), "absence is remembered for its time");
    }
  }

  void Load(Words& cache, Key key) {
    const std::uint8_t kind = Next();
    const Stored before = Find(key) != nullptr ? *Find(key) : Stored{.value = {}, .earliest = {}, .latest = {}};
    const bool was_known = Find(key) != nullptr;
    bool ran = false;
    Stored loaded;
    const auto loader = [&]() -> Result<Loaded<std::string>> {
      ran = true;
      if (kind % 5 == 0) return Error(ErrorCode::kUnavailable, "no answer");
      if (kind % 5 == 1) {
        return Loaded<std::string>{};
      }
      loaded = Make(Value(), config_.time_to_live);
      stored_[key] = loaded;
      return Loaded<std::string>{loaded.value, std::nullopt};
    };
    const Result<std::string> answer = cache.GetOrLoad(key, loader);
    if (!ran) {
      ATTUNE_CHECK(was_known && MayBe(&before), "without a load there was something to give");
      ATTUNE_CHECK(before.value.has_value() ? answer.ok() && *answer == *before.value
                                            : !answer.ok() && answer.error().code() == ErrorCode::kNotFound,
                   "and it is what was given");
      return;
    }
    ATTUNE_CHECK(!was_known || !MustBe(&before), "what is there is not loaded again");
    if (kind % 5 == 0) {
      const bool may_be_stale =
          was_known && before.value.has_value() && clock_.Now() < before.latest + config_.stale_for;
      ATTUNE_CHECK(!answer.ok() || (may_be_stale && *answer == *before.value), "an error, or what is not too stale");
      return;
    }
    ATTUNE_CHECK(loaded.value.has_value() ? answer.ok() && *answer == *loaded.value : !answer.ok(), "what was loaded");
    if (!loaded.value.has_value()) {
      return NoteAbsent(cache, key);
    }
    // What is too large for the cache is answered and not kept.
    if (Find(key) != nullptr && !cache.Contains(key)) {
      ATTUNE_CHECK(cache.Stats().refusals_too_large + cache.Stats().refusals_pinned > 0, "loads are kept");
      stored_.erase(key);
    }
  }

  void EraseOdd(Words& cache) {
    cache.EraseIf([](const Key& key, const std::string*) { return key % 2 == 1; });
    std::erase_if(stored_, [](const auto& entry) { return entry.first % 2 == 1; });
  }

  void Step(Words& cache) {
    const std::uint8_t operation = Next();
    const Key key = Next() % kKeys;
    switch (operation % 18) {
      case 0:
      case 1:
      case 2:
        return Put(cache, key, kForever);
      case 3:
        return Put(cache, key, milliseconds(1 + Next()));
      case 4:
        return PutAbsent(cache, key);
      case 5:
      case 6:
      case 7:
        return Load(cache, key);
      case 8:
        return clock_.Advance(milliseconds(Next()));
      case 9:
        cache.Erase(key);
        stored_.erase(key);
        ATTUNE_CHECK(!cache.Contains(key), "what was erased is gone");
        return;
      case 10:
        if (auto pin = cache.Pin(key)) {
          ATTUNE_CHECK(MayBe(Find(key)) && Find(key)->value == *pin, "a pin shows the last value");
          pins_.push_back({std::move(pin), *Find(key)->value});
        }
        return;
      case 11:
        return pins_.clear();
      case 12:
        pins_.clear();
        cache.Shrink(Bytes(std::uint64_t{Next()} * 64));
        return;
      case 13:
        pins_.clear();  // or what is pinned may be above the new limits
        (void)cache.Resize({.entries_max = std::size_t{1} + Next() % 60, .bytes_max = config_.bytes_max});
        return;
      case 14:
        return Next() % 8 == 0 ? cache.UsePolicy(kPolicyKinds[Next() % kPolicyKinds.size()]) : cache.Maintain();
      case 15:
        return Next() % 8 == 0 ? EraseOdd(cache) : CheckAbsence(cache, key);
      default:
        return CheckGet(cache, key);
    }
  }

  const std::uint8_t* data_;
  std::size_t left_;
  std::mt19937_64 drawn_;
  ManualClock clock_;
  CacheConfig config_;
  std::map<Key, Stored> stored_;
  std::vector<Pin> pins_;  // end before the cache
  std::uint64_t version_ = 0;
  std::uint64_t told_ = 0;  // by the listener
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Model(data, size).Run();
  return 0;
}

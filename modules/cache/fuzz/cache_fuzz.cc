// Cache against a map: whatever the operations, a value read is the value stored last, nothing lives past its
// time, the limits hold and the parts of the cache agree with each other. An input that ends early goes on with
// numbers drawn from it, so that short inputs fill a cache as well.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/hash.h"
#include "attune/cache/cache.h"

namespace {

using namespace attune;
using namespace attune::cache;
using Words = Cache<std::uint8_t, std::string>;

struct Stored {
  std::string value;
  TimePoint expires = TimePoint::max();
};

class Model {
 public:
  Model(const std::uint8_t* data, std::size_t size)
      : data_(data), left_(size), drawn_(Hash64({reinterpret_cast<const char*>(data), size})) {}

  void Run() {
    const std::uint8_t shape = Next();
    Words cache(clock_, {.entries_max = std::size_t{1} + shape % 40,
                         .bytes_max = 64_KiB,
                         .policy = kPolicyKinds[shape % kPolicyKinds.size()],
                         .shards = shape % 3 == 0 ? std::size_t{4} : std::size_t{1}});
    std::vector<Words::Pinned> pins;
    for (int step = 0; step < kSteps; ++step) {
      Step(cache, pins);
      ATTUNE_CHECK(cache.size() <= cache.limits().entries_max || !pins.empty(), "the entry limit holds");
      ATTUNE_CHECK(cache.bytes() <= cache.limits().bytes_max || !pins.empty(), "the byte limit holds");
    }
    cache.CheckInvariants();
    pins.clear();
    cache.CheckInvariants();
  }

 private:
  static constexpr int kSteps = 300;

  std::uint8_t Next() {
    if (left_ == 0) {
      return static_cast<std::uint8_t>(drawn_());
    }
    --left_;
    return *data_++;
  }

  bool Alive(std::uint8_t key) const {
    const auto it = stored_.find(key);
    return it != stored_.end() && clock_.Now() < it->second.expires;
  }

  void Store(Words& cache, std::uint8_t key, Duration time_to_live) {
    Stored stored{std::string(std::size_t{Next()} * Next() / 8, 'x') + std::to_string(++version_)};
    if (time_to_live != kForever) {
      stored.expires = clock_.Now() + time_to_live;
    }
    const PutOutcome outcome = cache.Put(key, stored.value, time_to_live);
    if (attune::cache::Stored(outcome)) {
      stored_[key] = stored;
    } else {
      stored_.erase(key);
    }
  }

  void Step(Words& cache, std::vector<Words::Pinned>& pins) {
    const std::uint8_t operation = Next();
    const std::uint8_t key = Next() % 64;
    switch (operation % 12) {
      case 0:
      case 1:
      case 2:
        Store(cache, key, kForever);
        break;
      case 3:
        Store(cache, key, std::chrono::milliseconds(1 + Next()));
        break;
      case 4:
        clock_.Advance(std::chrono::milliseconds(Next()));
        break;
      case 5:
        cache.Erase(key);
        ATTUNE_CHECK(!cache.Contains(key), "what was erased is gone");
        stored_.erase(key);
        break;
      case 6:
        pins.push_back(cache.Pin(key));
        break;
      case 7:
        pins.clear();
        cache.Shrink(Bytes(std::uint64_t{Next()} * 64));
        break;
      case 8:
        pins.clear();
        (void)cache.Resize({.entries_max = std::size_t{1} + Next() % 60, .bytes_max = 64_KiB});
        break;
      case 9:
        cache.UsePolicy(kPolicyKinds[Next() % kPolicyKinds.size()]);
        break;
      case 10:
        cache.Maintain();
        break;
      default:
        if (const std::optional<std::string> value = cache.Get(key); value.has_value()) {
          ATTUNE_CHECK(Alive(key) && stored_.at(key).value == *value, "the value is the last one stored, in its time");
        }
    }
  }

  const std::uint8_t* data_;
  std::size_t left_;
  std::mt19937_64 drawn_;
  ManualClock clock_;
  std::map<std::uint8_t, Stored> stored_;
  std::uint64_t version_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Model(data, size).Run();
  return 0;
}

#pragma once
// CacheWorth: whether looking values up is cheaper than making them again.
//
//   CacheWorth worth;
//   if (auto change = worth.Hit(25ns)) Apply(*change);         // of one lookup in some: what it cost
//   if (auto change = worth.Miss(40us, 90ns)) Apply(*change);  // the load; looking and storing
//   if (auto change = worth.Bypassed(60ns)) Apply(*change);    // while bypassing: the load alone
//
// With hit ratio h, caching costs h * hit + (1 - h) * (load + besides) for each lookup and not caching costs load.
// A window of observations decides; bypassing begins when caching costs at least `margin` times as much, and
// ends for a trial after a while: the first window of a trial only fills the cache, the second decides. Each failed
// trial doubles the wait for the next, up to `wait_windows_max`. A window of nothing but hits is decided with what a
// load cost last: a warm cache of something cheap bypasses as well.
//
// Decides only  No clock, thread or cache; the same observations give the same answers. Times of zero (a clock
//               that stands still) never lead to bypassing.
// Threads       none: guarded by its owner.
// Cost          O(1), 100 bytes.

#include <cstdint>
#include <optional>
#include <string>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::cache {

struct WorthConfig {
  std::uint32_t window = 256;           // observations for one decision; more is surer and later
  double margin = 1.25;                 // how much dearer caching must be: small differences are noise
  std::uint32_t wait_windows_max = 64;  // windows of bypassed lookups between two trials, at most
  std::optional<Duration> hit_cost;     // told instead of measured
  std::optional<Duration> load_cost;    // told instead of measured
};

// kInvalidArgument names the field that makes no sense.
Status Validate(const WorthConfig& config);

struct WorthChange {
  bool bypass = false;  // from now on
  double caching_ns = 0;
  double loading_ns = 0;
  double hit_ratio = 0;

  std::string Reason() const;  // "a lookup costs 180 ns with the cache and 60 ns without, 12 % of them hits"
};

class CacheWorth {
 public:
  explicit CacheWorth(WorthConfig config = {}) : config_(config) {}

  std::optional<WorthChange> Hit(Duration cost);
  std::optional<WorthChange> Miss(Duration load, Duration besides);
  std::optional<WorthChange> Bypassed(Duration load);

  bool bypassing() const noexcept { return bypassing_; }

 private:
  std::optional<WorthChange> Decide();
  void BeginWindow();

  const WorthConfig config_;
  bool bypassing_ = false;
  bool warming_ = false;                // the first window of a trial
  std::uint32_t wait_windows_ = 1;      // until the next trial
  std::uint64_t bypassed_ = 0;          // observations since bypassing began
  std::optional<double> last_load_ns_;  // the mean of the last window with loads; none before
  // Of this window:
  std::uint32_t hits_ = 0;
  std::uint32_t misses_ = 0;
  double hit_ns_ = 0;
  double load_ns_ = 0;
  double besides_ns_ = 0;
};

}  // namespace attune::cache

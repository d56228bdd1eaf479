// Keep what is dear to make, and let the cache decide what is worth keeping.
//
// One loader runs however many ask, absence is remembered, an old answer bridges the time until a new
// one is there, and the limits hold.
#include <cstdio>
#include <optional>
#include <string>

#include "attune/base/clock.h"
#include "attune/cache/cache.h"

int main() {
  using namespace attune;
  using namespace std::chrono_literals;

  ManualClock clock;  // SystemClock() in a program; this one lets the example pass time
  cache::Cache<std::string, std::string> capitals(clock, {.name = "capitals",
                                                          .entries_max = 1000,
                                                          .bytes_max = 8_MiB,
                                                          .time_to_live = 5min,
                                                          .negative_time_to_live = 10s,
                                                          .stale_for = 1min});
  int asked = 0;
  // Owns what it captures where a background refreshes: it may run after the call.
  const auto look_up = [&asked](const std::string& country) -> std::optional<std::string> {
    ++asked;
    return country == "Norway" ? std::optional<std::string>("Oslo") : std::nullopt;
  };

  for (int i = 0; i < 3; ++i) {
    const Result<std::string> capital = capitals.GetOrLoad("Norway", [&] { return look_up("Norway"); });
    std::printf("Norway: %s\n", capital.ok() ? capital.value().c_str() : capital.error().message().c_str());
  }
  for (int i = 0; i < 3; ++i) {
    (void)capitals.GetOrLoad("Atlantis", [&] { return look_up("Atlantis"); });
  }
  const bool once_each = asked == 2;

  clock.Advance(5min + 1s);  // past its time, within stale_for: refreshed by this call, since nobody else does it
  const bool fresh = capitals.GetOrLoad("Norway", [&] { return look_up("Norway"); }).ok() && asked == 3;

  const cache::CacheStats stats = capitals.Stats();
  std::printf("%llu hits, %llu misses, %llu loads, %s of %s, policy %s\n", static_cast<unsigned long long>(stats.hits),
              static_cast<unsigned long long>(stats.misses), static_cast<unsigned long long>(stats.loads),
              ToString(stats.bytes).c_str(), ToString(stats.bytes_max).c_str(), stats.policy.c_str());
  return once_each && fresh ? 0 : 1;
}

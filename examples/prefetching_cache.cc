// Load what will be asked for next, before it is asked for.
//
// A gate beside the cache hears of every access, lets prefetchers guess, and names the guesses that are good enough to
// be loaded ahead: here blocks of a file that is read from front to back, several at a time.
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/cache/cache.h"
#include "attune/cache/standard_prefetch.h"

namespace {

using namespace attune;
using cache::AccessOutcome;
using cache::PrefetchKey;

// The cache is thread-safe and the gate is not, so the gate has a lock of its own. Loading happens outside of it.
class BlockReader {
 public:
  explicit BlockReader(const Clock& clock)
      : blocks_(clock, {.name = "blocks", .entries_max = 256}),
        gate_(cache::MakeStandardPrefetch(256, {.key_space = cache::KeySpace::kSpatial},
                                          [this](PrefetchKey key) { return blocks_.Contains(key); })) {}

  std::string Read(PrefetchKey block) {
    bool hit = true;
    const Result<std::string> text = blocks_.GetOrLoad(block, [&] {
      hit = false;
      return Load(block);
    });
    waits_ += hit ? 0 : 1;
    std::vector<PrefetchKey> load_ahead;
    {
      const std::scoped_lock lock(gate_mutex_);
      gate_->OnAccess(block, hit ? AccessOutcome::kHit : AccessOutcome::kMiss, load_ahead);
    }
    // A program gives these to its executor. GetOrLoad, so that who asks meanwhile waits for the same load.
    for (const PrefetchKey ahead : load_ahead) (void)blocks_.GetOrLoad(ahead, [&] { return Load(ahead); });
    return text.ok() ? *text : "";
  }
  int waits() const { return waits_; }
  cache::PrefetchStatistics statistics() const { return gate_->Statistics(); }

 private:
  static std::string Load(PrefetchKey block) { return "block " + std::to_string(block); }

  cache::Cache<PrefetchKey, std::string> blocks_;
  std::mutex gate_mutex_;
  std::unique_ptr<cache::PrefetchGate> gate_;  // guarded by gate_mutex_
  int waits_ = 0;                              // for a load, in the example's one thread
};

}  // namespace

int main() {
  const ManualClock clock;
  BlockReader reader(clock);
  bool right = true;
  constexpr int kBlocks = 10'000;
  for (PrefetchKey block = 0; block < kBlocks; ++block) {
    right = right && reader.Read(block) == "block " + std::to_string(block);
  }
  const cache::PrefetchStatistics statistics = reader.statistics();
  std::printf("%d reads waited for %d loads; %.0f %% of what was loaded ahead was asked for\n", kBlocks, reader.waits(),
              100 * statistics.precision());
  return right && reader.waits() < kBlocks / 10 && statistics.precision() > 0.9 ? 0 : 1;
}

#pragma once
// TemporalPrefetcher: what was read at this time of the cycle is read again in the next one: the
// report at nine o'clock, the page that is opened every Monday.
//
//   TemporalPrefetcher temporal(clock, {.periods = {1h, 24h}});
//
// Algorithm  Our own. Each period is cut into slots; a slot remembers the keys that were read in it
//            and in how many cycles running. When time enters a slot, the keys of the *next* slot
//            are proposed, those with the longest history first, so that loading has one slot of time. Which of
//            the periods is the true one nobody needs to say: each has confidence levels
//            of its own, and the gate finds out which come true.
// Levels     4 for each period: read in 1, 2, 3 or more cycles running. A key proposed for two periods
//            is proposed for the first of them.
// Bounds     periods: 4; slots_max times keys_per_slot_max keys for each period, 32 bytes each. A full slot
//            gives up the key with the shortest history.
// Threads    none, see prefetcher.h. Proposes only when it is asked: a cache that nobody reads
//            is not warmed.
// Cost       one pass over a slot's keys for each period and access (64 keys at most by default).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/cache/prefetcher.h"

namespace attune::cache {

struct TemporalConfig {
  std::vector<Duration> periods = {std::chrono::hours(1), std::chrono::hours(24)};  // candidates, at most 4
  std::size_t slots = 96;              // of a period; more of them time better and give loading less time
  std::size_t keys_per_slot_max = 64;  // more of them cost time on every access
  std::size_t proposals_max = 8;       // for one access and step of depth; the rest comes with the next accesses
};
Status Validate(const TemporalConfig& config);

class TemporalPrefetcher final : public Prefetcher {
 public:
  // `clock` outlives this. REQUIRES: Validate(config).ok().
  explicit TemporalPrefetcher(const Clock& clock, TemporalConfig config = {});

  std::string_view name() const noexcept override { return "temporal"; }
  Bytes bytes() const noexcept override;
  void Observe(PrefetchKey key) override;
  void Propose(std::size_t depth, std::vector<Proposal>& proposals) override;

 private:
  struct Habit {
    PrefetchKey key = 0;
    std::int64_t cycle_last = 0;  // the last cycle in which it was read in this slot
    std::uint32_t cycles = 0;     // running, that one included
  };
  using Slot = std::vector<Habit>;
  struct Cycle {
    Duration period;
    Duration slot_length;
    std::vector<Slot> slots;
    std::int64_t slot_last = -1;  // counted from the clock's zero; what was entered last
  };

  void Remember(Cycle& cycle, std::int64_t slot_number, PrefetchKey key);
  // Queues what is expected in the slot after `slot_number`.
  void Enter(std::size_t index, std::int64_t slot_number);

  const Clock& clock_;
  const TemporalConfig config_;
  std::vector<Cycle> cycles_;
  std::vector<Proposal> waiting_;  // to be proposed, the best last; at most one slot of each period
};

}  // namespace attune::cache

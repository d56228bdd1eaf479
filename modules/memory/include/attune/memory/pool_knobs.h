#pragma once
// PoolKnobs: the size of a pool, turned while it works.
//
//   const PoolKnobs knobs(registry, "memory.anchors", anchors.config());
//   ...
//   knobs.ApplyTo(anchors);                    // before every Trim
//   anchors.Trim(clock.Now());
//
// Ownership  the registry owns the knobs and outlives this.
// Threads    thread-safe, as knobs are.
// Cost       three loads and the pool's lock.

#include <string>

#include "attune/control/knob_registry.h"
#include "attune/memory/slot_pool.h"

namespace attune::memory {

class PoolKnobs {
 public:
  // Registers PREFIX.capacity_initial, .capacity_max (at most what the pool was made with) and .trim_interval.
  PoolKnobs(control::KnobRegistry& registry, const std::string& prefix, const PoolConfig& config);

  // To an ObjectPool or a SlotPool.
  template <typename Pool>
  void ApplyTo(Pool& pool) const {
    pool.SetLimits(initial_.as_count(), max_.as_count(), trim_interval_.as_duration());
  }

  std::size_t capacity_max() const noexcept { return max_.as_count(); }

 private:
  const control::Knob& initial_;
  const control::Knob& max_;
  const control::Knob& trim_interval_;
};

}  // namespace attune::memory

#include "attune/memory/pool_knobs.h"

#include <algorithm>

namespace attune::memory {
namespace {

// In nanoseconds, as knobs are: from a millisecond, below which trimming is all that a pool does, to an hour.
constexpr double kTrimMin = 1e6;
constexpr double kTrimMax = 3.6e12;

double Count(std::size_t n) { return static_cast<double>(n); }

}  // namespace

PoolKnobs::PoolKnobs(control::KnobRegistry& registry, const std::string& prefix, const PoolConfig& config)
    : initial_(registry.Register({.name = prefix + ".capacity_initial",
                                  .domain = control::LinearRange{0, Count(config.capacity_max)},
                                  .whole = true,
                                  .default_value = Count(config.capacity_initial),
                                  .help = "Objects that trimming leaves; more keeps memory for bursts."})),
      max_(registry.Register({.name = prefix + ".capacity_max",
                              .domain = control::LinearRange{1, Count(config.capacity_max)},
                              .whole = true,
                              .default_value = Count(config.capacity_max),
                              .help = "Objects at a time; more allows more memory."})),
      trim_interval_(registry.Register(
          {.name = prefix + ".trim_interval",
           .unit = control::KnobUnit::kDuration,
           .domain = control::LogRange{kTrimMin, kTrimMax},
           .default_value = std::clamp(static_cast<double>(config.trim_interval.count()), kTrimMin, kTrimMax),
           .help = "Time between two trims; shorter gives memory back sooner and builds objects more often."})) {}

}  // namespace attune::memory

#pragma once
// CacheWorld: what every cache of the engine is given.

#include <functional>

#include "attune/base/clock.h"
#include "attune/control/journal.h"

namespace attune::engine {

struct CacheWorld {
  const Clock& clock;
  control::Journal& journal;                              // told of changes of policy
  std::function<bool(std::function<void()>)> background;  // runs simulations beside the accesses
};

}  // namespace attune::engine

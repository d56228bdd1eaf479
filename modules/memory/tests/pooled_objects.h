#pragma once
// What the tests of pools keep in them.

#include <atomic>
#include <chrono>

#include "attune/base/clock.h"
#include "attune/memory/object_pool.h"

namespace attune::memory {

struct Anchor {
  char meta[1024];
  float embedding[384];
};

// Tells how many of it are alive.
struct Counted {
  Counted() { ++alive; }
  ~Counted() { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int value = 7;
  static inline std::atomic<int> alive = 0;
};

inline TimePoint AtSecond(int seconds) { return TimePoint(std::chrono::seconds(seconds)); }

// Built by the first use, a home by the second.
template <typename T>
void MakeHome(ObjectPool<T>& pool) {
  pool.Release(pool.TryAcquire());
  pool.Release(pool.TryAcquire());
}

}  // namespace attune::memory

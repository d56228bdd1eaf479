#pragma once
// SpinLock: one word that is taken with one atomic exchange.
//
//   const std::lock_guard hold(lock);
//
// For sections of some ten nanoseconds, where std::mutex costs twice as much as what it guards
// (its unlock is a second atomic exchange). Who finds it taken spins for about a microsecond and then yields
// its core until it is free: on a machine with fewer cores than threads the holder may be waiting for that core.
//
// Threads    every member is thread-safe. Not recursive, not fair.
// Cost       5 to 6 ns for both ends when nobody else wants it.

#include <atomic>
#include <thread>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::cache {

class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  // Acquire pairs with the release of the unlock before: what the last holder wrote is seen.
  void lock() noexcept {
    if (taken_.exchange(true, std::memory_order_acquire)) [[unlikely]] {
      Wait();
    }
  }
  bool try_lock() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }
  void unlock() noexcept { taken_.store(false, std::memory_order_release); }

 private:
  [[gnu::noinline]] void Wait() noexcept {
    int spins_left = kSpins;
    do {
      // Reading keeps the line shared among those who wait; only who sees it free tries to write.
      while (taken_.load(std::memory_order_relaxed)) {
        if (spins_left > 0) {
          --spins_left;
          Pause();
        } else {
          std::this_thread::yield();
        }
      }
    } while (taken_.exchange(true, std::memory_order_acquire));
  }

  static void Pause() noexcept {
#if defined(__SSE2__)
    _mm_pause();
#endif
  }

  static constexpr int kSpins = 64;  // pauses of 15 to 40 ns: longer than any section but a resize
  std::atomic<bool> taken_{false};
};

}  // namespace attune::cache

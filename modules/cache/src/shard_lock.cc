#include "attune/cache/shard_lock.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <thread>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace attune::cache {
namespace {

constexpr int kSpins = 64;  // pauses of 15 to 40 ns: longer than any section but a resize

bool Membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0, 0) == 0; }

std::uint64_t NextThreadNumber() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

// A few pauses first, then the core for somebody else.
class Patience {
 public:
  void Wait() noexcept {
    if (spins_left_ > 0) {
      --spins_left_;
#if defined(__SSE2__)
      _mm_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }

 private:
  int spins_left_ = kSpins;
};

}  // namespace

ShardLock::ShardLock() noexcept {
  // Asked once in a process; a fork inherits it.
  static const bool registered = Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  owner_.store(registered ? kNobody : kShared, std::memory_order_relaxed);
}

void ShardLock::Take() noexcept {
  Patience patience;
  // Acquire pairs with the release of the unlock before. Reading keeps the line shared among those who wait.
  while (taken_.exchange(true, std::memory_order_acquire)) {
    while (taken_.load(std::memory_order_relaxed)) {
      patience.Wait();
    }
  }
}

void ShardLock::LockShared() noexcept {
  if (this_thread == 0) {
    this_thread = NextThreadNumber();
  }
  std::uint64_t nobody = kNobody;
  if (owner_.load(std::memory_order_relaxed) == kNobody &&
      owner_.compare_exchange_strong(nobody, this_thread, std::memory_order_acq_rel)) {
    lock();  // as the owner now; by the shared way if somebody was quicker
    return;
  }
  Take();
  if (owner_.load(std::memory_order_acquire) != kShared) {
    EndBias();
  }
  biased_ = false;
}

// REQUIRES: this thread has taken_.
void ShardLock::EndBias() noexcept {
  owner_.store(kShared, std::memory_order_release);
  (void)Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  Patience patience;
  while (inside_.load(std::memory_order_acquire)) {
    patience.Wait();
  }
}

}  // namespace attune::cache

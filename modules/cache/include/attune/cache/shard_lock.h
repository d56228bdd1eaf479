#pragma once
// ShardLock: a lock that costs nearly nothing while one thread alone uses it, and one atomic exchange after that.
//
//   const std::lock_guard hold(lock);
//
// The first thread that takes it becomes its owner: it enters and leaves with plain stores. The
// first other thread ends that for good: it names the lock shared, has the kernel put a full barrier on every core
// that runs this process (membarrier), waits until the owner is out, and from then on everybody exchanges
// one word. (Biased locking after Dice, Moir and Scherer, "Quickly Reacquirable Locks", 2003, whose asymmetric Dekker
// protocol this is; they used signals where membarrier is now. Bias is given once, not again.)
// Without an owner's exchange, which is a full barrier, a core may overlap the cache misses of several lookups.
//
// Who finds the lock taken spins for about a microsecond and then yields: on a machine with fewer cores than threads
// the holder may be waiting for that core.
//
// Threads    every member is thread-safe. Not recursive, not fair.
// Cost       plain stores for the owner, one atomic exchange when shared and free; one system call for the change.

#include <atomic>
#include <cstdint>

namespace attune::cache {

class ShardLock {
 public:
  // Shared from the beginning where the kernel has no membarrier.
  ShardLock() noexcept;
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;

  void lock() noexcept {
    if (TryEnterAsOwner()) [[likely]] {
      StayAsOwner();
    } else {
      LockShared();
    }
  }

  void unlock() noexcept {
    if (biased_) [[likely]] {
      inside_.store(false, std::memory_order_release);
    } else {
      taken_.store(false, std::memory_order_release);
    }
  }

  // The owner's way in and out for what is over in a moment: `(TryEnterAsOwner LeaveAsOwner)`, with nothing to remember
  // in between. Or `(TryEnterAsOwner StayAsOwner unlock)`, when it turns out to take longer.
  bool TryEnterAsOwner() noexcept {
    const std::uint64_t self = this_thread;
    if (owner_.load(std::memory_order_relaxed) == self) [[likely]] {
      // The fence keeps the compiler from swapping the two; the membarrier of who takes the bias away keeps the
      // processor from it. Either this sees that the owner has changed, or the other sees that it is inside.
      inside_.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      if (owner_.load(std::memory_order_acquire) == self) [[likely]] {
        return true;
      }
      inside_.store(false, std::memory_order_release);
    }
    return false;
  }
  void LeaveAsOwner() noexcept { inside_.store(false, std::memory_order_release); }
  void StayAsOwner() noexcept { biased_ = true; }

 private:
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};
  static constexpr std::uint64_t kShared = ~std::uint64_t{0} - 1;

  void LockShared() noexcept;
  void Take() noexcept;
  void EndBias() noexcept;

  // Numbers of threads are never used twice, so that a new thread is not taken for one that has ended. 0: none yet.
  // Without the attribute, position-independent code calls a function for its address, and a hit saves six registers.
  [[gnu::tls_model("initial-exec")]] static thread_local constinit inline std::uint64_t this_thread = 0;

  std::atomic<std::uint64_t> owner_;
  std::atomic<bool> inside_{false};  // the owner is
  std::atomic<bool> taken_{false};   // somebody is, who came by the shared way
  bool biased_ = false;              // how the holder came; written by the holder
};

}  // namespace attune::cache

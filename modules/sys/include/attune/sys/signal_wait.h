#pragma once
// SignalWait: turns SIGINT and SIGTERM into something a thread can wait for, so
// that shutting down is ordinary code and not a signal handler.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto stop, SignalWait::Create());  // before any thread starts
//   const int signal = stop->Wait();                           // SIGINT, SIGTERM, or what Trigger said
//
// REQUIRES   Create before other threads start: they inherit the blocked signals.
// Ownership  the destructor discards pending ones and restores the creator's mask;
//            it runs on the thread that called Create.
// Threads    Wait and Trigger are thread-safe; each signal wakes one waiter.
// Cost       two file descriptors.

#include <signal.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::sys {

class SignalWait {
 public:
  static Result<std::unique_ptr<SignalWait>> Create();

  SignalWait(const SignalWait&) = delete;
  SignalWait& operator=(const SignalWait&) = delete;
  ~SignalWait();

  // Blocks until a signal arrives.
  int Wait();
  // At most `timeout`; nullopt when nothing arrived. Zero looks without waiting.
  std::optional<int> WaitFor(Duration timeout);
  // As if the process had received `signal`. Beyond 16 that nobody waited for, more
  // are dropped, as the kernel does. REQUIRES: signal is SIGINT or SIGTERM.
  void Trigger(int signal);

 private:
  static constexpr std::size_t kTriggeredMax = 16;

  SignalWait(int signal_fd, int wake_fd, const sigset_t& mask_before) noexcept;
  std::optional<int> Take() noexcept;                // what is there now
  std::optional<int> Poll(int timeout_ms) noexcept;  // -1 waits for ever

  const int signal_fd_;
  const int wake_fd_;
  const sigset_t mask_before_;
  std::mutex mutex_;
  std::deque<int> triggered_;  // guarded by mutex_; at most kTriggeredMax
};

}  // namespace attune::sys

#pragma once
// WakeEvent: an eventfd, so that a thread that polls can be woken by another.

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace attune::sys {

inline int NewWakeEvent() noexcept { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Async-signal-safe. A full counter means that it is awake already.
inline void SignalWake(int fd) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(fd, &one, sizeof(one));
}

// True if it was signalled since the last call.
inline bool DrainWake(int fd) noexcept {
  std::uint64_t count = 0;
  return ::read(fd, &count, sizeof(count)) == static_cast<ssize_t>(sizeof(count));
}

}  // namespace attune::sys

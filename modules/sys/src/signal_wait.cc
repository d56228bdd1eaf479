#include "attune/sys/signal_wait.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>

#include "attune/base/check.h"
#include "attune/sys/errno.h"
#include "file_descriptor.h"
#include "poll_timeout.h"
#include "wake_event.h"

namespace attune::sys {
namespace {

sigset_t StopSignals() noexcept {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Result<std::unique_ptr<SignalWait>> SignalWait::Create() {
  const sigset_t stop = StopSignals();
  FileDescriptor signals(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.valid()) return FromErrno(errno, "signalfd");
  FileDescriptor wake(NewWakeEvent());
  if (!wake.valid()) return FromErrno(errno, "eventfd");
  sigset_t before;
  if (const int failure = ::pthread_sigmask(SIG_BLOCK, &stop, &before); failure != 0) {
    return FromErrno(failure, "pthread_sigmask");
  }
  return std::unique_ptr<SignalWait>(new SignalWait(signals.Release(), wake.Release(), before));
}

SignalWait::SignalWait(int signal_fd, int wake_fd, const sigset_t& mask_before) noexcept
    : signal_fd_(signal_fd), wake_fd_(wake_fd), mask_before_(mask_before) {}

SignalWait::~SignalWait() {
  while (Take()) {  // a second Ctrl-C while shutting down must not kill the rest of it
  }
  ::pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
  ::close(signal_fd_);
  ::close(wake_fd_);
}

int SignalWait::Wait() {
  while (true) {
    if (const std::optional<int> signal = Poll(-1)) return *signal;
  }
}

std::optional<int> SignalWait::WaitFor(Duration timeout) { return Poll(PollTimeout(timeout)); }

void SignalWait::Trigger(int signal) {
  ATTUNE_CHECK(signal == SIGINT || signal == SIGTERM, "only SIGINT and SIGTERM are waited for");
  const std::scoped_lock lock(mutex_);
  if (triggered_.size() < kTriggeredMax) triggered_.push_back(signal);
  SignalWake(wake_fd_);  // under the lock: the descriptor is readable exactly while something is queued
}

std::optional<int> SignalWait::Take() noexcept {
  {
    const std::scoped_lock lock(mutex_);
    if (!triggered_.empty()) {
      const int signal = triggered_.front();
      triggered_.pop_front();
      // The descriptor stays readable while there is more, so that another waiter wakes.
      if (triggered_.empty()) DrainWake(wake_fd_);
      return signal;
    }
  }
  signalfd_siginfo info{};
  if (::read(signal_fd_, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

std::optional<int> SignalWait::Poll(int timeout_ms) noexcept {
  std::array<pollfd, 2> sources{pollfd{signal_fd_, POLLIN, 0}, pollfd{wake_fd_, POLLIN, 0}};
  ::poll(sources.data(), sources.size(), timeout_ms);
  return Take();
}

}  // namespace attune::sys

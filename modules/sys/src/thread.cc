#include "attune/sys/thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "attune/sys/errno.h"

namespace attune::sys {
namespace {

constexpr int kBackgroundNice = 10;  // about a tenth of a core against a normal thread that wants it all

}  // namespace

void SetThreadName(std::string_view name) noexcept {
  std::array<char, 16> text{};  // what the kernel keeps, with its NUL
  std::copy_n(name.data(), std::min(name.size(), text.size() - 1), text.data());
  ::pthread_setname_np(::pthread_self(), text.data());
}

Status LowerThisThreadPriority() {
  // Linux applies both to one thread, not to the process, when given a thread id.
  const sched_param parameters{};
  if (::sched_setscheduler(0, SCHED_BATCH, &parameters) != 0) return FromErrno(errno, "sched_setscheduler");
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kBackgroundNice) != 0) {
    return FromErrno(errno, "setpriority");
  }
  return OkStatus();
}

}  // namespace attune::sys

#pragma once
// A full memory barrier in every running thread of this process, at the cost of whoever asks for it: the other side of
// a protocol may then do with plain stores and loads. membarrier(2), Linux 4.14 and later.

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attune/base/check.h"

namespace attune::memory {

// Once per process; the kernel remembers it. False where there is none.
inline bool RegisterMembarrier() noexcept {
  static const bool registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0U, 0) == 0;
  return registered;
}

// REQUIRES: RegisterMembarrier().
inline void MembarrierThreads() noexcept {
  ATTUNE_CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0U, 0) == 0,
               "it worked when it was registered");
}

}  // namespace attune::memory

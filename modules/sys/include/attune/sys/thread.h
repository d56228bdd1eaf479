#pragma once
// What a thread may set about itself.
//
//   SetThreadName("ingest-2");
//   LowerThisThreadPriority();   // background work yields to everything else
//
// Threads    both act on the calling thread only.

#include <string_view>

#include "attune/base/result.h"

namespace attune::sys {

// Shown by top -H and debuggers. The kernel keeps 15 bytes; the rest is cut off.
void SetThreadName(std::string_view name) noexcept;

// nice 10 and SCHED_BATCH: runs when nothing else wants the core, in longer
// slices. Cannot be undone without privileges. kDenied where a sandbox forbids it;
// callers go on at normal priority.
Status LowerThisThreadPriority();

}  // namespace attune::sys

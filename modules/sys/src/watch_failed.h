#pragma once

#include <string>

#include "attune/base/result.h"

namespace attune::sys {

// What inotify_add_watch means: ENOSPC is its limit of watches, not a full disk.
Error WatchFailed(int error_number, const std::string& path);

}  // namespace attune::sys

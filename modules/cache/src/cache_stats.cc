#include "attune/cache/cache_stats.h"

namespace attune::cache {

std::string_view ToString(RemovalReason reason) noexcept {
  switch (reason) {
    case RemovalReason::kEntryLimit:
      return "entry limit";
    case RemovalReason::kByteLimit:
      return "byte limit";
    case RemovalReason::kShrink:
      return "shrink";
    case RemovalReason::kExpired:
      return "expired";
    case RemovalReason::kReplaced:
      return "replaced";
    case RemovalReason::kErased:
      return "erased";
  }
  return "unknown";
}

}  // namespace attune::cache

#include "attune/cache/resolver_cache.h"

namespace attune::cache {

CacheConfig ResolverCacheConfig() {
  return {.name = "resolvers", .entries_max = 100, .bytes_max = 1_MiB, .time_to_live = std::chrono::minutes(10)};
}

}  // namespace attune::cache

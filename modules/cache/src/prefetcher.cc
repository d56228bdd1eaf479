#include "attune/cache/prefetcher.h"

namespace attune::cache {

std::string_view ToString(KeySpace space) noexcept { return space == KeySpace::kSpatial ? "spatial" : "opaque"; }

}  // namespace attune::cache

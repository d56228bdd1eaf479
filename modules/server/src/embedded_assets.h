#pragma once
// What the build embeds; defined in a generated file. Empty without Node.

#include <span>

#include "attune/server/assets.h"

namespace attune::server {

std::span<const Asset> EmbeddedAssets();

}  // namespace attune::server

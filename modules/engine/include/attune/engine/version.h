#pragma once
// The version of this build, as `attune version` prints it.

#include <string_view>

namespace attune::engine {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace attune::engine

#pragma once
// Completion scripts for shells, made from the command line's own description, so
// that they name what exists.

#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace CLI {
class App;
}

namespace attune::app {

// kInvalidArgument for a shell other than bash, zsh and fish.
Result<std::string> CompletionScript(std::string_view shell, const CLI::App& app);

}  // namespace attune::app

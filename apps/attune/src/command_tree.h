#pragma once
// Walks over the commands that the program declares, for what completes and what corrects them.
// Includes CLI11: for .cc files alone.

#include <CLI/CLI.hpp>
#include <vector>

namespace attune::app {

inline std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

}  // namespace attune::app

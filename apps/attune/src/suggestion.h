#pragma once
// What somebody may have meant who mistyped a command or a flag.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace attune::app {

// Lines for standard error: the nearest name of every word that names nothing, or, where a
// command is missing, the commands that there are. Empty when nothing is near.
std::string Suggestion(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace attune::app

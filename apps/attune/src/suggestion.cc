#include "suggestion.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "attune/control/nearest_name.h"
#include "command_tree.h"

namespace attune::app {
namespace {

const CLI::App* Find(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : CommandsOf(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::string Nearest(const std::string& word, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), word) != names.end()) return "";
  const auto nearest = control::NearestName(word, names);
  return nearest ? "Did you mean " + *nearest + " instead of " + word + "?\n" : "";
}

void AddFlags(const CLI::App& app, std::vector<std::string>& flags) {
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
}

}  // namespace

std::string Suggestion(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::vector<std::string> flags;
  AddFlags(app, flags);
  std::string lines;
  for (const std::string& word : words) {
    if (word.starts_with("--")) {
      lines += Nearest(word.substr(0, word.find('=')), flags);
      continue;
    }
    if (const CLI::App* deeper = Find(*command, word)) {
      command = deeper;
      AddFlags(*command, flags);
    } else if (command->get_require_subcommand_min() > 0) {
      std::vector<std::string> names;
      for (const CLI::App* each : CommandsOf(*command)) names.push_back(each->get_name());
      lines += Nearest(word, names);
    }
  }
  if (!lines.empty() || command->get_require_subcommand_min() == 0) return lines;
  lines = "There are these:\n";
  for (const CLI::App* each : CommandsOf(*command))
    lines += "  " + each->get_name() + "  " + each->get_description() + "\n";
  return lines;
}

}  // namespace attune::app

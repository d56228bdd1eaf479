#include "completion.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace attune::app {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> SubcommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> FlagNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What may follow each command: its subcommands, its flags and those of the program.
std::string BashCases(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    cases += "    " + command->get_name() + ") words=\"" + Join(SubcommandNames(*command)) + " " +
             Join(FlagNames(*command)) + " $global\" ;;\n";
  }
  return cases;
}

std::string BashScript(const CLI::App& app) {
  return "_attune() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} words global=\"" +
         Join(FlagNames(app)) +
         "\"\n"
         "  case ${COMP_WORDS[1]} in\n" +
         BashCases(app) + "    *) words=\"" + Join(SubcommandNames(app)) +
         " $global\" ;;\n"
         "  esac\n"
         "  [ \"$COMP_CWORD\" -gt 1 ] || words=\"" +
         Join(SubcommandNames(app)) +
         " $global\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _attune attune\n";
}

std::string FishScript(const CLI::App& app) {
  std::string script;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    script += "complete -c attune -n __fish_use_subcommand -a " + command->get_name() + " -d '" +
              command->get_description() + "'\n";
    for (const std::string& name : SubcommandNames(*command)) {
      script += "complete -c attune -n '__fish_seen_subcommand_from " + command->get_name() + "' -a " + name + "\n";
    }
  }
  for (const std::string& flag : FlagNames(app)) script += "complete -c attune -l " + flag.substr(2) + "\n";
  return script;
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell, const CLI::App& app) {
  if (shell == "bash") return BashScript(app);
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + BashScript(app);
  if (shell == "fish") return FishScript(app);
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(shell) + "' is no shell known here; use bash, zsh or fish");
}

}  // namespace attune::app

#include "completion.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "command_tree.h"

namespace attune::app {
namespace {

constexpr std::string_view kSettings = "Settings";  // the group of flags that are settings

struct Word {
  std::string text;  // "import", "--limit"
  std::string help;
  bool takes_value = false;
};

// What may stand at one place of the command line.
struct Level {
  std::string path;  // "chat import"; empty before the first command
  std::vector<Word> commands;
  std::vector<Word> flags;
};

// Every command takes every setting, but only those that stay use more than where to look.
bool IsOffered(const CLI::Option& setting, const std::string& path) {
  if (path == "up" || path == "mcp" || path == "config") return true;
  return setting.check_lname("data") || setting.check_lname("token-file");
}

void AddFlags(const CLI::App& app, const std::string& path, std::vector<Word>& flags) {
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    if (option->get_group() == kSettings && !IsOffered(*option, path)) continue;
    for (const std::string& name : option->get_lnames()) {
      const bool present = std::ranges::any_of(flags, [&](const Word& flag) { return flag.text == "--" + name; });
      if (!present) flags.push_back({"--" + name, option->get_description(), option->get_items_expected_max() > 0});
    }
  }
}

void AddLevels(const CLI::App& root, const CLI::App& app, const std::string& path, std::vector<Level>& levels) {
  Level level{.path = path, .commands = {}, .flags = {}};
  for (const CLI::App* command : CommandsOf(app)) {
    level.commands.push_back({command->get_name(), command->get_description()});
  }
  AddFlags(app, path, level.flags);
  AddFlags(root, path, level.flags);
  levels.push_back(std::move(level));
  for (const CLI::App* command : CommandsOf(app)) {
    AddLevels(root, *command, path.empty() ? command->get_name() : path + " " + command->get_name(), levels);
  }
}

std::string Replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// In single quotes, as bash and zsh read them; fish wants the inner ones escaped otherwise.
std::string Quoted(const std::string& text) { return "'" + Replaced(text, "'", "'\\''") + "'"; }
std::string FishQuoted(const std::string& text) {
  return "'" + Replaced(Replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string WordsOf(const Level& level) {
  std::string words;
  for (const auto* list : {&level.commands, &level.flags}) {
    for (const Word& word : *list) words += (words.empty() ? "" : " ") + word.text;
  }
  return words;
}

// `" up" | " chat import"`: the patterns of every place but the first.
std::string Paths(const std::vector<Level>& levels, std::string_view separator) {
  std::string paths;
  for (const Level& level : levels) {
    if (!level.path.empty()) paths += (paths.empty() ? "" : std::string(separator)) + "\" " + level.path + "\"";
  }
  return paths;
}

std::string CasePattern(const Level& level) { return level.path.empty() ? "\"\"" : "\" " + level.path + "\""; }

std::string BashScript(const std::vector<Level>& levels) {
  std::string cases;
  for (const Level& level : levels) cases += "    " + CasePattern(level) + ") words=\"" + WordsOf(level) + "\" ;;\n";
  return "_attune() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} level=\"\" words=\"\" i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$level ${COMP_WORDS[i]}\" in\n"
         "      " +
         Paths(levels, " | ") +
         ") level=\"$level ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$level\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F _attune attune\n";
}

// "up:Read folders": a colon ends the word.
std::string ZshArray(const std::vector<Word>& words) {
  std::string array = "(";
  for (const Word& word : words) {
    array += (array.size() > 1 ? " " : "") + Quoted(Replaced(word.text, ":", "\\:") + ":" + word.help);
  }
  return array + ")";
}

std::string ZshScript(const std::vector<Level>& levels) {
  std::string cases;
  for (const Level& level : levels) {
    cases += "    (" + CasePattern(level) + ")\n      commands=" + ZshArray(level.commands) +
             "\n      flags=" + ZshArray(level.flags) + "\n      ;;\n";
  }
  return "#compdef attune\n"
         "_attune() {\n"
         "  local level=\"\" i\n"
         "  local -a commands flags\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$level ${words[i]}\" in\n"
         "      (" +
         Paths(levels, " | ") +
         ") level=\"$level ${words[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$level\" in\n" +
         cases +
         "  esac\n"
         "  if [[ \"$PREFIX\" == -* ]]; then\n"
         "    _describe -o flag flags\n"
         "  elif (( $#commands )); then\n"
         "    _describe command commands\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [[ \"${funcstack[1]}\" == _attune ]]; then\n"  // read from a folder of $fpath
         "  _attune \"$@\"\n"
         "else\n"
         "  (( $+functions[compdef] )) || { autoload -U compinit && compinit }\n"
         "  compdef _attune attune\n"
         "fi\n";
}

std::string FishScript(const std::vector<Level>& levels) {
  std::string script =
      "function __attune_level\n"
      "  set -l level \"\"\n"
      "  set -l words (commandline -opc)\n"
      "  set -e words[1]\n"
      "  for word in $words\n"
      "    switch \"$level $word\"\n"
      "      case " +
      Paths(levels, " ") +
      "\n"
      "        set level \"$level $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$level\" = \"$argv[1]\"\n"
      "end\n";
  for (const Level& level : levels) {
    const std::string here = "complete -c attune -n '__attune_level " + CasePattern(level) + "'";
    for (const Word& command : level.commands) {
      script += here + " -f -a " + command.text + " -d " + FishQuoted(command.help) + "\n";
    }
    for (const Word& flag : level.flags) {
      script +=
          here + (flag.takes_value ? " -r" : "") + " -l " + flag.text.substr(2) + " -d " + FishQuoted(flag.help) + "\n";
    }
  }
  return script;
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell, const CLI::App& app) {
  std::vector<Level> levels;
  AddLevels(app, app, "", levels);
  if (shell == "bash") return BashScript(levels);
  if (shell == "zsh") return ZshScript(levels);
  if (shell == "fish") return FishScript(levels);
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(shell) + "' is no shell known here; use bash, zsh or fish");
}

}  // namespace attune::app

#pragma once
// Settings: everything that a person can state, from five places; each overrides
// the one before:
//
//   defaults < $XDG_CONFIG_HOME/attune/attune.toml < --config FILE < ATTUNE_… < flags
//
//   Settings settings;
//   ATTUNE_RETURN_IF_ERROR(LoadToml(text, "attune.toml", settings));
//   ATTUNE_RETURN_IF_ERROR(ApplySetting("memory", "2G", settings));
//   std::puts(PrintDefaultToml().c_str());
//
// One table says for every key its name, help, default and how it is read; the
// command line, the environment, the file and its documentation all come from it.
//
// Threads    pure functions.
// Errors     kInvalidArgument names the place (file:line, variable, flag), the key and
//            the value; an unknown key suggests the nearest one.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/engine/config.h"

namespace attune::engine {

struct Settings {
  EngineConfig engine;
  std::string address = "127.0.0.1";
  std::uint16_t port = 7420;
  std::vector<std::string> hosts;  // further names of the server: "box.local", "proxy:8080"
  std::string token_file;
  std::string log_level = "info";
  std::string log_format = "text";
  std::map<std::string, std::string> pins;  // [knobs] of the file: name -> value
};

struct SettingInfo {
  std::string_view name;        // "memory": key, flag --memory, variable ATTUNE_MEMORY
  std::string_view value_name;  // "BYTES", shown in help
  std::string_view help;        // one sentence, says what more of it costs
};

std::span<const SettingInfo> AllSettings();

// The value as text, as the file would have it.
std::string SettingText(std::string_view name, const Settings& settings);  // REQUIRES: a name of AllSettings

Status ApplySetting(std::string_view name, std::string_view value, Settings& settings);

// `place` names the file in errors. Keys are those of AllSettings and the table [knobs].
Status LoadToml(std::string_view text, std::string_view place, Settings& settings);

// Reads ATTUNE_MEMORY and its like through `variable`, which returns nullopt for unset ones.
Status LoadEnvironment(const std::function<std::optional<std::string>(const std::string&)>& variable,
                       Settings& settings);

// A complete attune.toml with every key, its value and its help.
std::string PrintToml(const Settings& settings);
std::string PrintDefaultToml();

// $XDG_DATA_HOME/attune/NAME, or below $HOME/.local/share. Empty when neither is set.
std::string DefaultDataDir(std::string_view xdg_data_home, std::string_view home, std::string_view name);

}  // namespace attune::engine

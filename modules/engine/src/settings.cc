#include "attune/engine/settings.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "attune/base/duration.h"
#include "attune/control/nearest_name.h"

namespace attune::engine {
namespace {

using Read = std::string (*)(const Settings&);
using Write = Status (*)(std::string_view, Settings&);

Error Bad(std::string_view value, std::string_view expected) {
  return {ErrorCode::kInvalidArgument, "'" + std::string(value) + "' is not allowed; use " + std::string(expected)};
}

std::string OnOff(bool on) { return on ? "on" : "off"; }

Status ReadOnOff(std::string_view text, bool& on) {
  if (text != "on" && text != "off" && text != "true" && text != "false") return Bad(text, "on or off");
  on = text == "on" || text == "true";
  return OkStatus();
}

template <typename Number>
Status ReadNumber(std::string_view text, Number& number, std::string_view expected) {
  Number parsed = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc{} || rest != text.data() + text.size()) return Bad(text, expected);
  number = parsed;
  return OkStatus();
}

Status ReadBytes(std::string_view text, Bytes& bytes) {
  ATTUNE_ASSIGN_OR_RETURN(bytes, ParseBytes(text));
  return OkStatus();
}

Status ReadChoice(std::string_view text, std::initializer_list<std::string_view> choices, std::string& choice) {
  std::string all;
  for (const std::string_view candidate : choices) {
    if (candidate == text) {
      choice = text;
      return OkStatus();
    }
    all += (all.empty() ? "" : ", ") + std::string(candidate);
  }
  return Bad(text, all);
}

std::string DurabilityText(Durability durability) {
  switch (durability) {
    case Durability::kFull:
      return "full";
    case Durability::kNormal:
      return "normal";
    case Durability::kOff:
      break;
  }
  return "off";
}

Status ReadDurability(std::string_view text, Durability& durability) {
  for (const auto candidate : {Durability::kFull, Durability::kNormal, Durability::kOff}) {
    if (DurabilityText(candidate) != text) continue;
    durability = candidate;
    return OkStatus();
  }
  return Bad(text, "full, normal or off");
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

Status ReadHosts(std::string_view text, std::vector<std::string>& hosts) {
  std::vector<std::string> read;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t comma = std::min(left.find(','), left.size());
    const std::string_view name = left.substr(0, comma);
    if (name.empty() || name.find_first_of("/@ ") != std::string_view::npos) {
      return Bad(name, "names with or without a port, separated by commas: box.local,proxy:8080");
    }
    read.emplace_back(name);
    left.remove_prefix(std::min(comma + 1, left.size()));
  }
  hosts = std::move(read);
  return OkStatus();
}

constexpr std::array kInfos = {
    SettingInfo{"data", "DIR", "where attune keeps what it remembers; empty: a folder of yours by the project's name"},
    SettingInfo{"memory", "BYTES", "hard limit of the whole process, at least 128MiB; more holds more of the index"},
    SettingInfo{"p99", "TIME", "99 of 100 searches answer within this; the rest are refused, not late"},
    SettingInfo{"cores", "COUNT", "threads for work; 0: as many as the machine has"},
    SettingInfo{"durability", "MODE",
                "full: acknowledged is on disk; normal: a power cut may take the last moments; off: fastest"},
    SettingInfo{"watch", "on|off", "follow changes of files after the first reading"},
    SettingInfo{"ocr", "on|off", "recognise the text of images and scanned pages; takes seconds a page"},
    SettingInfo{"autopilot", "on|off",
                "let controllers turn knobs within their limits; pinned knobs are never touched"},
    SettingInfo{"file_max", "BYTES", "larger text files are skipped and counted; more takes memory while reading"},
    SettingInfo{"address", "IP", "where the server listens; anything but loopback needs token_file"},
    SettingInfo{"port", "PORT", "of the server; 0: any free one, printed at the start"},
    SettingInfo{"hosts", "NAMES", "further names that requests may call the server by, such as box.local,proxy:8080"},
    SettingInfo{"token_file", "FILE", "file whose first line every request must carry as a bearer token"},
    SettingInfo{"log_level", "LEVEL", "debug, info, warning or error"},
    SettingInfo{"log_format", "FORMAT", "text for people, json for programs"},
};

struct Access {
  Read read;
  Write write;
};

// In the order of kInfos.
constexpr std::array<Access, kInfos.size()> kAccess = {{
    {[](const Settings& s) { return s.engine.data_dir; },
     [](std::string_view t, Settings& s) { return s.engine.data_dir = t, OkStatus(); }},
    {[](const Settings& s) { return ToString(s.engine.memory); },
     [](std::string_view t, Settings& s) { return ReadBytes(t, s.engine.memory); }},
    {[](const Settings& s) { return ToString(s.engine.p99); },
     [](std::string_view t, Settings& s) -> Status {
       ATTUNE_ASSIGN_OR_RETURN(s.engine.p99, ParseDuration(t));
       return OkStatus();
     }},
    {[](const Settings& s) { return std::to_string(s.engine.cores); },
     [](std::string_view t, Settings& s) { return ReadNumber(t, s.engine.cores, "a whole number such as 4"); }},
    {[](const Settings& s) { return DurabilityText(s.engine.durability); },
     [](std::string_view t, Settings& s) { return ReadDurability(t, s.engine.durability); }},
    {[](const Settings& s) { return OnOff(s.engine.watch); },
     [](std::string_view t, Settings& s) { return ReadOnOff(t, s.engine.watch); }},
    {[](const Settings& s) { return OnOff(s.engine.ocr); },
     [](std::string_view t, Settings& s) { return ReadOnOff(t, s.engine.ocr); }},
    {[](const Settings& s) { return OnOff(s.engine.autopilot); },
     [](std::string_view t, Settings& s) { return ReadOnOff(t, s.engine.autopilot); }},
    {[](const Settings& s) { return ToString(s.engine.file_max); },
     [](std::string_view t, Settings& s) { return ReadBytes(t, s.engine.file_max); }},
    {[](const Settings& s) { return s.address; },
     [](std::string_view t, Settings& s) { return s.address = t, OkStatus(); }},
    {[](const Settings& s) { return std::to_string(s.port); },
     [](std::string_view t, Settings& s) { return ReadNumber(t, s.port, "a port from 0 to 65535"); }},
    {[](const Settings& s) { return Joined(s.hosts); },
     [](std::string_view t, Settings& s) { return ReadHosts(t, s.hosts); }},
    {[](const Settings& s) { return s.token_file; },
     [](std::string_view t, Settings& s) { return s.token_file = t, OkStatus(); }},
    {[](const Settings& s) { return s.log_level; },
     [](std::string_view t, Settings& s) { return ReadChoice(t, {"debug", "info", "warning", "error"}, s.log_level); }},
    {[](const Settings& s) { return s.log_format; },
     [](std::string_view t, Settings& s) { return ReadChoice(t, {"text", "json"}, s.log_format); }},
}};

std::optional<std::size_t> PositionOf(std::string_view name) {
  for (std::size_t i = 0; i < kInfos.size(); ++i) {
    if (kInfos[i].name == name) return i;
  }
  return std::nullopt;
}

Error Unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const SettingInfo& info : kInfos) names.emplace_back(info.name);
  std::string message = "there is no setting '" + std::string(name) + "'";
  if (const auto nearest = control::NearestName(name, names)) message += "; did you mean '" + *nearest + "'?";
  return {ErrorCode::kInvalidArgument, message + " All of them: attune config --print-default"};
}

Error At(std::string_view place, const Error& error) {
  return {error.code(), std::string(place) + ": " + error.message()};
}

// TOML values as the text that flags have: strings as they are, the rest as written.
std::string TextOf(const toml::node& node) {
  if (const auto text = node.value<std::string>()) return *text;
  if (node.is_boolean()) return OnOff(*node.value<bool>());
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

std::string Quoted(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

std::string PlaceOf(std::string_view file, const toml::source_region& source) {
  return std::string(file) + ":" + std::to_string(source.begin.line);
}

Status LoadPins(const toml::table& knobs, Settings& settings) {
  for (const auto& [key, node] : knobs) settings.pins[std::string(key.str())] = TextOf(node);
  return OkStatus();
}

std::string VariableName(std::string_view name) {
  std::string variable = "ATTUNE_";
  for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return variable;
}

}  // namespace

std::span<const SettingInfo> AllSettings() { return kInfos; }

std::string SettingText(std::string_view name, const Settings& settings) {
  const auto position = PositionOf(name);
  ATTUNE_CHECK(position.has_value(), "the name is one of AllSettings");
  return kAccess.at(*position).read(settings);
}

Status ApplySetting(std::string_view name, std::string_view value, Settings& settings) {
  const auto position = PositionOf(name);
  if (!position) return Unknown(name);
  const Status applied = kAccess.at(*position).write(value, settings);
  if (!applied.ok()) return At(name, applied.error());
  return OkStatus();
}

Status LoadToml(std::string_view text, std::string_view place, Settings& settings) {
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) {
      if (key.str() == "knobs" && node.is_table()) {
        ATTUNE_RETURN_IF_ERROR(LoadPins(*node.as_table(), settings));
        continue;
      }
      const Status applied = ApplySetting(key.str(), TextOf(node), settings);
      if (!applied.ok()) return At(PlaceOf(place, node.source()), applied.error());
    }
  } catch (const toml::parse_error& error) {
    return Error(ErrorCode::kInvalidArgument, PlaceOf(place, error.source()) + ": " + std::string(error.description()));
  }
  return OkStatus();
}

Status LoadEnvironment(const std::function<std::optional<std::string>(const std::string&)>& variable,
                       Settings& settings) {
  for (const SettingInfo& info : kInfos) {
    const std::string name = VariableName(info.name);
    const auto value = variable(name);
    if (!value) continue;
    const Status applied = ApplySetting(info.name, *value, settings);
    if (!applied.ok()) return At(name, applied.error());
  }
  return OkStatus();
}

std::string PrintToml(const Settings& settings) {
  std::string out =
      "# attune.toml: every key is a flag (--memory 2G) and a variable (ATTUNE_MEMORY=2G)\n"
      "# as well; flags win over variables, variables over files.\n";
  for (const SettingInfo& info : kInfos) {
    out += "\n# " + std::string(info.help) + "\n";
    out += std::string(info.name) + " = " + Quoted(SettingText(info.name, settings)) + "\n";
  }
  out += "\n# Knobs pinned at the start; `attune knobs` lists them all.\n[knobs]\n";
  if (settings.pins.empty()) out += "# \"ingest.threads\" = 1\n";
  for (const auto& [name, value] : settings.pins) out += Quoted(name) + " = " + Quoted(value) + "\n";
  return out;
}

std::string PrintDefaultToml() { return PrintToml(Settings{}); }

std::string DefaultDataDir(std::string_view xdg_data_home, std::string_view home, std::string_view name) {
  if (!xdg_data_home.empty()) return std::string(xdg_data_home) + "/attune/" + std::string(name);
  if (!home.empty()) return std::string(home) + "/.local/share/attune/" + std::string(name);
  return "";
}

}  // namespace attune::engine

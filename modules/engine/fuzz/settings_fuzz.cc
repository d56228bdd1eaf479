// Settings: whatever is accepted from a file prints as a file that says the same, and no value of a flag
// or variable does harm.
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/engine/settings.h"

namespace {

using attune::engine::Settings;

void Load(const std::string& text) {
  Settings settings;
  if (const attune::Status loaded = attune::engine::LoadToml(text, "fuzz.toml", settings); !loaded.ok()) {
    ATTUNE_CHECK(loaded.error().message().starts_with("fuzz.toml:"), "the place is named");
    return;
  }
  const std::string printed = attune::engine::PrintToml(settings);
  Settings again;
  ATTUNE_CHECK(attune::engine::LoadToml(printed, "again.toml", again).ok(), "what is printed loads");
  ATTUNE_CHECK(attune::engine::PrintToml(again) == printed, "and says the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Load(text);
  if (size == 0) return 0;
  const auto infos = attune::engine::AllSettings();
  const std::string name(infos[data[0] % infos.size()].name);
  const std::string value = text.substr(1);
  Load(name + " = " + value);
  Load(name + " = '" + value + "'");
  Load("[knobs]\n\"" + value + "\" = '" + value + "'");
  Settings settings;
  if (attune::engine::ApplySetting(name, value, settings).ok()) {
    static_cast<void>(attune::engine::SettingText(name, settings));
  }
  ATTUNE_CHECK(!attune::engine::ApplySetting(value + "?", value, settings).ok(), "no setting has such a name");
  return 0;
}

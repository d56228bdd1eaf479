#include "attune/engine/settings.h"

#include <gtest/gtest.h>

namespace attune::engine {
namespace {

using namespace attune::literals;

TEST(SettingsTest, ThePrintedDefaultsReadBackToTheDefaults) {
  Settings settings;
  const Status loaded = LoadToml(PrintDefaultToml(), "attune.toml", settings);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(PrintToml(settings), PrintDefaultToml());
}

TEST(SettingsTest, EveryKeyOfTheTableIsReadAndPrinted) {
  for (const SettingInfo& info : AllSettings()) {
    Settings settings;
    const std::string text = SettingText(info.name, settings);
    EXPECT_TRUE(ApplySetting(info.name, text, settings).ok()) << info.name << " = " << text;
    EXPECT_EQ(SettingText(info.name, settings), text) << info.name;
    EXPECT_FALSE(info.help.empty()) << info.name;
  }
}

TEST(SettingsTest, TomlSetsValuesAndPins) {
  Settings settings;
  const Status loaded = LoadToml(
      "memory = \"1G\"\np99 = '20ms'\nport = 0\nwatch = false\n[knobs]\n\"ingest.threads\" = 2\n", "a.toml", settings);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(settings.engine.memory, 1_GiB);
  EXPECT_EQ(settings.engine.p99, std::chrono::milliseconds(20));
  EXPECT_EQ(settings.port, 0);
  EXPECT_FALSE(settings.engine.watch);
  EXPECT_EQ(settings.pins.at("ingest.threads"), "2");
}

TEST(SettingsTest, AnUnknownKeyIsAnErrorThatNamesPlaceAndNearestKey) {
  Settings settings;
  const Status loaded = LoadToml("\nmemroy = '1G'\n", "a.toml", settings);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message().find("a.toml:2"), std::string::npos) << loaded.error().message();
  EXPECT_NE(loaded.error().message().find("'memory'"), std::string::npos) << loaded.error().message();
}

TEST(SettingsTest, HostsAreNamesSeparatedByCommas) {
  Settings settings;
  ASSERT_TRUE(ApplySetting("hosts", "box.local,proxy:8080", settings).ok());
  EXPECT_EQ(settings.hosts, (std::vector<std::string>{"box.local", "proxy:8080"}));
  ASSERT_TRUE(ApplySetting("hosts", "", settings).ok());
  EXPECT_TRUE(settings.hosts.empty());
  for (const std::string bad : {"http://box.local", "a,,b", "me@box"}) {
    EXPECT_FALSE(ApplySetting("hosts", bad, settings).ok()) << bad;
  }
}

TEST(SettingsTest, ABadValueNamesKeyAndValue) {
  Settings settings;
  for (const auto& [name, value] : {std::pair{"memory", "lots"},
                                    {"p99", "soon"},
                                    {"port", "70000"},
                                    {"watch", "maybe"},
                                    {"durability", "half"},
                                    {"log_level", "loud"}}) {
    const Status applied = ApplySetting(name, value, settings);
    ASSERT_FALSE(applied.ok()) << name;
    EXPECT_NE(applied.error().message().find(value), std::string::npos) << applied.error().message();
    EXPECT_NE(applied.error().message().find(name), std::string::npos) << applied.error().message();
  }
}

TEST(SettingsTest, BrokenTomlNamesTheLine) {
  Settings settings;
  const Status loaded = LoadToml("memory = '1G'\nport = = 3\n", "a.toml", settings);
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(loaded.error().message().find("a.toml:2"), std::string::npos) << loaded.error().message();
}

TEST(SettingsTest, VariablesCarryTheNameOfTheirKey) {
  Settings settings;
  const auto variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "ATTUNE_MEMORY") return "256M";
    if (name == "ATTUNE_FILE_MAX") return "1M";
    return std::nullopt;
  };
  ASSERT_TRUE(LoadEnvironment(variable, settings).ok());
  EXPECT_EQ(settings.engine.memory, 256_MiB);
  EXPECT_EQ(settings.engine.file_max, 1_MiB);
}

TEST(SettingsTest, TheDefaultDataFolderFollowsXdg) {
  EXPECT_EQ(DefaultDataDir("/x", "/home/me", "p"), "/x/attune/p");
  EXPECT_EQ(DefaultDataDir("", "/home/me", "p"), "/home/me/.local/share/attune/p");
  EXPECT_EQ(DefaultDataDir("", "", "p"), "");
}

TEST(ConfigTest, ValidateNamesTheFieldItsValueAndTheLimit) {
  EngineConfig config;
  config.data_dir = "/d";
  EXPECT_TRUE(Validate(config).ok());
  config.memory = 64_MiB;
  const Status checked = Validate(config);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().message(), "memory is 64MiB; it must be at least 128MiB");
}

}  // namespace
}  // namespace attune::engine

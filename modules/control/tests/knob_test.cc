#include "attune/control/knob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace attune::control {
namespace {

using ::testing::HasSubstr;

KnobSpec Threads() {
  return {.name = "ingest.threads",
          .domain = LinearRange{1, 64},
          .whole = true,
          .default_value = 2,
          .help = "Threads that read files.",
          .envelope = {}};
}
KnobSpec CacheSize() {
  return {.name = "cache.bytes_max",
          .unit = KnobUnit::kBytes,
          .domain = LogRange{65536, 1073741824},
          .default_value = 1048576,
          .help = "Bytes of the cache.",
          .envelope = {}};
}
KnobSpec Delay() {
  return {.name = "batch.wait",
          .unit = KnobUnit::kDuration,
          .domain = LinearRange{0, 10e9},
          .default_value = 2e6,
          .help = "How long a batch waits.",
          .envelope = {}};
}
KnobSpec Share() {
  return {.name = "ingest.share",
          .unit = KnobUnit::kRatio,
          .domain = LinearRange{0.05, 1},
          .default_value = 1,
          .help = "Share of background work.",
          .envelope = {}};
}
KnobSpec Policy() {
  return {.name = "cache.policy",
          .unit = KnobUnit::kChoice,
          .domain = Choices{{"lru", "lfu", "none"}},
          .default_value = 1,
          .help = "Which policy.",
          .envelope = {}};
}

TEST(Knob, StartsAtItsDefaultInEveryUnit) {
  EXPECT_EQ(Knob(Threads()).as_integer(), 2);
  EXPECT_EQ(Knob(Threads()).as_count(), 2U);
  EXPECT_EQ(Knob(CacheSize()).as_bytes(), 1_MiB);
  EXPECT_EQ(Knob(Delay()).as_duration(), std::chrono::milliseconds(2));
  EXPECT_DOUBLE_EQ(Knob(Share()).value(), 1);
  EXPECT_EQ(Knob(Policy()).choice(), 1U);
}

TEST(ParseKnobValue, ReadsEveryUnitAsPeopleWriteIt) {
  EXPECT_EQ(*ParseKnobValue(Threads(), "64"), 64);
  EXPECT_EQ(*ParseKnobValue(CacheSize(), "64KiB"), 65536);
  EXPECT_EQ(*ParseKnobValue(CacheSize(), "1G"), 1073741824);
  EXPECT_EQ(*ParseKnobValue(CacheSize(), "100000"), 100000);
  EXPECT_EQ(*ParseKnobValue(Delay(), "1.5s"), 1.5e9);
  EXPECT_EQ(*ParseKnobValue(Delay(), "0s"), 0);
  EXPECT_EQ(*ParseKnobValue(Share(), "25%"), 0.25);
  EXPECT_EQ(*ParseKnobValue(Share(), "0.25"), 0.25);
  EXPECT_EQ(*ParseKnobValue(Policy(), "none"), 2);
}

TEST(ParseKnobValue, RefusesWhatIsOutsideOrNoValueAndSaysWhatIsOne) {
  for (const char* text : {"0", "65", "1.5", "", "two", "2 ", " 2", "nan", "inf", "1e400", "-1", "2x", "0x10"}) {
    const auto value = ParseKnobValue(Threads(), text);
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(value.error().message(),
              "'" + std::string(text) + "' is not a value of ingest.threads: 1 to 64, whole numbers");
  }
  EXPECT_THAT(ParseKnobValue(CacheSize(), "2G").error().message(), HasSubstr("64KiB to 1GiB"));
  EXPECT_THAT(ParseKnobValue(CacheSize(), "1").error().message(), HasSubstr("cache.bytes_max"));
  EXPECT_THAT(ParseKnobValue(Delay(), "11s").error().message(), HasSubstr("0s to 10s"));
  EXPECT_THAT(ParseKnobValue(Share(), "4%").error().message(), HasSubstr("0.05 to 1"));
  EXPECT_THAT(ParseKnobValue(Policy(), "arc").error().message(), HasSubstr("one of lru, lfu, none"));
  EXPECT_LT(ParseKnobValue(Threads(), std::string(10'000, '9')).error().message().size(), 200U);
}

TEST(FormatKnobValue, PicksTheUnitThatPeopleRead) {
  EXPECT_EQ(FormatKnobValue(Delay(), 0), "0s");
  EXPECT_EQ(FormatKnobValue(Delay(), 1), "1ns");
  EXPECT_EQ(FormatKnobValue(Delay(), 1500), "1.5us");
  EXPECT_EQ(FormatKnobValue(Delay(), 2e6), "2ms");
  EXPECT_EQ(FormatKnobValue(Delay(), 1.234e9), "1.234s");
  EXPECT_EQ(FormatKnobValue(Delay(), 1.2345e9), "1234.5ms");
  KnobSpec longer = Delay();
  longer.domain = LinearRange{0, 3.6e18};
  EXPECT_EQ(FormatKnobValue(longer, 5'400e9), "90m");
  EXPECT_EQ(FormatKnobValue(longer, 3'600e9 * 100'000), "100000h");
  EXPECT_EQ(FormatKnobValue(CacheSize(), 100000), "100000");
  EXPECT_EQ(FormatKnobValue(Policy(), 0), "lru");
  EXPECT_EQ(FormatKnobValue(Threads(), 40), "40");
}

TEST(FormatKnobValue, IsReadBackToTheSameValue) {
  std::mt19937_64 random(1);
  for (const KnobSpec& spec : {Threads(), CacheSize(), Delay(), Share(), Policy()}) {
    for (int i = 0; i < 2000; ++i) {
      const double wild = std::ldexp(static_cast<double>(random() >> 11U), static_cast<int>(random() % 64) - 53);
      const double value = ClampToDomain(spec, wild);
      const std::string text = FormatKnobValue(spec, value);
      const auto again = ParseKnobValue(spec, text);
      ASSERT_TRUE(again.ok()) << spec.name << " " << text;
      ASSERT_EQ(*again, value) << spec.name << " " << text;
    }
  }
}

TEST(ClampToDomain, TakesTheNearestValueAndTheDefaultForNan) {
  EXPECT_EQ(ClampToDomain(Threads(), 0), 1);
  EXPECT_EQ(ClampToDomain(Threads(), 1e300), 64);
  EXPECT_EQ(ClampToDomain(Threads(), 2.4), 2);
  EXPECT_EQ(ClampToDomain(Threads(), std::nan("")), 2);
  EXPECT_EQ(ClampToDomain(Threads(), -std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(ClampToDomain(Share(), 0.123), 0.123);
}

TEST(Validate, NamesTheFieldThatMakesNoSense) {
  const auto message = [](KnobSpec spec) {
    const Status status = Validate(spec);
    return status.ok() ? std::string("ok") : status.error().message();
  };
  EXPECT_EQ(message(Threads()), "ok");
  KnobSpec spec = Threads();
  for (const char* name : {"", ".a", "a.", "a..b", "A", "a b"}) {
    spec.name = name;
    EXPECT_THAT(message(spec), HasSubstr("name")) << name;
  }
  spec = Threads();
  spec.domain = LinearRange{2, 1};
  EXPECT_THAT(message(spec), HasSubstr("domain"));
  spec.domain = LinearRange{0.5, 2};
  EXPECT_THAT(message(spec), HasSubstr("not whole"));
  spec.domain = LogRange{0, 2};
  EXPECT_THAT(message(spec), HasSubstr("above 0"));
  spec.domain = LinearRange{1, std::numeric_limits<double>::infinity()};
  EXPECT_THAT(message(spec), HasSubstr("domain"));
  spec.domain = Choices{{"a"}};
  EXPECT_THAT(message(spec), HasSubstr("go together"));
  spec = Threads();
  spec.default_value = 65;
  EXPECT_THAT(message(spec), HasSubstr("default_value"));
  spec.default_value = std::nan("");
  EXPECT_THAT(message(spec), HasSubstr("default_value"));
  spec = Threads();
  spec.help.clear();
  EXPECT_THAT(message(spec), HasSubstr("help"));
  spec = Threads();
  spec.envelope.step_max = 1;
  EXPECT_THAT(message(spec), HasSubstr("step_max"));
  spec = Threads();
  spec.envelope.cooldown = Duration(-1);
  EXPECT_THAT(message(spec), HasSubstr("cooldown"));
  spec = Policy();
  spec.domain = Choices{};
  EXPECT_THAT(message(spec), HasSubstr("no choices"));
  spec = CacheSize();
  spec.domain = LogRange{1, 1e17};
  EXPECT_THAT(message(spec), HasSubstr("beyond"));
}

TEST(KnobDeathTest, AnInvalidKnobIsABug) {
  KnobSpec spec = Threads();
  spec.default_value = 0;
  EXPECT_DEATH(Knob{spec}, "default_value");
}

}  // namespace
}  // namespace attune::control

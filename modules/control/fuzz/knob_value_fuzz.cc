// Whatever a knob accepts lies in its domain and is written back to the same value.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/control/knob.h"
#include "attune/control/nearest_name.h"

namespace {

using namespace attune::control;  // NOLINT(google-build-using-namespace)

const std::array<KnobSpec, 5>& Specs() {
  static const std::array<KnobSpec, 5> specs = {
      KnobSpec{
          .name = "a", .domain = LinearRange{-5, 64}, .whole = true, .default_value = 2, .help = "H", .envelope = {}},
      KnobSpec{.name = "b",
               .unit = KnobUnit::kRatio,
               .domain = LinearRange{0, 1},
               .default_value = 1,
               .help = "H",
               .envelope = {}},
      KnobSpec{.name = "c",
               .unit = KnobUnit::kBytes,
               .domain = LogRange{1, 9007199254740992.0},
               .default_value = 4096,
               .help = "H",
               .envelope = {}},
      KnobSpec{.name = "d",
               .unit = KnobUnit::kDuration,
               .domain = LinearRange{0, 3e18},
               .default_value = 0,
               .help = "H",
               .envelope = {}},
      KnobSpec{.name = "e",
               .unit = KnobUnit::kChoice,
               .domain = Choices{{"0", "1K", "2G"}},
               .default_value = 0,
               .help = "H",
               .envelope = {}}};
  return specs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const KnobSpec& spec : Specs()) {
    const auto value = ParseKnobValue(spec, text);
    if (!value.ok()) continue;
    ATTUNE_CHECK(ClampToDomain(spec, *value) == *value, "in the domain");
    const auto again = ParseKnobValue(spec, FormatKnobValue(spec, *value));
    ATTUNE_CHECK(again.ok() && *again == *value, "round trip");
  }
  static const std::vector<std::string> names = {"ingest.threads", "0", "", "cache.bytes_max"};
  if (const auto nearest = NearestName(text, names)) {
    ATTUNE_CHECK(EditDistance(text, *nearest) == EditDistance(*nearest, text), "symmetric");
  }
  return 0;
}

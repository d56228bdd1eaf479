// Whatever ParseManifest accepts, FormatManifest writes back byte for byte.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../src/manifest.h"
#include "attune/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto names = attune::index::ParseManifest(text); names.ok()) {
    ATTUNE_CHECK(attune::index::FormatManifest(*names) == text, "round trip");
  }
  // The input as damage of a valid manifest.
  std::string damaged = attune::index::FormatManifest({attune::index::SegmentFileName(1)});
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    damaged[data[i] % damaged.size()] = static_cast<char>(data[i + 1]);
  }
  if (const auto names = attune::index::ParseManifest(damaged); names.ok()) {
    ATTUNE_CHECK(attune::index::FormatManifest(*names) == damaged, "round trip");
  }
  return 0;
}

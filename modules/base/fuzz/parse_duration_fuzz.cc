// Whatever ParseDuration accepts is a bounded, non-negative duration that prints.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/base/duration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto parsed = attune::ParseDuration(text); parsed.ok()) {
    ATTUNE_CHECK(parsed->count() >= 0, "no negative duration is read");
    ATTUNE_CHECK(attune::ParseDuration(attune::ToString(*parsed)).ok() || parsed->count() > 0,
                 "what is printed is read");
  }
  return 0;
}

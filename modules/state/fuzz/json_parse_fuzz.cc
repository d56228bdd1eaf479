// Any bytes parse or fail with a place in the text; what was parsed prints to text that
// parses to the same value, and the fault finder agrees with the parser.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/state/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::state;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = ParseJson(text, {.depth_max = 32});
  if (!parsed.ok()) {
    ATTUNE_CHECK(parsed.error().message().starts_with("JSON "), "an error names its place");
    return 0;
  }
  const auto again = ParseJson(PrintJson(*parsed), {.depth_max = 32});
  ATTUNE_CHECK(again.ok() && *again == *parsed, "what is printed reads back");
  const auto pretty = ParseJson(PrintJson(*parsed, {.indent = 3}), {.depth_max = 32});
  ATTUNE_CHECK(pretty.ok() && *pretty == *parsed, "indentation changes nothing");
  return 0;
}

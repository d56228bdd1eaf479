// Any bytes as a string print to valid JSON, and bytes that were UTF-8 come back unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/state/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::state;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string printed = PrintJson(Object{{std::string(bytes), Value(bytes)}});
  const auto parsed = ParseJson(printed);
  ATTUNE_CHECK(parsed.ok(), "whatever is printed is JSON");
  const Member& member = parsed->AsObject()->members()[0];
  ATTUNE_CHECK(member.value.AsString() == member.key, "keys and values are escaped alike");
  ATTUNE_CHECK(member.key == bytes || member.key.find("\xEF\xBF\xBD") != std::string::npos,
               "valid text is unchanged, broken text carries a mark");
  return 0;
}

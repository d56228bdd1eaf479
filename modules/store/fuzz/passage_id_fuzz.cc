// ParsePassageId accepts exactly what ToString prints.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/store/passage_id.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto id = attune::store::ParsePassageId(text);
  if (id.ok()) ATTUNE_CHECK(attune::store::ToString(*id) == text, "an id has one spelling");
  return 0;
}

// Hostile bytes in the table page_words: an error, or words that pack again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/store/page_words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // With the right version in front as well, or random inputs would hardly get past it.
  for (const std::string& input : {std::string(bytes), "\x01" + std::string(bytes)}) {
    const auto page = attune::store::UnpackPageWords(1, input);
    if (!page.ok()) continue;
    const auto packed = attune::store::PackPageWords(*page);
    ATTUNE_CHECK(packed.ok(), "what was read can be written");
    const auto again = attune::store::UnpackPageWords(1, *packed);
    ATTUNE_CHECK(again.ok() && *again == *page, "and is the same");
  }
  return 0;
}

// Request targets: whatever is accepted has sane segments, and decoding undoes encoding.
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/server/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = server::ParseTarget(text); target.ok()) {
    for (const std::string& segment : target->segments) {
      ATTUNE_CHECK(segment != "." && segment != "..", "no way up");
      ATTUNE_CHECK(segment.find('\0') == std::string::npos, "no control characters");
    }
    ATTUNE_CHECK(target->query.size() <= server::kQueryFieldsMax, "bounded");
  }
  if (const auto decoded = server::PercentDecode(text); decoded.ok()) {
    const auto again = server::PercentDecode(server::PercentEncode(*decoded));
    ATTUNE_CHECK(again.ok() && *again == *decoded, "encoding is undone by decoding");
  }
  return 0;
}

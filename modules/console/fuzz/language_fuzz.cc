// Detection answers for every name and head, and decoding always gives valid UTF-8 and an honest count.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/console/language.h"
#include "attune/console/path_text.h"
#include "attune/console/text_encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::console;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view path = bytes.substr(0, size / 2);
  const std::string_view head = bytes.substr(size / 2);
  const Language language = DetectLanguage(path, head);
  ATTUNE_CHECK(LanguageFromName(ToString(language)) == language, "every language has its name");

  LooksBinary(head);
  const DecodedText decoded = DecodeText(std::string(head));
  ATTUNE_CHECK(ValidUtf8Prefix(decoded.text) == decoded.text.size(), "decoded text is UTF-8");
  ATTUNE_CHECK(decoded.bytes_replaced <= head.size(), "no more replaced than there were");

  const auto back = FromPathText(ToPathText(bytes));
  ATTUNE_CHECK(back.ok() && *back == bytes, "a path comes back");
  (void)FromPathText(bytes);
  return 0;
}

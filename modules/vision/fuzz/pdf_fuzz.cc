// Any bytes, and any damage to a valid file, give words inside their page or an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "../tests/written_pdf.h"
#include "attune/base/check.h"
#include "attune/vision/pdf.h"

namespace {

void Check(const std::string& bytes) {
  const auto document = attune::vision::PdfDocument::Open(bytes, {.pages_max = 20, .pixels_max = 1 << 16});
  if (!document.ok()) return;
  for (int number = 1; number <= (*document)->pages(); ++number) {
    const auto page = (*document)->ReadPage(number);
    if (!page.ok()) continue;
    for (const auto& word : page->words) {
      ATTUNE_CHECK(!word.text.empty() && word.box.right <= page->width && word.box.bottom <= page->height,
                   "words have text and stand inside their page");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kWhole = attune::vision::WritePdf({{{"one line", "and another"}}}, "title");
  Check(std::string(reinterpret_cast<const char*>(data), size));
  std::string bytes = kWhole;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    bytes[(data[i] * 256U + data[i + 1]) % bytes.size()] = static_cast<char>(data[i + 2]);
  }
  Check(bytes);
  return 0;
}

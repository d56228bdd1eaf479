#pragma once
// Scans made by the tests themselves: lines of text in Leptonica's bitmap font.

#include <leptonica/allheaders.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attune::vision {

struct PixRelease {
  void operator()(PIX* pix) const noexcept { pixDestroy(&pix); }
};
using DrawnPage = std::unique_ptr<PIX, PixRelease>;

// Black on white at 300 dpi; the first line starts at (40, 80), steps of 70 pixels.
inline DrawnPage DrawLines(const std::vector<std::string>& lines, int width = 1200) {
  DrawnPage page(pixCreate(width, 100 + 70 * static_cast<int>(lines.size()), 8));
  pixSetAll(page.get());
  pixSetResolution(page.get(), 300, 300);
  L_BMF* font = bmfCreate(nullptr, 10);
  int y = 80;
  for (const std::string& line : lines) {
    pixSetTextline(page.get(), font, line.c_str(), 0, 40, y, nullptr, nullptr);
    y += 70;
  }
  bmfDestroy(&font);
  return page;
}

// `format` is one of Leptonica's IFF_ constants.
inline std::string FileOf(PIX& page, int format) {
  l_uint8* data = nullptr;
  std::size_t size = 0;
  if (pixWriteMem(&data, &size, &page, format) != 0) return {};
  std::string bytes(reinterpret_cast<const char*>(data), size);
  lept_free(data);
  return bytes;
}

inline std::string TiffOf(const std::vector<PIX*>& pages) {
  PIXA* all = pixaCreate(static_cast<int>(pages.size()));
  for (PIX* page : pages) pixaAddPix(all, page, L_COPY);
  l_uint8* data = nullptr;
  std::size_t size = 0;
  pixaWriteMemMultipageTiff(&data, &size, all);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  lept_free(data);
  pixaDestroy(&all);
  return bytes;
}

// One page without a text layer, 1 point for every 300/72 pixels.
inline std::string ImagePdfOf(PIX& page, const std::string& title) {
  l_uint8* data = nullptr;
  std::size_t size = 0;
  pixConvertToPdfData(&page, L_FLATE_ENCODE, 0, &data, &size, 0, 0, 300, title.c_str(), nullptr, 0);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  lept_free(data);
  return bytes;
}

}  // namespace attune::vision

#include <cstddef>
#include <string>

#include "decoders.h"
#include "leptonica.h"

namespace attune::vision {
namespace {

GrayImage CopyGray(PIX& pix) {
  GrayImage image{pixGetWidth(&pix), pixGetHeight(&pix), pixGetXRes(&pix), {}};
  const auto width = static_cast<std::size_t>(image.width);
  const auto height = static_cast<std::size_t>(image.height);
  image.pixels.resize(width * height);
  const auto words_per_row = static_cast<std::size_t>(pixGetWpl(&pix));
  const l_uint32* data = pixGetData(&pix);
  for (std::size_t y = 0; y < height; ++y) {
    const l_uint32* row = data + y * words_per_row;
    std::uint8_t* target = image.pixels.data() + y * width;
    // A row is made of 32-bit words with the leftmost pixel in the highest byte.
    for (std::size_t x = 0; x < width; ++x) target[x] = static_cast<std::uint8_t>(row[x / 4] >> (24U - 8U * (x % 4)));
  }
  return image;
}

}  // namespace

void SilenceLeptonica() noexcept {
  static const bool silent = [] {
    setMsgSeverity(L_SEVERITY_NONE);
    leptSetStderrHandler([](const char* /*message*/) {});
    return true;
  }();
  static_cast<void>(silent);
}

Result<GrayImage> DecodeTiff(std::string_view bytes, int page, const ImageLimits& limits) {
  SilenceLeptonica();
  const std::string where = "page " + std::to_string(page + 1) + " of the TIFF file";
  const OwnedPix pix(pixReadMemTiff(reinterpret_cast<const l_uint8*>(bytes.data()), bytes.size(), page));
  if (pix == nullptr) return Error(ErrorCode::kCorruption, where + " cannot be decoded");
  const OwnedPix gray(pixConvertTo8(pix.get(), 0));
  if (gray == nullptr) return Error(ErrorCode::kCorruption, where + " has an unknown kind of pixel");
  const auto pixels =
      static_cast<std::uint64_t>(pixGetWidth(gray.get())) * static_cast<std::uint64_t>(pixGetHeight(gray.get()));
  if (pixels > limits.pixels_max) return Error(ErrorCode::kCorruption, where + " changes its size");
  return CopyGray(*gray);
}

}  // namespace attune::vision

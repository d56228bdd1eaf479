// libpng's simplified interface: it reports through png_image::message, where the
// classic one (and Leptonica, which uses it) prints to the standard error stream.
#include <png.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>

#include "decoders.h"

namespace attune::vision {
namespace {

class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(&image_); }
  png_image& get() { return image_; }

 private:
  png_image image_{};
};

// The simplified interface does not tell the resolution: pHYs is one of the
// chunks before the pixels, 4 + 4 bytes per metre and the unit.
int DpiOf(std::string_view bytes) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
  };
  std::size_t at = 8;
  while (bytes.size() - at >= 12 + 9) {
    const std::size_t length = number(at);
    const std::string_view kind = bytes.substr(at + 4, 4);
    if (kind == "IDAT") break;
    if (kind == "pHYs" && length == 9 && bytes[at + 16] == 1) {
      constexpr double kInchesPerMetre = 39.3701;
      const double dpi = std::round(number(at + 8) / kInchesPerMetre);
      return dpi >= 1 && dpi <= 10'000 ? static_cast<int>(dpi) : 0;
    }
    if (length > bytes.size() - at - 12) break;
    at += 12 + length;
  }
  return 0;
}

}  // namespace

Result<GrayImage> DecodePng(std::string_view bytes, const ImageInfo& info) {
  PngImage png;
  const auto failed = [&] {
    return Error(ErrorCode::kCorruption, std::string("the PNG file cannot be decoded: ") + png.get().message);
  };
  if (png_image_begin_read_from_memory(&png.get(), bytes.data(), bytes.size()) == 0) return failed();
  if (static_cast<int>(png.get().width) != info.width || static_cast<int>(png.get().height) != info.height) {
    return Error(ErrorCode::kCorruption, "the PNG file changes its size");
  }
  png.get().format = PNG_FORMAT_GRAY;
  png_color white{255, 255, 255};
  GrayImage image{info.width, info.height, DpiOf(bytes), {}};
  image.pixels.resize(static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.height));
  if (png_image_finish_read(&png.get(), &white, image.pixels.data(), info.width, nullptr) == 0) return failed();
  return image;
}

}  // namespace attune::vision

// Reads what the header of an image file claims, and nothing else. No decoder
// library is involved, so this part is the same in every build.
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "attune/vision/image.h"
#include "tiff_directory.h"

namespace attune::vision {
namespace {

constexpr std::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kJpegSignature("\xff\xd8\xff", 3);

std::optional<ImageFormat> FormatOf(std::string_view bytes) noexcept {
  if (bytes.starts_with(kPngSignature)) return ImageFormat::kPng;
  if (bytes.starts_with(kJpegSignature)) return ImageFormat::kJpeg;
  if (LooksLikeTiff(bytes)) return ImageFormat::kTiff;
  return std::nullopt;
}

std::uint32_t BigEndian(std::string_view bytes, std::size_t offset, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

Status CheckSides(std::uint64_t width, std::uint64_t height, const ImageLimits& limits) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height);
  if (width == 0 || height == 0) return Error(ErrorCode::kCorruption, "the image header says " + size + " pixels");
  const auto side_max = static_cast<std::uint64_t>(std::max(limits.side_max, 0));
  if (width > side_max || height > side_max) {
    return Error(ErrorCode::kExhausted,
                 "an image of " + size + " pixels is longer than side_max = " + std::to_string(side_max));
  }
  if (width * height > limits.pixels_max) {
    return Error(ErrorCode::kExhausted,
                 "an image of " + size + " pixels is larger than pixels_max = " + std::to_string(limits.pixels_max));
  }
  return OkStatus();
}

Result<ImageInfo> ProbePng(std::string_view bytes, const ImageLimits& limits) {
  constexpr std::size_t kHeaderBytes = 8 + 8 + 13;  // signature, chunk head, IHDR
  if (bytes.size() < kHeaderBytes || bytes.substr(12, 4) != "IHDR") {
    return Error(ErrorCode::kCorruption, "the PNG file has no header chunk");
  }
  const std::uint32_t width = BigEndian(bytes, 16, 4);
  const std::uint32_t height = BigEndian(bytes, 20, 4);
  ATTUNE_RETURN_IF_ERROR(CheckSides(width, height, limits));
  return ImageInfo{ImageFormat::kPng, static_cast<int>(width), static_cast<int>(height), 1};
}

// SOF0 to SOF15 without DHT, JPG and DAC, which share the number range.
bool IsStartOfFrame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

Result<ImageInfo> ProbeJpeg(std::string_view bytes, const ImageLimits& limits) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (BigEndian(bytes, at, 1) != 0xFF) break;
    const unsigned marker = BigEndian(bytes, at + 1, 1);
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {  // markers without a body
      at += 2;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;  // pixels or the end before any frame header
    const std::size_t length = BigEndian(bytes, at + 2, 2);
    if (length < 2) break;
    if (IsStartOfFrame(marker)) {
      if (at + 9 > bytes.size()) break;
      const std::uint32_t height = BigEndian(bytes, at + 5, 2);
      const std::uint32_t width = BigEndian(bytes, at + 7, 2);
      ATTUNE_RETURN_IF_ERROR(CheckSides(width, height, limits));
      return ImageInfo{ImageFormat::kJpeg, static_cast<int>(width), static_cast<int>(height), 1};
    }
    at += 2 + length;
  }
  return Error(ErrorCode::kCorruption, "the JPEG file has no frame header before byte " + std::to_string(at));
}

// What Leptonica decodes; a wider sample would multiply the memory of a pixel.
constexpr std::uint64_t kTiffBitsMax = 16;
constexpr std::uint64_t kTiffSamplesMax = 4;

Result<ImageInfo> ProbeTiff(std::string_view bytes, const ImageLimits& limits) {
  ATTUNE_ASSIGN_OR_RETURN(const auto directories, ReadTiffDirectories(bytes, limits.pages_max));
  for (const TiffDirectory& page : directories) {
    ATTUNE_RETURN_IF_ERROR(CheckSides(page.width, page.height, limits));
    if (page.tile_width != 0 || page.tile_height != 0) {
      ATTUNE_RETURN_IF_ERROR(CheckSides(page.tile_width, page.tile_height, limits));
    }
    if (page.bits_per_sample > kTiffBitsMax || page.samples_per_pixel > kTiffSamplesMax) {
      return Error(ErrorCode::kInvalidArgument, "the TIFF file has " + std::to_string(page.samples_per_pixel) +
                                                    " samples of " + std::to_string(page.bits_per_sample) +
                                                    " bits per pixel; at most 4 of 16 can be read");
    }
  }
  return ImageInfo{ImageFormat::kTiff, static_cast<int>(directories.front().width),
                   static_cast<int>(directories.front().height), static_cast<int>(directories.size())};
}

}  // namespace

bool LooksLikeImage(std::string_view bytes) noexcept { return FormatOf(bytes).has_value(); }

Result<ImageInfo> ProbeImage(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.size() > limits.bytes_max.count()) {
    return Error(ErrorCode::kExhausted, "an image file of " + std::to_string(bytes.size()) +
                                            " bytes is larger than bytes_max = " + ToString(limits.bytes_max));
  }
  const auto format = FormatOf(bytes);
  if (!format) return Error(ErrorCode::kInvalidArgument, "not a PNG, JPEG or TIFF image");
  switch (*format) {
    case ImageFormat::kPng:
      return ProbePng(bytes, limits);
    case ImageFormat::kJpeg:
      return ProbeJpeg(bytes, limits);
    case ImageFormat::kTiff:
      break;
  }
  return ProbeTiff(bytes, limits);
}

}  // namespace attune::vision

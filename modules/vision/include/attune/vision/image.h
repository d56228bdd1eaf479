#pragma once
// Images from untrusted bytes: what a file claims to be is read from its header
// and held against limits *before* a decoder touches it, so that a small file
// which unpacks to gigabytes is refused for the price of reading its header.
//
//   ATTUNE_ASSIGN_OR_RETURN(const ImageInfo info, ProbeImage(bytes, limits));
//   for (int page = 0; page < info.pages; ++page) {
//     ATTUNE_ASSIGN_OR_RETURN(const GrayImage image, DecodeImage(bytes, page, limits));
//   }
//
// Formats    PNG, JPEG, TIFF (classic and BigTIFF, many pages).
// Threads    pure functions.
// Cost       ProbeImage reads headers only. DecodeImage needs one byte per pixel
//            for the result and at most eight while it works.
// Errors     kInvalidArgument (not an image of these formats), kExhausted (a limit;
//            the message names it and the value), kCorruption (damaged file),
//            kUnavailable (built without the decoders). Nothing is printed.

#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::vision {

enum class ImageFormat : std::uint8_t { kPng, kJpeg, kTiff };

struct ImageLimits {
  Bytes bytes_max{64ULL << 20U};          // of the file
  std::uint64_t pixels_max = 40'000'000;  // per page; A4 at 600 dpi has 34.8 million
  int side_max = 32'000;                  // Tesseract counts pixels in 16 bits
  int pages_max = 2000;                   // of one TIFF file; a fax or a book, not a loop of headers
};

struct ImageInfo {
  ImageFormat format = ImageFormat::kPng;
  int width = 0;  // of the first page
  int height = 0;
  int pages = 1;
};

// One byte per pixel, 0 is black, rows without padding.
struct GrayImage {
  int width = 0;
  int height = 0;
  int dpi = 0;  // 0: the file does not say
  std::vector<std::uint8_t> pixels;
};

// True for bytes that start like one of the formats. Never fails.
bool LooksLikeImage(std::string_view bytes) noexcept;

// Every page of the file is inside the limits when this succeeds.
Result<ImageInfo> ProbeImage(std::string_view bytes, const ImageLimits& limits);

// `page` counts from 0. Colours become luminance, transparency becomes white.
// A JPEG or TIFF file that ends early is decoded as far as it goes, the rest is
// grey or white; a damaged PNG file is an error.
Result<GrayImage> DecodeImage(std::string_view bytes, int page, const ImageLimits& limits);

}  // namespace attune::vision

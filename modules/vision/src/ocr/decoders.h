#pragma once
// One decoder per format. REQUIRES for all: `bytes` passed ProbeImage, and width
// and height are what it said; a file that then says otherwise is kCorruption.
// Each keeps its library silent and its memory within eight bytes per pixel.

#include <string_view>

#include "attune/base/result.h"
#include "attune/vision/image.h"

namespace attune::vision {

Result<GrayImage> DecodePng(std::string_view bytes, const ImageInfo& info);
Result<GrayImage> DecodeJpeg(std::string_view bytes, const ImageInfo& info);
Result<GrayImage> DecodeTiff(std::string_view bytes, int page, const ImageLimits& limits);

}  // namespace attune::vision

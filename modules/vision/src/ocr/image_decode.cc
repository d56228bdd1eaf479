#include <algorithm>
#include <exception>
#include <new>
#include <string>

#include "decoders.h"

namespace attune::vision {
namespace {

Result<GrayImage> Decode(std::string_view bytes, int page, const ImageInfo& info, const ImageLimits& limits) {
  switch (info.format) {
    case ImageFormat::kPng:
      return DecodePng(bytes, info);
    case ImageFormat::kJpeg:
      return DecodeJpeg(bytes, info);
    case ImageFormat::kTiff:
      break;
  }
  return DecodeTiff(bytes, page, limits);
}

}  // namespace

Result<GrayImage> DecodeImage(std::string_view bytes, int page, const ImageLimits& limits) {
  ATTUNE_ASSIGN_OR_RETURN(const ImageInfo info, ProbeImage(bytes, limits));
  if (page < 0 || page >= info.pages) {
    return Error(ErrorCode::kInvalidArgument,
                 "page " + std::to_string(page) + " of an image file with " + std::to_string(info.pages) + " pages");
  }
  try {
    return Decode(bytes, page, info, limits);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kExhausted, "no memory for an image of " + std::to_string(info.width) + " x " +
                                            std::to_string(info.height) + " pixels");
  }
}

}  // namespace attune::vision

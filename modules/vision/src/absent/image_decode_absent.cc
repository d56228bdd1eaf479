// The decoder of a build without the image libraries. It refuses what the real
// one refuses, so that a file is blamed before the build is.
#include "attune/vision/image.h"

namespace attune::vision {

Result<GrayImage> DecodeImage(std::string_view bytes, int /*page*/, const ImageLimits& limits) {
  ATTUNE_RETURN_IF_ERROR(ProbeImage(bytes, limits));
  return Error(ErrorCode::kUnavailable,
               "built without image decoders: install libtesseract-dev, libleptonica-dev, libpng-dev and libjpeg-dev "
               "and rebuild");
}

}  // namespace attune::vision

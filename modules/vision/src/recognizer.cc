#include "attune/vision/recognizer.h"

#include <utility>

namespace attune::vision {
namespace {

// Upper bounds for tesseract-ocr-eng 4.1 (README.md): the model with its dictionaries,
// and the grey image, its binary form and the layout of a page.
constexpr std::uint64_t kModelBytes = 32ULL << 20U;
constexpr std::uint64_t kBytesPerPixel = 7;

}  // namespace

Bytes RecognitionBytes(std::uint64_t pixels) noexcept { return Bytes(kModelBytes + pixels * kBytesPerPixel); }

Result<Page> Recognizer::RecognizeFile(std::string_view bytes, int page, const RecognizeLimits& limits,
                                       std::stop_token stop) {
  ATTUNE_ASSIGN_OR_RETURN(const GrayImage image, DecodeImage(bytes, page, limits.image));
  return Recognize(image, limits, std::move(stop));
}

}  // namespace attune::vision

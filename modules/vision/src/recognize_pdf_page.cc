#include <utility>

#include "attune/vision/pdf.h"

namespace attune::vision {
namespace {

constexpr float kPointsPerInch = 72;

Box Scaled(const Box& box, float factor) {
  return {box.left * factor, box.top * factor, box.right * factor, box.bottom * factor};
}

}  // namespace

Result<Page> RecognizePdfPage(PdfDocument& document, int number, Recognizer& recognizer, const RecognizeLimits& limits,
                              std::stop_token stop) {
  ATTUNE_ASSIGN_OR_RETURN(const GrayImage image, document.RenderPage(number, kRecognitionDpi));
  ATTUNE_ASSIGN_OR_RETURN(Page page, recognizer.Recognize(image, limits, std::move(stop)));
  const float points_per_pixel = kPointsPerInch / static_cast<float>(image.dpi);
  page.width *= points_per_pixel;
  page.height *= points_per_pixel;
  for (Word& word : page.words) word.box = Scaled(word.box, points_per_pixel);
  return page;
}

}  // namespace attune::vision

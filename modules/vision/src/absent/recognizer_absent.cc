// The recognizer of a build without Tesseract.
#include "attune/vision/recognizer.h"

namespace attune::vision {

bool RecognitionIsBuiltIn() noexcept { return false; }

Result<std::unique_ptr<Recognizer>> Recognizer::Create(const Clock& /*clock*/, const RecognizerConfig& /*config*/) {
  return Error(ErrorCode::kUnavailable,
               "built without Tesseract: install libtesseract-dev, libleptonica-dev and tesseract-ocr-eng and rebuild");
}

}  // namespace attune::vision

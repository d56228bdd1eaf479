// The PDF reader of a build without Poppler.
#include "attune/vision/pdf.h"

namespace attune::vision {

bool PdfIsBuiltIn() noexcept { return false; }

Result<std::unique_ptr<PdfDocument>> PdfDocument::Open(std::string /*bytes*/, const PdfLimits& /*limits*/) {
  return Error(ErrorCode::kUnavailable, "built without Poppler: install libpoppler-cpp-dev and rebuild");
}

}  // namespace attune::vision

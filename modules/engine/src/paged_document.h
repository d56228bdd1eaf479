#pragma once
// Documents made of pages: PDF files and images. A page with a text layer is read
// as it is; one without is recognised. Every page ends in the text of one document,
// cut into passages that know their page; words of recognised pages keep their boxes.
//
// Threads    the functions are thread-safe; a recognizer is borrowed page by page.
// Errors     what prevents reading the whole file is the skip reason; a page that fails, or
//            that has no text while recognition is off, is left out and counted in a
//            note behind the title, and the rest is read.

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "attune/console/skip_reason.h"
#include "attune/store/operations.h"
#include "attune/vision/recognizer_pool.h"

namespace attune::engine {

struct PagedResult {
  std::optional<console::Skip> skip;
  bool interrupted = false;
};

// `recognizers` may be null: recognition is off.
PagedResult ReadPdfDocument(std::string bytes, vision::RecognizerPool* recognizers, const std::stop_token& stop,
                            store::NewDocument& document);
PagedResult ReadImageDocument(std::string_view bytes, vision::RecognizerPool& recognizers, const std::stop_token& stop,
                              store::NewDocument& document);

}  // namespace attune::engine

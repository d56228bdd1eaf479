#pragma once
// PdfDocument: the words of a PDF file, page by page, from its text layer; and
// the pages as images where there is none.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto document, PdfDocument::Open(std::move(bytes), {}));
//   for (int number = 1; number <= document->pages(); ++number) {
//     ATTUNE_ASSIGN_OR_RETURN(Page page, document->ReadPage(number));
//     if (page.words.empty()) page = RecognizePdfPage(*document, number, recognizer, {}, stop)...
//   }
//
// Ownership  a document owns the bytes it was opened from.
// Threads    one caller at a time per document; documents are independent.
// Cost       a page of text takes about a millisecond. One page is read or drawn
//            as a whole: callers that must be able to stop do so between pages.
// Errors     kInvalidArgument (not a PDF file, no such page), kDenied (needs a
//            password), kCorruption (damaged beyond repair), kExhausted (a limit),
//            kUnavailable (built without Poppler). A page that fails says nothing
//            about the others. Nothing is printed.

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/vision/image.h"
#include "attune/vision/page.h"
#include "attune/vision/recognizer.h"

namespace attune::vision {

struct PdfLimits {
  Bytes bytes_max{256ULL << 20U};         // of the file; it is held in memory while open
  int pages_max = 20'000;                 // more is a generated file, not something to read
  std::size_t page_words_max = 200'000;   // a dense newspaper page has 10,000
  std::uint64_t pixels_max = 20'000'000;  // of a page that is drawn; A4 at 400 dpi has 15 million
};

// Whether this build contains Poppler.
bool PdfIsBuiltIn() noexcept;

class PdfDocument {
 public:
  static Result<std::unique_ptr<PdfDocument>> Open(std::string bytes, const PdfLimits& limits);
  PdfDocument(const PdfDocument&) = delete;
  PdfDocument& operator=(const PdfDocument&) = delete;
  virtual ~PdfDocument() = default;

  virtual const std::string& title() const noexcept = 0;  // empty if the file has none
  virtual int pages() const noexcept = 0;

  // REQUIRES for both: nothing; a `number` outside 1..pages() is kInvalidArgument.
  // A page without a text layer is a Page without words.
  virtual Result<Page> ReadPage(int number) = 0;

  // At `dpi` (REQUIRES: 1..1200), or coarser where pixels_max asks for it; the
  // image says which.
  virtual Result<GrayImage> RenderPage(int number, int dpi) = 0;

 protected:
  PdfDocument() = default;
};

// Fine enough for 8-point type (a lower-case letter is then about ten pixels high),
// coarse enough for a page to take seconds.
inline constexpr int kRecognitionDpi = 200;

// Draws the page, recognises it, and gives the words in points, as ReadPage does.
Result<Page> RecognizePdfPage(PdfDocument& document, int number, Recognizer& recognizer, const RecognizeLimits& limits,
                              std::stop_token stop);

}  // namespace attune::vision

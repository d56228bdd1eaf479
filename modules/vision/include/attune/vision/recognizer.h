#pragma once
// Recognizer: reads the words of a scanned page with Tesseract.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto recognizer, Recognizer::Create(SystemClock(), {}));
//   ATTUNE_ASSIGN_OR_RETURN(const Page page, recognizer->RecognizeFile(bytes, 0, {}, stop));
//
// Ownership  a Recognizer owns its language model; nothing is shared.
// Threads    one caller at a time per instance; instances are independent. Each
//            call runs on the calling thread only: Tesseract's own worker threads
//            are switched off, because they spin while they wait (six times the CPU
//            time for the same page, see README.md).
// Cost       Create loads the model (0.1 s). A page of 900 words takes seconds.
// Errors     Create: kNotFound when the language data is missing, naming the
//            package to install; kUnavailable when built without Tesseract.
//            Recognize: kDeadline, kCancelled, kExhausted (image beyond limits,
//            or noise instead of text).
//            Nothing is printed; the recognizer stays usable after an error.

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/vision/image.h"
#include "attune/vision/page.h"

namespace attune::vision {

struct RecognizerConfig {
  std::string languages = "eng";  // Tesseract's names, joined by '+'; each more costs time on every page
  std::string data_directory{};   // of the *.traineddata files; empty: where Tesseract was installed
};

struct RecognizeLimits {
  ImageLimits image;
  // Checked before each line of text. Finding the lines comes first and is not
  // interrupted: 0.1 s per million pixels of ordinary text, more with more marks.
  Duration time_max = std::chrono::minutes(2);
  // Separate black marks on the page: letters, dots, specks. A page of a book has
  // 4,000, a broadsheet newspaper 60,000; noise has millions, and finding lines in
  // it would take minutes and a gigabyte. At this bound it takes less than ten seconds.
  int marks_max = 100'000;
};

// Whether this build contains Tesseract.
bool RecognitionIsBuiltIn() noexcept;

// What one more Recognizer takes at most while it reads a page of that many
// pixels, for a budget to ask before it starts one.
Bytes RecognitionBytes(std::uint64_t pixels) noexcept;

class Recognizer {
 public:
  static Result<std::unique_ptr<Recognizer>> Create(const Clock& clock, const RecognizerConfig& config);
  Recognizer(const Recognizer&) = delete;
  Recognizer& operator=(const Recognizer&) = delete;
  virtual ~Recognizer() = default;

  // An image without any text is a Page without words.
  virtual Result<Page> Recognize(const GrayImage& image, const RecognizeLimits& limits, std::stop_token stop) = 0;

  // Decodes page `page` (from 0) of an image file, then recognises it.
  Result<Page> RecognizeFile(std::string_view bytes, int page, const RecognizeLimits& limits, std::stop_token stop);

  // The model and what the largest page so far needed. An estimate from measured
  // constants (README.md), because Tesseract does not count. Any thread may ask.
  virtual Bytes bytes() const noexcept = 0;

 protected:
  Recognizer() = default;
};

}  // namespace attune::vision

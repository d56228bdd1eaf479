#include <tesseract/baseapi.h>
#include <tesseract/ocrclass.h>
#include <tesseract/resultiterator.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "attune/vision/recognizer.h"
#include "leptonica.h"
#include "single_threaded_openmp.h"

namespace attune::vision {
namespace {

// Below it no letter can be told apart; Tesseract refuses less than three pixels.
constexpr int kSideMin = 8;
// What a scanner produces; Tesseract measures the letters itself for other values.
constexpr int kDpiMin = 70;
constexpr int kDpiMax = 2400;

// Tesseract's parameters and its message stream are shared by the whole process
// while an instance starts or ends.
std::mutex& LifetimeMutex() {
  static std::mutex mutex;
  return mutex;
}

bool IsLanguageList(const std::string& languages) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+';
  };
  return !languages.empty() && std::all_of(languages.begin(), languages.end(), allowed);
}

// Asked by Tesseract before each line whether to go on.
struct Watch {
  const Clock& clock;
  TimePoint deadline;
  const std::stop_token& stop;
  bool late = false;
  bool stopped = false;

  bool ShouldEnd() {
    stopped = stopped || stop.stop_requested();
    late = late || clock.Now() >= deadline;
    return stopped || late;
  }
};

Word WordAt(const tesseract::ResultIterator& at, const GrayImage& image) {
  Word word;
  if (const std::unique_ptr<char[]> text(at.GetUTF8Text(tesseract::RIL_WORD)); text != nullptr) word.text = text.get();
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  at.BoundingBox(tesseract::RIL_WORD, &left, &top, &right, &bottom);
  const auto within = [](int value, int max) { return static_cast<float>(std::clamp(value, 0, max)); };
  word.box = {within(left, image.width), within(top, image.height), within(right, image.width),
              within(bottom, image.height)};
  word.confidence = std::clamp(at.Confidence(tesseract::RIL_WORD) / 100.0F, 0.0F, 1.0F);
  return word;
}

std::vector<Word> WordsOf(tesseract::TessBaseAPI& api, const GrayImage& image) {
  std::vector<Word> words;
  const std::unique_ptr<tesseract::ResultIterator> at(api.GetIterator());
  if (at == nullptr) return words;
  std::uint32_t lines = 0;
  std::uint32_t blocks = 0;
  do {
    if (at->Empty(tesseract::RIL_WORD)) continue;
    Word word = WordAt(*at, image);
    if (word.text.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    const bool first = words.empty();
    if (!first && at->IsAtBeginningOf(tesseract::RIL_TEXTLINE)) ++lines;
    if (!first && at->IsAtBeginningOf(tesseract::RIL_BLOCK)) ++blocks;
    word.line = lines;
    word.block = blocks;
    words.push_back(std::move(word));
  } while (at->Next(tesseract::RIL_WORD));
  return words;
}

class TesseractRecognizer final : public Recognizer {
 public:
  explicit TesseractRecognizer(const Clock& clock) : clock_(clock) {
    const std::lock_guard lock(LifetimeMutex());
    api_ = std::make_unique<tesseract::TessBaseAPI>();
    api_->SetVariable("debug_file", "/dev/null");
  }

  ~TesseractRecognizer() override {
    const std::lock_guard lock(LifetimeMutex());
    api_.reset();
  }

  Status Load(const RecognizerConfig& config) {
    const std::lock_guard lock(LifetimeMutex());
    const SingleThreadedOpenMp single_threaded;
    const char* directory = config.data_directory.empty() ? nullptr : config.data_directory.c_str();
    if (api_->Init(directory, config.languages.c_str(), tesseract::OEM_LSTM_ONLY) == 0) return OkStatus();
    const std::string where = directory != nullptr ? config.data_directory : "the directory of Tesseract's packages";
    return Error(ErrorCode::kNotFound, "no recognition data for '" + config.languages + "' in " + where +
                                           ": install tesseract-ocr-" +
                                           config.languages.substr(0, config.languages.find('+')) +
                                           " or name the directory of the .traineddata files");
  }

  Result<Page> Recognize(const GrayImage& image, const RecognizeLimits& limits, std::stop_token stop) override {
    ATTUNE_RETURN_IF_ERROR(CheckImage(image, limits));
    if (image.width < kSideMin || image.height < kSideMin) return EmptyPage(image);
    Watch watch{clock_, clock_.Now() + limits.time_max, stop};
    try {
      Result<Page> page = Run(image, limits.marks_max, watch);
      api_->Clear();
      return page;
    } catch (const std::bad_alloc&) {
      api_->Clear();
      return Error(ErrorCode::kExhausted, "no memory to recognise " + SizeOf(image));
    } catch (const std::exception& e) {
      api_->Clear();
      return Error(ErrorCode::kCorruption, "cannot recognise " + SizeOf(image) + ": " + e.what());
    }
  }

  Bytes bytes() const noexcept override { return RecognitionBytes(pixels_largest_.load(std::memory_order_relaxed)); }

 private:
  static std::string SizeOf(const GrayImage& image) {
    return "an image of " + std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels";
  }

  static Page EmptyPage(const GrayImage& image) {
    Page page;
    page.width = static_cast<float>(image.width);
    page.height = static_cast<float>(image.height);
    page.origin = PageOrigin::kRecognized;
    return page;
  }

  static Status CheckImage(const GrayImage& image, const RecognizeLimits& limits) {
    const auto width = static_cast<std::uint64_t>(std::max(image.width, 0));
    const auto height = static_cast<std::uint64_t>(std::max(image.height, 0));
    if (image.pixels.size() != width * height) {
      return Error(ErrorCode::kInvalidArgument,
                   SizeOf(image) + " comes with " + std::to_string(image.pixels.size()) + " bytes");
    }
    if (width * height > limits.image.pixels_max || std::max(image.width, image.height) > limits.image.side_max) {
      return Error(ErrorCode::kExhausted, SizeOf(image) +
                                              " is beyond pixels_max = " + std::to_string(limits.image.pixels_max) +
                                              " or side_max = " + std::to_string(limits.image.side_max));
    }
    return OkStatus();
  }

  // Counted in the black and white picture that Tesseract will work on.
  Status CheckMarks(const GrayImage& image, int marks_max) {
    const OwnedPix binary(api_->GetThresholdedImage());
    int marks = 0;
    if (binary == nullptr || pixCountConnComp(binary.get(), 4, &marks) != 0) {
      return Error(ErrorCode::kCorruption, "Tesseract cannot tell black from white in " + SizeOf(image));
    }
    if (marks <= marks_max) return OkStatus();
    return Error(ErrorCode::kExhausted, SizeOf(image) + " has " + std::to_string(marks) +
                                            " separate marks, more than marks_max = " + std::to_string(marks_max) +
                                            ": noise or a photograph, not a page of text");
  }

  Result<Page> Run(const GrayImage& image, int marks_max, Watch& watch) {
    const SingleThreadedOpenMp single_threaded;
    const std::uint64_t pixels = image.pixels.size();
    if (pixels > pixels_largest_.load(std::memory_order_relaxed)) {
      pixels_largest_.store(pixels, std::memory_order_relaxed);  // one writer: the one caller
    }
    api_->SetImage(image.pixels.data(), image.width, image.height, 1, image.width);
    if (image.dpi >= kDpiMin && image.dpi <= kDpiMax) api_->SetSourceResolution(image.dpi);
    ATTUNE_RETURN_IF_ERROR(CheckMarks(image, marks_max));
    tesseract::ETEXT_DESC monitor;
    monitor.cancel_this = &watch;
    monitor.cancel = [](void* self, int /*words*/) { return static_cast<Watch*>(self)->ShouldEnd(); };
    const bool ended_early = watch.ShouldEnd() || api_->Recognize(&monitor) != 0;
    if (watch.stopped) return Error(ErrorCode::kCancelled, "stopped while recognising " + SizeOf(image));
    if (watch.late) return Error(ErrorCode::kDeadline, "no time left while recognising " + SizeOf(image));
    if (ended_early) return Error(ErrorCode::kCorruption, "Tesseract cannot recognise " + SizeOf(image));
    Page page = EmptyPage(image);
    page.words = WordsOf(*api_, image);
    return page;
  }

  const Clock& clock_;
  std::unique_ptr<tesseract::TessBaseAPI> api_;
  std::atomic<std::uint64_t> pixels_largest_{0};  // relaxed: a figure for reports, ordered with nothing
};

}  // namespace

bool RecognitionIsBuiltIn() noexcept { return true; }

Result<std::unique_ptr<Recognizer>> Recognizer::Create(const Clock& clock, const RecognizerConfig& config) {
  if (!IsLanguageList(config.languages)) {
    return Error(ErrorCode::kInvalidArgument,
                 "'" + config.languages + "' does not name languages; expected names like \"eng\" or \"eng+deu\"");
  }
  SilenceLeptonica();
  try {
    auto recognizer = std::make_unique<TesseractRecognizer>(clock);
    ATTUNE_RETURN_IF_ERROR(recognizer->Load(config));
    return std::unique_ptr<Recognizer>(std::move(recognizer));
  } catch (const std::exception& e) {
    return Error(ErrorCode::kUnavailable, std::string("Tesseract does not start: ") + e.what());
  }
}

}  // namespace attune::vision

#if __has_include(<leptonica/allheaders.h>)  // absent where Tesseract is absent; tests/absent/ covers that build
#include "attune/vision/recognizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "attune/vision/recognizer_pool.h"
#include "drawn_page.h"

namespace attune::vision {
namespace {

std::unique_ptr<Recognizer> MakeRecognizer(const Clock& clock = SystemClock()) {
  auto recognizer = Recognizer::Create(clock, {});
  EXPECT_TRUE(recognizer.ok()) << recognizer.error().message();
  return recognizer.ok() ? *std::move(recognizer) : nullptr;
}

const Word* Find(const Page& page, std::string_view text) {
  const auto found = std::find_if(page.words.begin(), page.words.end(), [&](const Word& w) { return w.text == text; });
  return found == page.words.end() ? nullptr : &*found;
}

TEST(Recognizer, ReadsDrawnWordsFromEveryFormat) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const DrawnPage drawn = DrawLines({"Invoice number 4711", "Payment within thirty days"});
  for (const int format : {IFF_PNG, IFF_JFIF_JPEG, IFF_TIFF_LZW}) {
    const auto page = recognizer->RecognizeFile(FileOf(*drawn, format), 0, {}, {});
    ASSERT_TRUE(page.ok()) << page.error().message();
    EXPECT_EQ(page->origin, PageOrigin::kRecognized);
    EXPECT_EQ(page->width, 1200);
    for (const std::string_view expected : {"Invoice", "number", "4711", "Payment", "within", "thirty", "days"}) {
      const Word* word = Find(*page, expected);
      ASSERT_NE(word, nullptr) << expected << " in\n" << ReadingText(*page).text;
      EXPECT_GT(word->confidence, 0.6F) << expected;
      EXPECT_LE(word->confidence, 1.0F);
    }
  }
}

TEST(Recognizer, EveryWordHasItsBoxAndLine) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const DrawnPage drawn = DrawLines({"upper line", "lower line"});
  const auto page = recognizer->RecognizeFile(FileOf(*drawn, IFF_PNG), 0, {}, {});
  ASSERT_TRUE(page.ok()) << page.error().message();
  for (const Word& word : page->words) {
    EXPECT_GE(word.box.left, 0);
    EXPECT_GE(word.box.top, 0);
    EXPECT_LT(word.box.left, word.box.right);
    EXPECT_LT(word.box.top, word.box.bottom);
    EXPECT_LE(word.box.right, page->width);
    EXPECT_LE(word.box.bottom, page->height);
  }
  const Word* upper = Find(*page, "upper");
  const Word* lower = Find(*page, "lower");
  ASSERT_NE(upper, nullptr);
  ASSERT_NE(lower, nullptr);
  EXPECT_EQ(upper->line, 0U);
  EXPECT_EQ(lower->line, 1U);
  EXPECT_NEAR(lower->box.bottom - upper->box.bottom, 70, 25);  // "pp" goes below the baseline, "lower" does not
  EXPECT_NEAR(upper->box.left, 40, 12);
}

TEST(Recognizer, ABlankPageHasNoWords) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  for (const int side : {1, 7, 8, 9, 300}) {
    const auto pixels = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    const GrayImage image{side, side, 0, std::vector<std::uint8_t>(pixels, 255)};
    const auto page = recognizer->Recognize(image, {}, {});
    ASSERT_TRUE(page.ok()) << page.error().message();
    EXPECT_TRUE(page->words.empty());
  }
}

TEST(Recognizer, AnImageWithoutItsPixelsIsAnError) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  EXPECT_FALSE(recognizer->Recognize({100, 100, 0, std::vector<std::uint8_t>(9999)}, {}, {}).ok());
  EXPECT_FALSE(recognizer->Recognize({-1, -1, 0, std::vector<std::uint8_t>(1)}, {}, {}).ok());
  RecognizeLimits tight;
  tight.image.pixels_max = 9'999;
  const auto large = recognizer->Recognize({100, 100, 0, std::vector<std::uint8_t>(10'000)}, tight, {});
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code(), ErrorCode::kExhausted);
}

TEST(Recognizer, MissingLanguageDataNamesThePackage) {
  testing::internal::CaptureStderr();
  const auto missing = Recognizer::Create(SystemClock(), {.languages = "xyz"});
  const auto nowhere = Recognizer::Create(SystemClock(), {.data_directory = "/nonexistent/tessdata"});
  const auto path = Recognizer::Create(SystemClock(), {.languages = "../../etc/passwd"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message().find("tesseract-ocr-xyz"), std::string::npos) << missing.error().message();
  ASSERT_FALSE(nowhere.ok());
  EXPECT_NE(nowhere.error().message().find("/nonexistent/tessdata"), std::string::npos);
  ASSERT_FALSE(path.ok());
  EXPECT_EQ(path.error().code(), ErrorCode::kInvalidArgument);
}

// Every look at it costs a second, so that a deadline passes without waiting.
class TickingClock final : public Clock {
 public:
  TimePoint Now() const noexcept override { return TimePoint(std::chrono::seconds(++seconds_)); }
  WallTime WallNow() const noexcept override { return WallTime{}; }

 private:
  mutable std::atomic<int> seconds_{0};
};

TEST(Recognizer, EndsAtItsDeadlineAndStaysUsable) {
  const TickingClock clock;
  const auto recognizer = MakeRecognizer(clock);
  ASSERT_NE(recognizer, nullptr);
  const DrawnPage drawn = DrawLines({"some words to read", "and some more of them"});
  RecognizeLimits limits;
  limits.time_max = std::chrono::seconds(3);
  const auto late = recognizer->RecognizeFile(FileOf(*drawn, IFF_PNG), 0, limits, {});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), ErrorCode::kDeadline);
  limits.time_max = std::chrono::hours(100);
  const auto again = recognizer->RecognizeFile(FileOf(*drawn, IFF_PNG), 0, limits, {});
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_NE(Find(*again, "words"), nullptr);
}

// Requests the stop when the recogniser looks at the time for the third time,
// which is before the first of the lines.
class StoppingClock final : public Clock {
 public:
  explicit StoppingClock(std::stop_source& stop) : stop_(stop) {}
  TimePoint Now() const noexcept override {
    if (++looks_ == 3) stop_.request_stop();
    return TimePoint{};
  }
  WallTime WallNow() const noexcept override { return WallTime{}; }

 private:
  std::stop_source& stop_;
  mutable std::atomic<int> looks_{0};
};

TEST(Recognizer, EndsWhenToldTo) {
  std::stop_source stop;
  const StoppingClock clock(stop);
  const auto recognizer = MakeRecognizer(clock);
  ASSERT_NE(recognizer, nullptr);
  const DrawnPage drawn = DrawLines({"some words to read", "and some more of them"});
  const auto page = recognizer->RecognizeFile(FileOf(*drawn, IFF_PNG), 0, {}, stop.get_token());
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code(), ErrorCode::kCancelled);
}

std::size_t Threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

TEST(Recognizer, WorksOnTheCallingThreadOnly) {
  const std::size_t before = Threads();  // a sanitizer may have one of its own
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const DrawnPage drawn = DrawLines({"one thread"});
  ASSERT_TRUE(recognizer->RecognizeFile(FileOf(*drawn, IFF_PNG), 0, {}, {}).ok());
  EXPECT_EQ(Threads(), before);
}

GrayImage Noise(int side) {
  const auto pixels = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  GrayImage image{side, side, 0, std::vector<std::uint8_t>(pixels)};
  std::uint32_t state = 1;
  for (auto& pixel : image.pixels) pixel = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24U);
  return image;
}

TEST(Recognizer, APageOfNoiseIsRefusedBeforeItCostsMinutes) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const auto page = recognizer->Recognize(Noise(1500), {}, {});
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code(), ErrorCode::kExhausted);
  EXPECT_NE(page.error().message().find("marks_max"), std::string::npos) << page.error().message();
}

TEST(Recognizer, NoiseIsReadWithoutASound) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const GrayImage image = Noise(140);
  testing::internal::CaptureStderr();
  const auto page = recognizer->Recognize(image, {}, {});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(page.ok());
}

TEST(Recognizer, ReportsItsBytes) {
  const auto recognizer = MakeRecognizer();
  ASSERT_NE(recognizer, nullptr);
  const Bytes fresh = recognizer->bytes();
  EXPECT_EQ(fresh, RecognitionBytes(0));
  ASSERT_TRUE(recognizer->Recognize({100, 100, 0, std::vector<std::uint8_t>(10'000, 255)}, {}, {}).ok());
  EXPECT_EQ(recognizer->bytes(), RecognitionBytes(10'000));
}

TEST(RecognizerPool, ReusesWhatIsReturnedAndReleasesWhatIsIdle) {
  RecognizerPool pool(SystemClock(), {.recognizers_max = 2});
  EXPECT_EQ(pool.bytes(), Bytes(0));
  const Recognizer* first = nullptr;
  {
    const auto lease = pool.Acquire({});
    ASSERT_TRUE(lease.ok()) << lease.error().message();
    first = &**lease;
    EXPECT_EQ(pool.ReleaseIdle(), Bytes(0));
  }
  const auto lease = pool.Acquire({});
  ASSERT_TRUE(lease.ok());
  EXPECT_EQ(&**lease, first);
  {
    const auto second = pool.Acquire({});
    ASSERT_TRUE(second.ok());
    EXPECT_NE(&**second, first);
    EXPECT_EQ(pool.recognizers(), 2U);
  }
  EXPECT_EQ(pool.ReleaseIdle(), RecognitionBytes(0));
  EXPECT_EQ(pool.recognizers(), 1U);
  EXPECT_EQ(pool.bytes(), RecognitionBytes(0));
}

TEST(RecognizerPool, WaitingForOneCanBeStopped) {
  RecognizerPool pool(SystemClock(), {});
  const auto lease = pool.Acquire({});
  ASSERT_TRUE(lease.ok());
  std::stop_source stop;
  std::thread stopper([&] { stop.request_stop(); });
  const auto second = pool.Acquire(stop.get_token());
  stopper.join();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kCancelled);
}

TEST(RecognizerPool, ManyThreadsShareAFew) {
  RecognizerPool pool(SystemClock(), {.recognizers_max = 2});
  std::atomic<int> out{0};
  std::atomic<bool> too_many{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto lease = pool.Acquire({});
        if (!lease.ok() || ++out > 2) too_many = true;
        --out;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(too_many);
  EXPECT_LE(pool.recognizers(), 2U);
}

TEST(RecognizerPool, AFailureToStartDoesNotUseUpAPlace) {
  RecognizerPool pool(SystemClock(), {.recognizer = {.languages = "xyz"}});
  for (int i = 0; i < 3; ++i) {
    const auto lease = pool.Acquire({});
    ASSERT_FALSE(lease.ok());
    EXPECT_EQ(lease.error().code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace attune::vision
#endif

// The module as it is built where Tesseract and Poppler are not installed.
#include <gtest/gtest.h>

#include "attune/vision/pdf.h"
#include "attune/vision/recognizer_pool.h"

namespace attune::vision {
namespace {

TEST(WithoutLibraries, EveryReaderSaysWhatToInstall) {
  EXPECT_FALSE(RecognitionIsBuiltIn());
  EXPECT_FALSE(PdfIsBuiltIn());
  const auto recognizer = Recognizer::Create(SystemClock(), {});
  ASSERT_FALSE(recognizer.ok());
  EXPECT_EQ(recognizer.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(recognizer.error().message().find("libtesseract-dev"), std::string::npos);
  const auto pdf = PdfDocument::Open("%PDF-1.4", {});
  ASSERT_FALSE(pdf.ok());
  EXPECT_EQ(pdf.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(pdf.error().message().find("libpoppler-cpp-dev"), std::string::npos);
}

TEST(WithoutLibraries, HeadersAreStillReadAndBombsRefused) {
  std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x09\0\0\0\x07\x08\0\0\0\0", 29);
  const auto info = ProbeImage(png, {});
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(info->width, 9);
  const auto image = DecodeImage(png, 0, {});
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().code(), ErrorCode::kUnavailable);
  png[17] = '\x7f';
  EXPECT_EQ(DecodeImage(png, 0, {}).error().code(), ErrorCode::kExhausted);
}

TEST(WithoutLibraries, ThePoolPassesTheReasonOn) {
  RecognizerPool pool(SystemClock(), {});
  const auto lease = pool.Acquire({});
  ASSERT_FALSE(lease.ok());
  EXPECT_EQ(lease.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace attune::vision

#if __has_include(<poppler/cpp/poppler-document.h>)  // absent where Poppler is absent; tests/absent/ covers that build
#include "attune/vision/pdf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "written_pdf.h"
#if __has_include(<leptonica/allheaders.h>)
#include "drawn_page.h"
#endif

// Fontconfig keeps 288 bytes of its configuration for as long as the process lives
// and lets go of the pointer; how many documents are read does not matter.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that the leak checker looks for
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig"; }

namespace attune::vision {
namespace {

std::unique_ptr<PdfDocument> Open(std::string bytes) {
  auto document = PdfDocument::Open(std::move(bytes), {});
  EXPECT_TRUE(document.ok()) << document.error().message();
  return document.ok() ? *std::move(document) : nullptr;
}

ErrorCode CodeOf(std::string bytes, const PdfLimits& limits = {}) {
  const auto document = PdfDocument::Open(std::move(bytes), limits);
  EXPECT_FALSE(document.ok());
  return document.ok() ? ErrorCode::kUnavailable : document.error().code();
}

TEST(PdfDocument, ReadsTitlePagesAndWordsWithBoxes) {
  const auto document =
      Open(WritePdf({{{"Contract of sale", "between two parties"}}, {{"Second page"}}}, "The contract"));
  ASSERT_NE(document, nullptr);
  EXPECT_EQ(document->title(), "The contract");
  EXPECT_EQ(document->pages(), 2);
  const auto page = document->ReadPage(1);
  ASSERT_TRUE(page.ok()) << page.error().message();
  EXPECT_EQ(page->origin, PageOrigin::kTextLayer);
  EXPECT_FLOAT_EQ(page->width, 612);
  EXPECT_FLOAT_EQ(page->height, 792);
  EXPECT_EQ(ReadingText(*page).text, "Contract of sale\nbetween two parties\n");
  ASSERT_EQ(page->words.size(), 6U);
  const Word& first = page->words.front();
  EXPECT_NEAR(first.box.left, 72, 1);
  EXPECT_NEAR(first.box.bottom, 792 - 720, 4);
  EXPECT_LT(first.box.top, first.box.bottom);
  EXPECT_EQ(first.confidence, 1);
  const auto second = document->ReadPage(2);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(ReadingText(*second).text, "Second page\n");
}

TEST(PdfDocument, ATurnedPageIsMeasuredAsItIsShown) {
  const auto document = Open(WritePdf({{{"sideways"}, "0 0 600 800", "/Rotate 90"}}));
  ASSERT_NE(document, nullptr);
  const auto page = document->ReadPage(1);
  ASSERT_TRUE(page.ok());
  EXPECT_FLOAT_EQ(page->width, 800);
  EXPECT_FLOAT_EQ(page->height, 600);
  for (const Word& word : page->words) EXPECT_LE(word.box.right, page->width);
}

TEST(PdfDocument, NoBoxLeavesItsPage) {
  const auto document = Open(WritePdf({{{"outside"}, "0 0 60 60"}}));
  ASSERT_NE(document, nullptr);
  const auto page = document->ReadPage(1);
  ASSERT_TRUE(page.ok());
  for (const Word& word : page->words) {
    EXPECT_LE(word.box.right, 60);
    EXPECT_GE(word.box.top, 0);
  }
}

TEST(PdfDocument, APageNumberOutsideOfTheFileIsAnError) {
  const auto document = Open(WritePdf({{{"only"}}}));
  ASSERT_NE(document, nullptr);
  for (const int number : {-1, 0, 2}) {
    const auto page = document->ReadPage(number);
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_FALSE(document->RenderPage(number, 100).ok());
  }
}

TEST(PdfDocument, RefusesWhatItCannotRead) {
  EXPECT_EQ(CodeOf("plain text"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf("%PDF-1.4\nnothing else"), ErrorCode::kCorruption);
  EXPECT_EQ(CodeOf(WritePdf({})), ErrorCode::kCorruption);
  const std::string two_pages = WritePdf({{{"a"}}, {{"b"}}});
  EXPECT_EQ(CodeOf(two_pages, {.pages_max = 1}), ErrorCode::kExhausted);
  EXPECT_EQ(CodeOf(two_pages, {.bytes_max = Bytes(two_pages.size() - 1)}), ErrorCode::kExhausted);
  EXPECT_TRUE(PdfDocument::Open(two_pages, {.bytes_max = Bytes(two_pages.size()), .pages_max = 2}).ok());
}

TEST(PdfDocument, AnEncryptedFileAsksForItsPassword) {
  const std::string key(64, '0');  // no password opens it
  const std::string bytes =
      WritePdf({{{"secret"}}}, "",
               "/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + key + "> /U <" + key + "> >>");
  const auto document = PdfDocument::Open(bytes, {});
  ASSERT_FALSE(document.ok());
  EXPECT_EQ(document.error().code(), ErrorCode::kDenied);
  EXPECT_NE(document.error().message().find("password"), std::string::npos);
}

TEST(PdfDocument, TooManyWordsOnAPageAreAnErrorOfThatPage) {
  const std::string bytes = WritePdf({{{"one two three four"}}, {{"one"}}});
  const auto document = PdfDocument::Open(bytes, {.page_words_max = 3});
  ASSERT_TRUE(document.ok());
  const auto crowded = (*document)->ReadPage(1);
  ASSERT_FALSE(crowded.ok());
  EXPECT_EQ(crowded.error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE((*document)->ReadPage(2).ok());
}

TEST(PdfDocument, DrawsAPageWithinItsPixels) {
  const std::string bytes = WritePdf({{{"draw me"}}, {{}, "0 0 90000 90000"}});
  const auto document = PdfDocument::Open(bytes, {.pixels_max = 1'000'000});
  ASSERT_TRUE(document.ok());
  const auto small = (*document)->RenderPage(1, 72);
  ASSERT_TRUE(small.ok()) << small.error().message();
  EXPECT_EQ(small->width, 612);
  EXPECT_EQ(small->height, 792);
  EXPECT_EQ(small->dpi, 72);
  EXPECT_LT(*std::min_element(small->pixels.begin(), small->pixels.end()), 100);
  EXPECT_EQ(*std::max_element(small->pixels.begin(), small->pixels.end()), 255);
  const auto coarser = (*document)->RenderPage(1, 200);
  ASSERT_TRUE(coarser.ok());
  EXPECT_LT(coarser->dpi, 200);
  EXPECT_LE(coarser->pixels.size(), 1'000'000U);
  const auto plan = (*document)->RenderPage(2, 200);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code(), ErrorCode::kExhausted);
}

TEST(PdfDocument, DamagedFilesGiveErrorsAndPrintNothing) {
  const std::string whole = WritePdf({{{"damage", "control"}}, {{"second"}}}, "title");
  std::mt19937_64 random(11);
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bytes = i % 2 == 0 ? whole : whole.substr(0, random() % whole.size());
    for (int k = 0; k < 5 && !bytes.empty(); ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto document = PdfDocument::Open(bytes, {.pages_max = 100, .pixels_max = 100'000});
    if (!document.ok()) {
      ++refused;
      continue;
    }
    for (int number = 1; number <= (*document)->pages(); ++number) {
      static_cast<void>((*document)->ReadPage(number));
      if (i % 10 == 0) static_cast<void>((*document)->RenderPage(number, 50));
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_GT(refused, 50);
}

#if __has_include(<leptonica/allheaders.h>)
TEST(PdfDocument, APageWithoutATextLayerIsRecognised) {
  const DrawnPage drawn = DrawLines({"scanned letter from", "the archive"});
  const auto document = Open(ImagePdfOf(*drawn, "scan"));
  ASSERT_NE(document, nullptr);
  const auto layer = document->ReadPage(1);
  ASSERT_TRUE(layer.ok()) << layer.error().message();
  EXPECT_TRUE(layer->words.empty());
  auto recognizer = Recognizer::Create(SystemClock(), {});
  ASSERT_TRUE(recognizer.ok()) << recognizer.error().message();
  const auto page = RecognizePdfPage(*document, 1, **recognizer, {}, {});
  ASSERT_TRUE(page.ok()) << page.error().message();
  EXPECT_EQ(page->origin, PageOrigin::kRecognized);
  EXPECT_NEAR(page->width, layer->width, 1);
  EXPECT_NEAR(page->height, layer->height, 1);
  const std::string text = ReadingText(*page).text;
  for (const char* word : {"scanned", "letter", "archive"}) EXPECT_NE(text.find(word), std::string::npos) << text;
  for (const Word& word : page->words) EXPECT_LE(word.box.right, page->width + 1);
  EXPECT_NEAR(page->words.front().box.left, 40 * 72 / 300.0, 4);
}
#endif

}  // namespace
}  // namespace attune::vision
#endif

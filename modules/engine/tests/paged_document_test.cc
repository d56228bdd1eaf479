#include "paged_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../vision/tests/written_pdf.h"
#include "attune/vision/pdf.h"

namespace attune::engine {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using vision::WrittenPage;

class PagedDocumentTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!vision::PdfIsBuiltIn()) GTEST_SKIP() << "built without Poppler";
  }
  // Without recognizers, as with --ocr off.
  PagedResult Read(const std::vector<WrittenPage>& pages, const std::string& title = "") {
    document_ = {};
    return ReadPdfDocument(vision::WritePdf(pages, title), nullptr, {}, document_);
  }

  const WrittenPage text_{.lines = {"The ferry leaves at noon."}};
  const WrittenPage blank_{.lines = {}};
  const WrittenPage failing_{.lines = {"Nobody prints this."}, .media_box = "0 0 900000 900000"};
  store::NewDocument document_;
};

TEST_F(PagedDocumentTest, AFileWithoutLossesHasItsPlainTitle) {
  const PagedResult result = Read({text_, text_}, "Timetable");
  EXPECT_FALSE(result.skip);
  EXPECT_EQ(document_.title, "Timetable");
  EXPECT_EQ(document_.passages.size(), 2U);
}

TEST_F(PagedDocumentTest, PagesThatFailAreCountedBehindTheTitleAndTheRestIsRead) {
  const PagedResult result = Read({text_, failing_, text_, failing_}, "Timetable");
  EXPECT_FALSE(result.skip);
  EXPECT_EQ(document_.passages.size(), 2U);
  EXPECT_EQ(document_.passages[1].page, 3U);
  EXPECT_THAT(document_.title, StartsWith("Timetable (2 of 4 pages could not be read: page 2 of the PDF file"));
}

TEST_F(PagedDocumentTest, PagesWithoutTextAreCountedWhileRecognitionIsOff) {
  EXPECT_FALSE(Read({text_, blank_, failing_}).skip);
  EXPECT_THAT(document_.title, HasSubstr("1 of 3 pages could not be read"));
  EXPECT_THAT(document_.title, HasSubstr("1 of 3 pages without text, and recognition is switched off"));
}

TEST_F(PagedDocumentTest, AFileOfScansAsksForRecognitionAndAFailingOneSaysWhy) {
  PagedResult result = Read({blank_, blank_});
  ASSERT_TRUE(result.skip);
  EXPECT_EQ(result.skip->reason, console::SkipReason::kRecognitionOff);
  EXPECT_THAT(result.skip->detail, StartsWith("2 of 2 pages without text"));
  result = Read({failing_});
  ASSERT_TRUE(result.skip);
  EXPECT_EQ(result.skip->reason, console::SkipReason::kUnreadable);
  EXPECT_THAT(result.skip->detail, StartsWith("1 of 1 page could not be read"));
}

}  // namespace
}  // namespace attune::engine

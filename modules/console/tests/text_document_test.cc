#include "attune/console/text_document.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace attune::console {
namespace {

using namespace std::string_literals;

TextDocument Read(const std::string& path, std::string bytes, const ReadLimits& limits = {}) {
  auto reading = ReadTextDocument(path, std::move(bytes), limits);
  EXPECT_TRUE(std::holds_alternative<TextDocument>(reading)) << path;
  if (auto* document = std::get_if<TextDocument>(&reading)) return std::move(*document);
  return {};
}

Skip ReadSkip(const std::string& path, std::string bytes, const ReadLimits& limits = {}) {
  auto reading = ReadTextDocument(path, std::move(bytes), limits);
  EXPECT_TRUE(std::holds_alternative<Skip>(reading)) << path;
  if (auto* skip = std::get_if<Skip>(&reading)) return *skip;
  return {};
}

TEST(TextDocuments, CodeBecomesPassagesWithSymbols) {
  const TextDocument document = Read("src/a.py", "def f():\n    return 1\n");
  EXPECT_EQ(document.language, Language::kPython);
  EXPECT_FALSE(document.prose);
  EXPECT_EQ(document.line_count, 2U);
  ASSERT_EQ(document.passages.size(), 1U);
  EXPECT_EQ(document.passages[0].symbol, "f");
  ASSERT_EQ(document.definitions.size(), 1U);
  EXPECT_EQ(document.definitions[0].kind, SymbolKind::kFunction);
}

TEST(TextDocuments, ProseHasATitle) {
  const TextDocument document = Read("README.md", "# The tool\n\nWhat it does.\n");
  EXPECT_TRUE(document.prose);
  EXPECT_EQ(document.title, "The tool");
}

TEST(TextDocuments, APageIsReadLineByLine) {
  const TextDocument document =
      Read("a.html", "<html><title>Page</title>\n<h1>One</h1>\n<p>text</p>\n<h2>Two &amp; more</h2>\n<p>words</p>\n");
  EXPECT_EQ(document.title, "Page");
  EXPECT_EQ(document.line_count, 5U);
  ASSERT_EQ(document.definitions.size(), 2U);
  EXPECT_EQ(document.definitions[1].symbol, "One > Two & more");
  EXPECT_EQ(document.definitions[1].line, 4U);
  EXPECT_EQ(document.definitions[1].line_end, 5U);
  EXPECT_EQ(document.passages.back().byte_end, document.text.size());
}

TEST(TextDocuments, EncodingsAreConvertedAndDamageIsCounted) {
  EXPECT_EQ(Read("a.txt", "\xFF\xFEh\0i\0"s).text, "hi");
  EXPECT_EQ(Read("a.txt", "caf\xE9 au lait").encoding, TextEncoding::kLatin1);
  const TextDocument damaged = Read("a.txt", "a long enough text with one bad byte: \x81.");
  EXPECT_EQ(damaged.bytes_replaced, 1U);
}

TEST(TextDocuments, EveryReasonToSkipSaysWhatItSaw) {
  ReadLimits limits;
  limits.document_max = Bytes(100);
  const Skip large = ReadSkip("a.txt", std::string(101, 'x'), limits);
  EXPECT_EQ(large.reason, SkipReason::kTooLarge);
  EXPECT_EQ(large.detail, "101 bytes; the limit is 100");
  EXPECT_TRUE(std::holds_alternative<TextDocument>(ReadTextDocument("a.txt", std::string(100, 'x'), limits)));

  EXPECT_EQ(ReadSkip("a.txt", "").reason, SkipReason::kEmpty);
  EXPECT_EQ(ReadSkip("a.txt", " \n\t\r\n").reason, SkipReason::kEmpty);
  EXPECT_EQ(ReadSkip("a.html", "<script>x</script>").reason, SkipReason::kEmpty);
  EXPECT_EQ(ReadSkip("a.txt", "MZ\0\x01"s).reason, SkipReason::kBinary);
  EXPECT_EQ(ReadSkip("a.txt", "%PDF-1.7\n").reason, SkipReason::kUnsupported);
  EXPECT_EQ(ReadSkip("a.txt", "ab\x81\x82\x83\x84\x85").reason, SkipReason::kInvalidEncoding);
}

TEST(TextDocuments, OverLongLinesAreForPeopleNotForCode) {
  ReadLimits limits;
  limits.code_line_bytes_max = 80;
  limits.prose_line_bytes_max = 200;
  const std::string line(81, 'x');
  EXPECT_EQ(ReadSkip("a.min.js", line + "\n", limits).reason, SkipReason::kOverLongLines);
  EXPECT_EQ(Read("a.js", line.substr(1) + "\n", limits).line_count, 1U);
  EXPECT_EQ(Read("a.txt", line + "\n", limits).line_count, 1U);
  EXPECT_EQ(ReadSkip("a.txt", std::string(201, 'x'), limits).reason, SkipReason::kOverLongLines);
  EXPECT_EQ(Read("a.html", "<p>" + std::string(500, 'x'), limits).line_count, 1U);
}

TEST(SkipReasons, EachHasANameAndARemedy) {
  for (std::size_t i = 0; i < kSkipReasonCount; ++i) {
    const auto reason = static_cast<SkipReason>(i);
    EXPECT_FALSE(ToString(reason).empty());
    EXPECT_EQ(ToString(reason).find(' '), std::string_view::npos);
    EXPECT_TRUE(Remedy(reason).ends_with('.'));
  }
  EXPECT_EQ(ToString(SkipReason::kOverLongLines), "over_long_lines");
  EXPECT_EQ(ToString(SkipReason::kRecognitionOff), "recognition_off");
  EXPECT_EQ(ToString(SkipReason::kChangedWhileRead), "changed_while_read");
  EXPECT_NE(Remedy(SkipReason::kTooLarge).find("--file-max"), std::string_view::npos) << "a setting that exists";
  EXPECT_NE(Remedy(SkipReason::kTooLarge).find("--memory"), std::string_view::npos);
  EXPECT_NE(Remedy(SkipReason::kRecognitionOff).find("--ocr on"), std::string_view::npos);
}

}  // namespace
}  // namespace attune::console

#include "attune/vision/page.h"

#include <gtest/gtest.h>

#include <random>

namespace attune::vision {
namespace {

Word At(std::string text, float left, float top, float confidence = 1) {
  Word word;
  word.box = {left, top, left + 8 * static_cast<float>(text.size()), top + 10};
  word.text = std::move(text);
  word.confidence = confidence;
  return word;
}

Page PageOf(std::vector<Word> words) {
  NumberLines(words);
  return {600, 800, PageOrigin::kTextLayer, std::move(words)};
}

TEST(Page, WordsBesideEachOtherAreOneLine) {
  const PageText text = ReadingText(PageOf({At("one", 10, 10), At("two", 50, 11), At("three", 10, 22)}));
  EXPECT_EQ(text.text, "one two\nthree\n");
  ASSERT_EQ(text.lines.size(), 2U);
  EXPECT_EQ(text.lines[0].box, (Box{10, 10, 74, 21}));
  EXPECT_EQ(text.text.substr(text.lines[1].offset, text.lines[1].length), "three");
}

TEST(Page, AGapOrTheNextColumnStartsABlock) {
  const PageText text =
      ReadingText(PageOf({At("title", 10, 10), At("body", 10, 60), At("more", 10, 72), At("column", 300, 60)}));
  EXPECT_EQ(text.text, "title\n\nbody\nmore\n\ncolumn\n");
  EXPECT_EQ(text.lines.back().block, 2U);
}

TEST(Page, ASmallerWordOnTheBaselineStaysInItsLine) {
  Word note = At("2", 60, 16);
  note.box.bottom = 20;
  EXPECT_EQ(ReadingText(PageOf({At("area", 10, 10), note})).text, "area 2\n");
}

TEST(Page, AWordThatJumpsBackStartsALine) {
  const PageText text = ReadingText(PageOf({At("right", 300, 10), At("left", 10, 10)}));
  EXPECT_EQ(text.lines.size(), 2U);
}

TEST(Page, ALineIsAsSureAsItsWordsAreOnAverage) {
  const PageText text = ReadingText(PageOf({At("sure", 10, 10, 1.0F), At("guess", 50, 10, 0.5F)}));
  EXPECT_FLOAT_EQ(text.lines.at(0).confidence, 0.75F);
}

TEST(Page, AnEmptyPageHasNoTextAndNoPassages) {
  const PageText text = ReadingText(PageOf({}));
  EXPECT_TRUE(text.text.empty());
  EXPECT_TRUE(CutPassages(text, {}).empty());
}

TEST(CutPassages, PutsWholeBlocksTogetherWhileTheyFit) {
  const PageText text = ReadingText(PageOf({At("alpha", 10, 10), At("beta", 10, 60), At("gamma", 10, 72)}));
  const auto one = CutPassages(text, {});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].text, "alpha\n\nbeta\ngamma");
  EXPECT_EQ(one[0].line_first, 1U);
  EXPECT_EQ(one[0].line_last, 3U);
  EXPECT_EQ(one[0].box, (Box{10, 10, 50, 82}));
  const auto two = CutPassages(text, {.bytes_max = 12});  // "alpha\n\nbeta" would fit, but splits a block
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].text, "alpha");
  EXPECT_EQ(two[1].text, "beta\ngamma");
  EXPECT_EQ(two[1].line_first, 2U);
}

TEST(CutPassages, ALineLongerThanTheLimitStaysWhole) {
  const PageText text = ReadingText(PageOf({At("incomprehensibilities", 10, 10), At("yes", 10, 22)}));
  const auto passages = CutPassages(text, {.bytes_max = 5});
  ASSERT_EQ(passages.size(), 2U);
  EXPECT_EQ(passages[0].text, "incomprehensibilities");
}

TEST(CutPassages, EveryLineIsInExactlyOnePassage) {
  std::mt19937_64 random(20);
  for (int round = 0; round < 200; ++round) {
    std::vector<Word> words;
    const auto count = random() % 60;
    for (std::uint64_t i = 0; i < count; ++i) {
      words.push_back(At(std::string(1 + random() % 9, 'a'), static_cast<float>(random() % 500),
                         static_cast<float>(random() % 700)));
    }
    const PageText text = ReadingText(PageOf(std::move(words)));
    std::uint32_t next = 1;
    for (const PagePassage& passage : CutPassages(text, {.bytes_max = 1 + random() % 80})) {
      EXPECT_EQ(passage.line_first, next);
      EXPECT_GE(passage.line_last, passage.line_first);
      next = passage.line_last + 1;
    }
    EXPECT_EQ(next, text.lines.size() + 1);
  }
}

}  // namespace
}  // namespace attune::vision

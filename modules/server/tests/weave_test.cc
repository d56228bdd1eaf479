#include "weave.h"

#include <gmock/gmock.h>

namespace attune::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

engine::Passage PassageOf(std::string id, std::uint32_t begin, std::uint32_t end, std::string text) {
  engine::Passage passage;
  passage.where.id = std::move(id);
  passage.where.path = "a.cc";
  passage.where.source = "s";
  passage.where.line_begin = begin;
  passage.where.line_end = end;
  passage.text = std::move(text);
  return passage;
}

TEST(Weave, TakesPassagesInOrderWithTheirSources) {
  const Context context = Weave({PassageOf("p1", 1, 2, "one"), PassageOf("p2", 5, 6, "two")}, {});
  EXPECT_EQ(context.text, "[1] a.cc:1-2 (s)\none\n\n[2] a.cc:5-6 (s)\ntwo");
  EXPECT_EQ(context.sources.size(), 2U);
  EXPECT_EQ(context.left_out, 0U);
}

TEST(Weave, NeverExceedsItsBudgetWhateverTheTexts) {
  for (std::size_t tokens = 1; tokens < 400; tokens += 7) {
    std::vector<engine::Passage> passages;
    for (int i = 0; i < 8; ++i) {
      std::string text;
      for (int line = 0; line < i * 9; ++line) text += "line \xC3\xA4\xE2\x82\xAC " + std::to_string(line) + "\n";
      passages.push_back(PassageOf("p" + std::to_string(i), static_cast<std::uint32_t>(i * 100 + 1),
                                   static_cast<std::uint32_t>(i * 100 + 50), text));
    }
    const Context context = Weave(passages, {.tokens_max = tokens});
    EXPECT_LE(context.text.size(), tokens * kBytesPerToken);
    EXPECT_LE(context.tokens_estimated, tokens);
    EXPECT_EQ(context.sources.size() + context.left_out, passages.size());
  }
}

TEST(Weave, CutsAtALineAndSaysSo) {
  std::string text;
  for (int line = 0; line < 100; ++line) text += "this is line " + std::to_string(line) + "\n";
  const Context context = Weave({PassageOf("p1", 1, 100, text)}, {.tokens_max = 200});
  EXPECT_TRUE(context.sources[0].cut);
  EXPECT_THAT(context.text, EndsWith("\n[cut]"));
  EXPECT_THAT(context.text, HasSubstr("this is line 20\n"));
}

TEST(Weave, WhatLiesInsideATakenPassageIsNotRepeated) {
  const Context context = Weave({PassageOf("p1", 1, 50, "outer"), PassageOf("p2", 10, 20, "inner"),
                                 PassageOf("p1", 1, 50, "outer"), PassageOf("p3", 40, 60, "overlaps")},
                                {});
  EXPECT_EQ(context.sources.size(), 2U);
  EXPECT_EQ(context.text.find("inner"), std::string::npos);
  EXPECT_THAT(context.text, HasSubstr("overlaps"));
}

TEST(Weave, NothingWeavesToNothing) {
  EXPECT_EQ(Weave({}, {}).text, "");
  EXPECT_EQ(Weave({PassageOf("p1", 1, 1, "x")}, {.tokens_max = 1}).left_out, 1U);
}

}  // namespace
}  // namespace attune::server

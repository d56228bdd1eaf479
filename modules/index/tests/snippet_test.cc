#include "attune/index/snippet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace attune::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Match = HighlightTerm::Match;

std::vector<std::string> Marked(std::string_view body, const Snippet& snippet) {
  std::vector<std::string> words;
  for (const Highlight& highlight : snippet.highlights) {
    words.emplace_back(body.substr(highlight.begin, highlight.end - highlight.begin));
  }
  return words;
}

std::string Shown(std::string_view body, const Snippet& snippet) {
  return std::string(body.substr(snippet.begin, snippet.end - snippet.begin));
}

TEST(Snippet, MarksWordsPartsStemsAndPrefixes) {
  const std::string body = "The parseHttpRequest call\nruns RUNNING os";
  const std::vector<HighlightTerm> terms = {{"http", Match::kExact}, {"run", Match::kStem}, {"o", Match::kPrefix}};
  const Snippet snippet = MakeSnippet(body, terms, {});
  EXPECT_EQ(Shown(body, snippet), body);
  EXPECT_THAT(Marked(body, snippet), ElementsAre("Http", "runs", "RUNNING", "os"));
}

TEST(Snippet, AWholeWordSwallowsItsParts) {
  const std::string body = "x redisCommand y";
  const std::vector<HighlightTerm> terms = {{"redis", Match::kExact}, {"rediscommand", Match::kExact}};
  EXPECT_THAT(Marked(body, MakeSnippet(body, terms, {})), ElementsAre("redisCommand"));
}

TEST(Snippet, ShowsTheWindowWithTheMostTerms) {
  std::string body = "alpha\n";
  for (int line = 0; line < 20; ++line) {
    body += "filler\n";
  }
  body += "beta\nalpha\nend\n";
  const std::vector<HighlightTerm> terms = {{"alpha", Match::kExact}, {"beta", Match::kExact}};
  const Snippet snippet = MakeSnippet(body, terms, {.lines_max = 3});
  EXPECT_EQ(Shown(body, snippet), "beta\nalpha\nend\n");
  EXPECT_EQ(snippet.line, 21U);
}

TEST(Snippet, WithoutAMatchIsTheBeginning) {
  const std::string body = "one\ntwo\nthree\n";
  const Snippet snippet = MakeSnippet(body, {}, {.lines_max = 2});
  EXPECT_EQ(Shown(body, snippet), "one\ntwo\n");
  EXPECT_THAT(snippet.highlights, IsEmpty());
  EXPECT_EQ(MakeSnippet("", {}, {}).end, 0U);
}

TEST(Snippet, LongLinesAreCutAtCharacters) {
  const std::string body = std::string(1000, 'x') + " needle " + std::string(1000, '.') + "é";
  const std::vector<HighlightTerm> terms = {{"needle", Match::kExact}};
  const Snippet snippet = MakeSnippet(body, terms, {.bytes_max = 50});
  EXPECT_EQ(snippet.end - snippet.begin, 50U);
  EXPECT_THAT(Marked(body, snippet), ElementsAre("needle"));
  const std::string accents = "éééééééééé";
  EXPECT_EQ(MakeSnippet(accents, {}, {.bytes_max = 5}).end, 4U);
}

TEST(Snippet, HighlightsHaveALimit) {
  std::string body;
  for (int i = 0; i < 100; ++i) {
    body += "w ";
  }
  const std::vector<HighlightTerm> terms = {{"w", Match::kExact}};
  EXPECT_EQ(MakeSnippet(body, terms, {.highlights_max = 5}).highlights.size(), 5U);
}

TEST(Snippet, HoldsItsPromisesOnAnyText) {
  std::mt19937_64 random(3);
  constexpr std::string_view kPieces[] = {"alpha", "beta", " ", "\n", "é", "日本", "_", "Xy", "\xFF"};
  const std::vector<HighlightTerm> terms = {{"alpha", Match::kExact}, {"be", Match::kPrefix}, {"日本", Match::kExact}};
  for (int round = 0; round < 2000; ++round) {
    std::string body;
    for (std::size_t i = random() % 60; i > 0; --i) {
      body += kPieces[random() % std::size(kPieces)];
    }
    const SnippetConfig config{.lines_max = 1 + random() % 4, .bytes_max = 1 + random() % 60};
    const Snippet snippet = MakeSnippet(body, terms, config);
    ASSERT_LE(snippet.begin, snippet.end);
    ASSERT_LE(snippet.end, body.size());
    ASSERT_LE(snippet.end - snippet.begin, config.bytes_max);
    std::size_t at = snippet.begin;
    for (const Highlight& highlight : snippet.highlights) {
      ASSERT_GE(highlight.begin, at);
      ASSERT_LT(highlight.begin, highlight.end);
      ASSERT_LE(highlight.end, snippet.end);
      at = highlight.end;
    }
  }
}

}  // namespace
}  // namespace attune::index

#include "tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "char_fold.h"

namespace attune::index {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Seen {
  std::string term;
  std::uint32_t position = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

class Collect final : public TokenSink {
 public:
  void OnToken(const Token& token) override {
    next += token.advances ? 1U : 0U;
    EXPECT_GT(next, 0U) << "the first token has a position";
    for (std::uint32_t i = token.length; i % 8 != 0; ++i) {
      EXPECT_EQ(token.text[i], '\0') << "terms are zero-padded";
    }
    seen.push_back({std::string(token.term()), next - 1, token.begin, token.end});
  }
  std::vector<Seen> seen;
  std::uint32_t next = 0;
};

std::vector<Seen> Tokens(std::string_view text) {
  Collect sink;
  Tokenize(text, sink);
  return sink.seen;
}

// "term@position" per token.
std::vector<std::string> Terms(std::string_view text) {
  std::vector<std::string> terms;
  for (const Seen& seen : Tokens(text)) {
    terms.push_back(seen.term + "@" + std::to_string(seen.position));
  }
  return terms;
}

TEST(Tokenizer, PlainWordsAreLowerCasedInOrder) {
  EXPECT_THAT(Terms("The os of 3rd README, ok."), ElementsAre("the@0", "os@1", "of@2", "3rd@3", "readme@4", "ok@5"));
  EXPECT_THAT(Terms(""), IsEmpty());
  EXPECT_THAT(Terms(" \n\t()[]{}"), IsEmpty());
}

TEST(Tokenizer, CamelAndSnakeCaseGiveThePartsAndTheSameWhole) {
  EXPECT_THAT(Terms("parseHttpRequest"), ElementsAre("parse@0", "parsehttprequest@0", "http@1", "request@2"));
  EXPECT_THAT(Terms("parse_http_request"), ElementsAre("parse@0", "parsehttprequest@0", "http@1", "request@2"));
  EXPECT_THAT(Terms("PARSE_HTTP_REQUEST"), ElementsAre("parse@0", "parsehttprequest@0", "http@1", "request@2"));
  EXPECT_THAT(Terms("redisCommand x"), ElementsAre("redis@0", "rediscommand@0", "command@1", "x@2"));
}

TEST(Tokenizer, AcronymsEndBeforeTheirLastCapital) {
  EXPECT_THAT(Terms("HTTPServer"), ElementsAre("http@0", "httpserver@0", "server@1"));
  EXPECT_THAT(Terms("URLs IDs"), ElementsAre("urls@0", "ids@1"));
  EXPECT_THAT(Terms("XMLish"), ElementsAre("xm@0", "xmlish@0", "lish@1"));
}

TEST(Tokenizer, DigitsAreParts) {
  EXPECT_THAT(Terms("utf8"), ElementsAre("utf@0", "utf8@0", "8@1"));
  EXPECT_THAT(Terms("x86_64"), ElementsAre("x@0", "x8664@0", "86@1", "64@2"));
  EXPECT_THAT(Terms("0x1F 3rd 1_000"), ElementsAre("0x1f@0", "3rd@1", "1@2", "1000@2", "000@3"));
}

TEST(Tokenizer, UnderscoresAroundAWordVanish) {
  EXPECT_THAT(Terms("__init__ _x ___"), ElementsAre("init@0", "x@1"));
  EXPECT_THAT(Tokens("a __init__"), ElementsAre(Seen{"a", 0, 0, 1}, Seen{"init", 1, 2, 10}));
}

TEST(Tokenizer, OffsetsAreThoseOfTheSource) {
  EXPECT_THAT(Tokens("  fooBar;"), ElementsAre(Seen{"foo", 0, 2, 5}, Seen{"foobar", 0, 2, 8}, Seen{"bar", 1, 5, 8}));
}

TEST(Tokenizer, AccentsAndCaseFoldAway) {
  EXPECT_THAT(Terms("Naïve NAÏVE nai\u0308ve"), ElementsAre("naive@0", "naive@1", "naive@2"));
  EXPECT_THAT(Terms("Straße STRASSE"), ElementsAre("strasse@0", "strasse@1"));
  EXPECT_THAT(Terms("Ελλάδα йод"), ElementsAre("ελλαδα@0", "иод@1"));
  EXPECT_THAT(Terms("ﬁle ｆｕｌｌ"), ElementsAre("file@0", "full@1"));
}

TEST(Tokenizer, NonAsciiPunctuationSeparates) {
  EXPECT_THAT(Terms("“quoted”—dash… fooBar–x"), ElementsAre("quoted@0", "dash@1", "foo@2", "foobar@2", "bar@3", "x@4"));
  EXPECT_THAT(Tokens("“ab”"), ElementsAre(Seen{"ab", 0, 3, 5}));
}

TEST(Tokenizer, ScriptsWithoutSpacesGiveCharactersAndPairs) {
  EXPECT_THAT(Terms("日本語"), ElementsAre("日@0", "日本@0", "本@1", "本語@1", "語@2"));
  EXPECT_THAT(Terms("x日y"), ElementsAre("x@0", "日@1", "y@2"));
}

TEST(Tokenizer, InvalidUtf8Separates) {
  EXPECT_THAT(Terms("ab\xFF"
                    "cd"),
              ElementsAre("ab@0", "cd@1"));
  EXPECT_THAT(Terms("ab\xE6\x97"), ElementsAre("ab@0"));
  EXPECT_THAT(Terms("\xC0\x80\xED\xA0\x80"), IsEmpty());
}

TEST(Tokenizer, LongWordsAreCutAndHashedNotSplit) {
  const std::string word(kTermBytesMax + 1, 'a');
  ASSERT_EQ(Tokens(word).size(), 1U);
  EXPECT_EQ(Tokens(word)[0].term.size(), kTermBytesMax);
  EXPECT_EQ(Tokens(word)[0].term.substr(0, kLongTermKept), word.substr(0, kLongTermKept));
  EXPECT_NE(Tokens(word)[0].term, Tokens(word + "b")[0].term);
  EXPECT_EQ(Tokens(std::string(kTermBytesMax, 'a'))[0].term, std::string(kTermBytesMax, 'a'));
  EXPECT_EQ(Tokens(std::string(40, 'a') + std::string(40, 'B')).size(), 1U) << "encoded data is not a name";
}

TEST(Tokenizer, LongNamesWithUnderscoresAreSplitUpToALimit) {
  std::string name;
  for (std::size_t i = 0; i < kPartsMax + 5; ++i) {
    name += "ab_";
  }
  EXPECT_EQ(Tokens(name).size(), kPartsMax + 1) << "the parts and the whole";
}

// Words of every shape at every place of a block go through the masks or through the careful path with the same result.
TEST(Tokenizer, TheFastPathAgreesWithTheCarefulOne) {
  std::mt19937_64 random(7);
  constexpr std::string_view kLetters = "aabBC1_2sS é";
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    const std::size_t length = random() % 200;
    for (std::size_t i = 0; i < length; ++i) {
      text += kLetters[random() % kLetters.size()];
    }
    Collect careful;
    for (std::uint32_t at = 0; at < text.size();) {
      const std::uint32_t end = RunEnd(text, at);
      if (end > at) {
        TokenizeRun(text, at, end, careful);
      }
      at = end + 1;
    }
    ASSERT_EQ(Tokens(text), careful.seen) << text;
  }
}

TEST(CharFold, DecodesEveryLengthAndRejectsTheRest) {
  const auto decode = [](std::string_view text) {
    char32_t character = 0;
    const std::uint32_t length = DecodeUtf8(text, character);
    return std::pair(length, character);
  };
  EXPECT_EQ(decode("a"), std::pair(1U, U'a'));
  EXPECT_EQ(decode("é"), std::pair(2U, U'é'));
  EXPECT_EQ(decode("語"), std::pair(3U, U'語'));
  EXPECT_EQ(decode("😀"), std::pair(4U, U'😀'));
  for (const std::string_view bad :
       {"\x80", "\xC3", "\xC1\x81", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5"}) {
    EXPECT_EQ(decode(bad), std::pair(1U, char32_t{0xFFFD}));
  }
}

}  // namespace
}  // namespace attune::index

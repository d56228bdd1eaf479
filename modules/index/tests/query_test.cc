#include "attune/index/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace attune::index {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A clause as one word: need, field, kind and text.
std::vector<std::string> Clauses(const Query& query) {
  constexpr const char* kFieldNames[] = {"body:", "stem:", "symbol:", "path:"};
  std::vector<std::string> clauses;
  for (const Clause& clause : query.clauses) {
    std::string text = clause.need == Clause::Need::kMust ? "+" : clause.need == Clause::Need::kMustNot ? "-" : "";
    text += clause.field ? kFieldNames[static_cast<std::size_t>(*clause.field)] : "";
    text += clause.kind == Clause::Kind::kPhrase ? "\"" + clause.text + "\"" : clause.text;
    text += clause.kind == Clause::Kind::kPrefix ? "*" : "";
    clauses.push_back(text);
  }
  return clauses;
}

TEST(ParseQuery, WordsPhrasesAndPrefixesAreClauses) {
  const Query query = ParseQuery("parse \"http request\" pars* +must -not");
  EXPECT_THAT(Clauses(query), ElementsAre("parse", "\"http request\"", "pars*", "+must", "-not"));
  EXPECT_TRUE(query.filters.empty());
  EXPECT_THAT(query.notes, IsEmpty());
}

TEST(ParseQuery, FieldPrefixesBelongToTheirClause) {
  EXPECT_THAT(Clauses(ParseQuery("symbol:Parse path:net +body:\"a b\" -symbol:x*")),
              ElementsAre("symbol:Parse", "path:net", "+body:\"a b\"", "-symbol:x*"));
}

TEST(ParseQuery, FiltersAreTakenOut) {
  const Query query = ParseQuery("lang:cpp language:C source:home role:user kind:3 kind:note path:src/**/*.h x",
                                 {{"note", std::uint8_t{7}}});
  EXPECT_THAT(Clauses(query), ElementsAre("x"));
  EXPECT_THAT(query.filters.languages, ElementsAre("cpp", "C"));
  EXPECT_THAT(query.filters.sources, ElementsAre("home"));
  EXPECT_THAT(query.filters.roles, ElementsAre("user"));
  EXPECT_THAT(query.filters.kinds, ElementsAre(3, 7));
  EXPECT_THAT(query.filters.path_globs, ElementsAre("src/**/*.h"));
}

TEST(ParseQuery, DatesAreMidnightUtc) {
  const Query query = ParseQuery("after:1970-01-02 before:2024-02-29");
  EXPECT_EQ(query.filters.after_ms, 86'400'000);
  EXPECT_EQ(query.filters.before_ms, 1'709'164'800'000);
}

TEST(ParseQuery, WhatMakesNoSenseBecomesWordsAndANote) {
  const Query query = ParseQuery("after:2023-02-29 kind:nothing lang: \"open end");
  EXPECT_THAT(Clauses(query), ElementsAre("2023-02-29", "nothing", "\"open end\""));
  ASSERT_THAT(query.notes, SizeIs(4));
  EXPECT_THAT(query.notes[0], HasSubstr("after:2023-02-29"));
  EXPECT_THAT(query.notes[1], HasSubstr("nothing"));
  EXPECT_THAT(query.notes[2], HasSubstr("lang:"));
  EXPECT_THAT(query.notes[3], HasSubstr("not closed"));
}

TEST(ParseQuery, ColonsInsideCodeAreNotFields) {
  EXPECT_THAT(Clauses(ParseQuery("std::vector http://x a:b")), ElementsAre("std::vector", "http://x", "a:b"));
}

TEST(ParseQuery, SignsAloneAndEmptyPhrasesAreNotClauses) {
  const Query query = ParseQuery(" \"\" * ");
  EXPECT_THAT(query.clauses, IsEmpty());
  EXPECT_THAT(query.notes, SizeIs(2));
  EXPECT_THAT(Clauses(ParseQuery("- +")), ElementsAre("-", "+")) << "words without terms; Search says so";
}

TEST(ParseQuery, FiltersCannotExclude) {
  const Query query = ParseQuery("-lang:cpp");
  EXPECT_TRUE(query.filters.empty());
  EXPECT_THAT(query.notes, ElementsAre(HasSubstr("-lang:cpp")));
}

TEST(ParseQuery, EveryLimitIsKeptAndNoted) {
  std::string words;
  for (std::size_t i = 0; i < kClausesMax + 2; ++i) {
    words += "w ";
  }
  const Query many = ParseQuery(words);
  EXPECT_THAT(many.clauses, SizeIs(kClausesMax));
  EXPECT_THAT(many.notes, ElementsAre(HasSubstr("2 were ignored")));

  const Query longer = ParseQuery(std::string(kQueryBytesMax + 1, 'x'));
  EXPECT_EQ(longer.clauses.at(0).text.size(), kQueryBytesMax);
  EXPECT_THAT(longer.notes, SizeIs(1));

  std::string filters;
  for (std::size_t i = 0; i < kFilterValuesMax + 1; ++i) {
    filters += "lang:c ";
  }
  EXPECT_THAT(ParseQuery(filters).filters.languages, SizeIs(kFilterValuesMax));
}

TEST(PathMatches, NamesMatchWholeSegmentsAnywhere) {
  EXPECT_TRUE(PathMatches("net", "src/net/http.cc"));
  EXPECT_TRUE(PathMatches("*.cc", "src/net/http.cc"));
  EXPECT_TRUE(PathMatches("http.??", "src/net/http.cc"));
  EXPECT_FALSE(PathMatches("ne", "src/net/http.cc"));
  EXPECT_FALSE(PathMatches("*.c", "src/net/http.cc"));
}

TEST(PathMatches, StarsStayWithinASegmentAndDoubleStarsCross) {
  EXPECT_TRUE(PathMatches("src/*.h", "x/src/a.h"));
  EXPECT_FALSE(PathMatches("src/*.h", "src/x/a.h"));
  EXPECT_TRUE(PathMatches("src/**/*.h", "src/x/y/a.h"));
  EXPECT_TRUE(PathMatches("src/**/*.h", "src/a.h"));
  EXPECT_TRUE(PathMatches("src/**", "src/x/y/a.h"));
  EXPECT_TRUE(PathMatches("**/a.h", "a.h"));
  EXPECT_FALSE(PathMatches("src/**/*.h", "srcs/a.h"));
  EXPECT_TRUE(PathMatches("a**b", "axx/yyb"));
}

TEST(PathMatches, ALeadingSlashTiesToTheBeginningATrailingOneAsksForMore) {
  EXPECT_TRUE(PathMatches("/usr/*/x.h", "/usr/include/x.h"));
  EXPECT_TRUE(PathMatches("/src", "src/a"));
  EXPECT_FALSE(PathMatches("/src", "x/src/a"));
  EXPECT_TRUE(PathMatches("src/", "x/src/a"));
  EXPECT_FALSE(PathMatches("src/", "x/src"));
  EXPECT_FALSE(PathMatches("", "x"));
  EXPECT_TRUE(PathMatches("/", "x"));
}

// The definition, tried out literally: every run of segments, every way to place the stars.
bool SlowMatch(std::string_view glob, std::string_view text) {
  if (glob.empty()) {
    return text.empty();
  }
  if (glob.starts_with("**/") && SlowMatch(glob.substr(3), text)) {
    return true;
  }
  if (glob.starts_with("**")) {
    const bool segments = glob.starts_with("**/");
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (segments ? i < text.size() && text[i] == '/' && SlowMatch(glob.substr(3), text.substr(i + 1))
                   : SlowMatch(glob.substr(2), text.substr(i))) {
        return true;
      }
    }
    return false;
  }
  if (glob[0] == '*') {
    for (std::size_t i = 0; i <= text.size() && (i == 0 || text[i - 1] != '/'); ++i) {
      if (SlowMatch(glob.substr(1), text.substr(i))) {
        return true;
      }
    }
    return false;
  }
  return !text.empty() && (glob[0] == text[0] || (glob[0] == '?' && text[0] != '/')) &&
         SlowMatch(glob.substr(1), text.substr(1));
}

bool SlowPathMatches(const std::string& glob, const std::string& path) {
  for (std::size_t begin = 0; begin <= path.size(); ++begin) {
    if (begin != 0 && path[begin - 1] != '/') {
      continue;
    }
    for (std::size_t end = begin; end <= path.size(); ++end) {
      if ((end == path.size() || path[end] == '/') &&
          SlowMatch(glob, std::string_view(path).substr(begin, end - begin))) {
        return true;
      }
    }
  }
  return false;
}

TEST(PathMatches, AgreesWithItsDefinition) {
  constexpr std::string_view kGlobPieces[] = {"a", "b", "*", "?", "/", "**/", "/**", "ab"};
  constexpr std::string_view kPathPieces[] = {"a", "b", "/", "ab", "c"};
  std::uint64_t state = 12345;
  const auto next = [&](std::size_t n) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33U) % n;
  };
  int matches = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string glob = "a";
    std::string path = "a";
    for (std::size_t i = next(6); i > 0; --i) {
      glob += kGlobPieces[next(std::size(kGlobPieces))];
    }
    for (std::size_t i = next(8); i > 0; --i) {
      path += kPathPieces[next(std::size(kPathPieces))];
    }
    if (glob.ends_with('/')) {
      glob += "a";
    }
    const bool expected = SlowPathMatches(glob, path);
    ASSERT_EQ(PathMatches(glob, path), expected) << glob << " on " << path;
    matches += expected ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);
}

}  // namespace
}  // namespace attune::index

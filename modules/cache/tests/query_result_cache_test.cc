#include "attune/cache/query_result_cache.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "reference_sql.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<std::string>;

class QueryResultCacheTest : public testing::Test {
 protected:
  std::string Run(const QueryKey& key, const QueryContext& context) {
    const auto rows = results_.GetOrRun(key, context, [this] { return Result<Rows>(Rows{std::to_string(++runs_)}); });
    return (*rows)->front();
  }
  static QueryKey Key() {
    return {.database = "shop", .statement = SqlFingerprint("SELECT 1"), .parameters = {"7"}, .role = "ada"};
  }
  void Written(std::string_view database, std::vector<std::string> tables) { results_.TablesWritten(database, tables); }

  ManualClock clock_;
  QueryResultCache<Rows> results_{clock_};
  int runs_ = 0;
};

TEST_F(QueryResultCacheTest, RunsOnceInFiveMinutes) {
  EXPECT_EQ(Run(Key(), {.tables = {"orders"}}), "1");
  clock_.Advance(5min - 1ns);
  EXPECT_EQ(Run(Key(), {.tables = {"orders"}}), "1");
  clock_.Advance(1ns);
  EXPECT_EQ(Run(Key(), {.tables = {"orders"}}), "2");
}

TEST_F(QueryResultCacheTest, EveryPartOfTheKeyCounts) {
  EXPECT_EQ(Run(Key(), {}), "1");
  std::vector<QueryKey> others(4, Key());
  others[0].database = "test";
  others[1].statement = SqlFingerprint("SELECT 2");
  others[2].parameters = {"7", ""};
  others[3].role = "bob";
  int expected = 1;
  for (const QueryKey& key : others) EXPECT_EQ(Run(key, {}), std::to_string(++expected));
}

TEST_F(QueryResultCacheTest, AWriteToOneOfItsTablesEndsAResult) {
  EXPECT_EQ(Run(Key(), {.tables = {"orders", "items"}}), "1");
  Written("shop", {"customers"});
  Written("other", {"items"});
  EXPECT_EQ(Run(Key(), {.tables = {"orders", "items"}}), "1");
  Written("shop", {"items"});
  EXPECT_EQ(Run(Key(), {.tables = {"orders", "items"}}), "2");
}

TEST_F(QueryResultCacheTest, WhatWasReadFromOtherTablesIsAnotherResult) {
  EXPECT_EQ(Run(Key(), {.tables = {"a"}}), "1");
  EXPECT_EQ(Run(Key(), {.tables = {"b"}}), "2") << "a view was redefined";
  Written("shop", {"b"});
  Written("shop", {"a"});
  EXPECT_EQ(Run(Key(), {.tables = {"b"}}), "3");
  EXPECT_EQ(Run(Key(), {.tables = {"a"}}), "4");
}

TEST_F(QueryResultCacheTest, AWriteWhileTheQueryRunsIsNotOverlooked) {
  const QueryContext context{.tables = {"orders"}};
  const auto rows = results_.GetOrRun(Key(), context, [this] {
    Written("shop", {"orders"});
    return Result<Rows>(Rows{"before the write"});
  });
  EXPECT_EQ((*rows)->front(), "before the write");
  EXPECT_EQ(Run(Key(), context), "1");
}

TEST_F(QueryResultCacheTest, AWriteTransactionNeitherTakesNorLeavesResults) {
  EXPECT_EQ(Run(Key(), {.in_write_transaction = true}), "1");
  EXPECT_EQ(Run(Key(), {}), "2");
  EXPECT_EQ(Run(Key(), {.in_write_transaction = true}), "3");
  EXPECT_EQ(Run(Key(), {}), "2");
}

TEST_F(QueryResultCacheTest, ErrorsAreNotKept) {
  const auto failed = results_.GetOrRun(Key(), {}, [] { return Result<Rows>(Error(ErrorCode::kUnavailable, "down")); });
  EXPECT_EQ(failed.error().message(), "down");
  const auto missing = results_.GetOrRun(
      Key(), {}, [] { return Result<Rows>(Error(ErrorCode::kNotFound, "relation t does not exist")); });
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message(), "relation t does not exist");
  EXPECT_EQ(Run(Key(), {}), "1");
}

TEST_F(QueryResultCacheTest, HoldsFiveHundredResults) {
  for (int i = 0; i < 1000; ++i) {
    QueryKey key = Key();
    key.parameters = {std::to_string(i)};
    Run(key, {});
  }
  EXPECT_EQ(results_.Stats().entries, 500U);
}

TEST(SqlFingerprintTest, SpacesAndCommentsMakeNoDifference) {
  EXPECT_EQ(NormaliseSql("  SELECT a -- the key\n\t FROM t /* all\nof it */ WHERE b = $1 "),
            "SELECT a FROM t WHERE b = $1");
  EXPECT_EQ(NormaliseSql("a/**/b"), "a b");
  EXPECT_EQ(NormaliseSql("a - - b"), "a - - b");
}

TEST(SqlFingerprintTest, QuotedTextStaysAsItIs) {
  EXPECT_EQ(NormaliseSql("'a  -- b'  \"c  d\" 'it''s  /* so */'"), "'a  -- b' \"c  d\" 'it''s  /* so */'");
  EXPECT_NE(SqlFingerprint("SELECT 'a  b'"), SqlFingerprint("SELECT 'a b'"));
  EXPECT_NE(SqlFingerprint("SELECT a"), SqlFingerprint("select a"));
}

TEST(SqlFingerprintTest, NamesInTheQuotesOfSomeDatabasesStayAsTheyAre) {
  EXPECT_EQ(NormaliseSql("SELECT  `a  b`,  [c  d]  FROM  t"), "SELECT `a  b`, [c  d] FROM t");
  EXPECT_EQ(NormaliseSql("a[1]  =  $1  AND  b = $name  AND c"), "a[1] = $1 AND b = $name AND c");
}

TEST(SqlFingerprintTest, DifferentStatementsHaveDifferentFingerprints) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"SELECT $$a  b$$", "SELECT $$a b$$"},
      {"SELECT $t$a  b$t$", "SELECT $t$a b$t$"},
      {R"(SELECT E'\'a  b')", R"(SELECT E'\'a b')"},
      {R"(SELECT 'it\'s -- x', 1)", R"(SELECT 'it\'s -- y', 2)"},
      {"SELECT 5--1", "SELECT 5--2"},
      {"SELECT 1 --it's\n, 'a  b'", "SELECT 1 --it's\n, 'a b'"},
      {"SELECT [a  b]", "SELECT [a b]"},
      {"SELECT [it's], '1  2'", "SELECT [it's], '1 2'"},
      {"SELECT 1 # it's\n, 'a  b'", "SELECT 1 # it's\n, 'a b'"},
      {"SELECT 1 /*! + 1 */", "SELECT 1 /*! + 2 */"},
      {"SELECT /* /* */ '*/ 'a  b'", "SELECT /* /* */ '*/ 'a b'"},
      {"SELECT /* a /*/ '*/ 'a  b' */", "SELECT /* a /*/ '*/ 'a b' */"},
      {"SELECT q'[it's  x]'", "SELECT q'[it's x]'"},
      {"SELECT '''it's  x'''", "SELECT '''it's x'''"},
      {"SELECT 1 -- a\r+ 1", "SELECT 1 -- a\r+ 2"},
  };
  for (const auto& [one, other] : pairs) EXPECT_NE(SqlFingerprint(one), SqlFingerprint(other)) << one;
}

TEST(SqlFingerprintTest, FromWhatIsInDoubtOnTheTextIsLeftAsItIs) {
  EXPECT_EQ(NormaliseSql("SELECT  a,  $$b$$,  c "), "SELECT a, $$b$$,  c ");
  EXPECT_EQ(NormaliseSql("SELECT  a  --b\n c"), "SELECT a --b\n c");
  EXPECT_EQ(NormaliseSql(R"(SELECT  '\',  c)"), R"(SELECT '\',  c)");
}

TEST(SqlFingerprintTest, NoDatabaseReadsANormalisedStatementDifferently) {
  constexpr std::string_view kLetters = " \n\r'\"`[]$\\-/*#!aEq1 '";
  std::mt19937_64 random(1);
  int shortened = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string sql;
    for (std::size_t left = random() % 16; left > 0; --left) {
      sql.push_back(kLetters[random() % kLetters.size()]);
      if (random() % 3 == 0) sql.push_back(sql.back());  // most of what matters is doubled
    }
    const std::string normalised = NormaliseSql(sql);
    ASSERT_EQ(DialectThatReadsAnother(sql, normalised), std::nullopt) << '<' << sql << "> <" << normalised << '>';
    shortened += normalised.size() < sql.size() ? 1 : 0;
  }
  EXPECT_GT(shortened, 12'000);
}

TEST(SqlFingerprintTest, WhatIsLeftOpenEndsWithTheText) {
  EXPECT_EQ(NormaliseSql("a 'b  c"), "a 'b  c");
  EXPECT_EQ(NormaliseSql("a /* b"), "a");
  EXPECT_EQ(NormaliseSql("a -- b"), "a");
  EXPECT_EQ(NormaliseSql(""), "");
}

}  // namespace
}  // namespace attune::cache

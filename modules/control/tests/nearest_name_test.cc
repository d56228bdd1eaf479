#include "attune/control/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attune::control {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("", "abc"), 3U);
  EXPECT_EQ(EditDistance("abc", ""), 3U);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
  EXPECT_EQ(EditDistance("ab", "ba"), 1U);
  EXPECT_EQ(EditDistance("ABC", "abc"), 0U);
}

TEST(EditDistance, IsSymmetric) {
  const std::vector<std::string> words = {"", "a", "ingest.threads", "ingset.thread", "cache.bytes_max"};
  for (const auto& a : words) {
    for (const auto& b : words) EXPECT_EQ(EditDistance(a, b), EditDistance(b, a)) << a << " " << b;
  }
}

TEST(NearestName, SuggestsATypoAndNothingFarAway) {
  const std::vector<std::string> names = {"ingest.share", "ingest.threads", "search.workers"};
  EXPECT_EQ(NearestName("ingest.thread", names), "ingest.threads");
  EXPECT_EQ(NearestName("INGEST.THREADS", names), "ingest.threads");
  EXPECT_EQ(NearestName("zzzzzzzzzz", names), std::nullopt);
  EXPECT_EQ(NearestName("x", {}), std::nullopt);
}

TEST(NearestName, TheFirstOfEquallyNearNamesWins) {
  const std::vector<std::string> names = {"aab", "aac"};
  EXPECT_EQ(NearestName("aaa", names), "aab");
}

TEST(NearestName, VeryLongNamesCostNothing) {
  const std::vector<std::string> names = {std::string(200, 'a')};
  EXPECT_EQ(NearestName(std::string(200, 'a'), names), std::nullopt);
  EXPECT_EQ(NearestName(std::string(100, 'a'), names), std::nullopt);
}

}  // namespace
}  // namespace attune::control

#include "belady.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

using RequestList = std::vector<KeyHash>;

// All states that any cache could be in, with the most hits that lead there.
std::uint64_t BestOfAllChoices(const RequestList& requests, std::size_t entries_max) {
  std::map<std::set<KeyHash>, std::uint64_t> states{{{}, 0}};
  for (const KeyHash key : requests) {
    std::map<std::set<KeyHash>, std::uint64_t> following;
    const auto reach = [&](std::set<KeyHash> state, std::uint64_t hits) {
      auto& most = following[std::move(state)];
      most = std::max(most, hits);
    };
    for (const auto& [state, hits] : states) {
      if (state.contains(key)) {
        reach(state, hits + 1);
        continue;
      }
      std::set<KeyHash> with = state;
      with.insert(key);
      if (with.size() <= entries_max) {
        reach(with, hits);
        continue;
      }
      for (const KeyHash victim : state) {
        std::set<KeyHash> without = with;
        without.erase(victim);
        reach(std::move(without), hits);
      }
    }
    states = std::move(following);
  }
  std::uint64_t best = 0;
  for (const auto& [state, hits] : states) best = std::max(best, hits);
  return best;
}

TEST(Belady, EqualsTheBestOfAllChoicesOnRandomRequests) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    sys::Random random(seed);
    const std::size_t keys = 2 + random.Below(6);
    RequestList requests(30);
    for (KeyHash& key : requests) key = random.Below(keys) * random.Below(3);
    for (const std::size_t entries_max : {1U, 2U, 3U, 8U}) {
      EXPECT_EQ(BeladyHits(requests, entries_max), BestOfAllChoices(requests, entries_max))
          << "seed " << seed << ", " << entries_max << " entries";
    }
  }
}

TEST(Belady, KeepsAllOfALoopButWhatDoesNotFit) {
  RequestList requests;
  for (std::size_t i = 0; i < 1000; ++i) requests.push_back(i % 10);
  EXPECT_EQ(BeladyHits(requests, 10), 990U);
  EXPECT_EQ(BeladyHits(requests, 1), 0U);
  EXPECT_EQ(BeladyHits({}, 1), 0U);
}

}  // namespace
}  // namespace attune::cache

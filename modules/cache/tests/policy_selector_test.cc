#include "attune/cache/policy_selector.h"

#include <gtest/gtest.h>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

KeyHash Hash(std::uint64_t key) { return sys::Random(key).Next(); }

// Feeds a loop over `keys` keys and answers the policy in use afterwards.
PolicyKind AfterLoop(PolicySelector& selector, std::uint64_t keys, std::size_t accesses) {
  for (std::size_t i = 0; i < accesses; ++i) {
    const SampledAccess access{Hash(i % keys), false};
    if (!selector.Samples(access.key)) continue;
    selector.Simulate({&access, 1});
    (void)selector.Decide();
  }
  return selector.policy();
}

TEST(PolicySelector, LeavesLruOnALoopThatDoesNotFit) {
  PolicySelector selector(100, {.initial = PolicyKind::kLru});
  EXPECT_EQ(selector.policy(), PolicyKind::kLru);
  EXPECT_NE(AfterLoop(selector, 150, 600), PolicyKind::kLru);
}

TEST(PolicySelector, StaysWhereNothingIsBetter) {
  PolicySelector selector(100);
  EXPECT_EQ(AfterLoop(selector, 100, 5'000), PolicyKind::kLirs);
}

TEST(PolicySelector, SamplesTheShareOfTheKeysThatFillsTheMiniature) {
  const PolicySelector selector(10'000, {.simulated_entries_max = 1'000});
  int sampled = 0;
  for (std::uint64_t key = 0; key < 20'000; ++key) sampled += selector.Samples(Hash(key)) ? 1 : 0;
  EXPECT_NEAR(sampled, 2'000, 150);
}

TEST(PolicySelector, SaysWhy) {
  const PolicyChange change{PolicyKind::kLru, PolicyKind::kLirs, 96, 80, 3, 33};
  EXPECT_EQ(change.Reason(), "lirs answers 77 more of 96 sampled accesses than lru (80 against 3); a move needs 33");
}

}  // namespace
}  // namespace attune::cache

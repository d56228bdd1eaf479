#include "event_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace attune::engine {
namespace {

TEST(EventRingTest, SinceGivesWhatIsNewerInOrder) {
  EventRing ring;
  ring.Post("document", "1");
  ring.Post("note", "2");
  const auto all = ring.Since(0);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].type, "document");
  EXPECT_EQ(all[1].json, "2");
  EXPECT_EQ(ring.Since(all[0].sequence).size(), 1U);
  EXPECT_TRUE(ring.Since(all[1].sequence).empty());
}

TEST(EventRingTest, KeepsTheLastOnesAndTheGapShows) {
  EventRing ring;
  for (std::size_t i = 0; i < EventRing::kEventsKept + 5; ++i) ring.Post("document", "{}");
  const auto kept = ring.Since(0);
  EXPECT_EQ(kept.size(), EventRing::kEventsKept);
  EXPECT_EQ(kept.front().sequence, 6U);
}

TEST(EventRingTest, ARemovedListenerIsNeverCalledAgain) {
  EventRing ring;
  std::atomic<bool> removed{false};
  std::atomic<int> late{0};
  const auto id = ring.AddListener([&] { late += removed ? 1 : 0; });
  std::jthread poster([&] {
    for (int i = 0; i < 1000; ++i) ring.Post("document", "{}");
  });
  ring.RemoveListener(id);
  removed = true;
  poster.join();
  EXPECT_EQ(late, 0);
}

TEST(EventRingTest, ListenersMayReadTheRing) {
  EventRing ring;
  std::size_t seen = 0;
  const auto id = ring.AddListener([&] { seen = ring.Since(0).size(); });
  ring.Post("note", "{}");
  EXPECT_EQ(seen, 1U);
  ring.RemoveListener(id);
}

}  // namespace
}  // namespace attune::engine

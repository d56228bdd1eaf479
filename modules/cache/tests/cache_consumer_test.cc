// Caches under a broker: what they give back in time.
#include "attune/cache/cache_consumer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

using Texts = Cache<std::uint64_t, std::string>;

CacheConfig ConfigOf(std::string name) {
  return {.name = std::move(name),
          .entries_max = 1'000'000,
          .bytes_max = 8_MiB,
          .policy = PolicyKind::kLru,
          .worth = {.load_cost = Duration(1ms)}};
}

void Use(Texts& cache, std::uint64_t key) {
  if (!cache.Get(key).has_value()) cache.Put(key, std::string(1000, 'x'));
}

TEST(CacheConsumerTest, ShrinkingEndsAtItsDeadlineAndGoesOnWhereItEnded) {
  ManualClock clock;
  CacheConfig config = ConfigOf("pages");
  config.bytes_max = 64_MiB;
  config.shards = 16;
  // Each entry that leaves takes a microsecond.
  Texts cache(clock, config, {.removed = [&](const auto&...) { clock.Advance(1us); }, .background = {}});
  for (std::uint64_t i = 0; i < 16'000; ++i) cache.Put(i, std::string(1000, 'x'));
  CacheConsumer consumer(cache);
  const Bytes before = cache.bytes();
  const Bytes wanted(before.count() / 2);
  const TimePoint deadline = clock.Now() + 2ms;
  const Bytes freed = consumer.ShrinkBefore(wanted, deadline);
  EXPECT_GE(clock.Now(), deadline);
  EXPECT_LT(clock.Now(), deadline + 600us) << "by a shard at most";
  EXPECT_GT(freed, Bytes(wanted.count() / 8));
  EXPECT_LT(freed, Bytes(wanted.count() / 2));
  EXPECT_EQ(before - cache.bytes(), freed);
  const Bytes rest = consumer.ShrinkBefore(wanted - freed, TimePoint::max());
  EXPECT_GE(freed + rest, wanted);
  cache.CheckInvariants();
}

TEST(CacheConsumerTest, AShrinkThatIsLateFromTheStartGivesSomethingAllTheSame) {
  ManualClock clock;
  Texts cache(clock, ConfigOf("pages"));
  for (std::uint64_t i = 0; i < 2000; ++i) Use(cache, i);
  EXPECT_GT(CacheConsumer(cache).ShrinkBefore(1_MiB, clock.Now()), Bytes(0));
}

}  // namespace
}  // namespace attune::cache

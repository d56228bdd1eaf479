// Cache::bytes() against what the heap says that the cache took.
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>
#include <string>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

std::size_t HeapInUse() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// A sanitizer brings its own heap, of which mallinfo2 knows nothing.
bool HeapCanBeMeasured() {
  const std::size_t before = HeapInUse();
  const auto block = std::make_unique<std::string>(4000, 'x');
  return HeapInUse() >= before + 4000;
}

// Fills a cache with `make(i)`, half as many again as it may hold, and compares.
template <typename V, typename Make>
void ExpectBytesAgreeWithTheHeap(CacheConfig config, std::uint64_t puts, Make make) {
  if (!HeapCanBeMeasured()) {
    GTEST_SKIP() << "this heap cannot be measured";
  }
  const ManualClock clock;
  const std::size_t before = HeapInUse();
  const auto cache = std::make_unique<Cache<std::string, V>>(clock, std::move(config));
  for (std::uint64_t i = 0; i < puts; ++i) {
    cache->Put("a key that is too long to be kept inside, number " + std::to_string(i), make(i));
  }
  const double heap = static_cast<double>(HeapInUse() - before);
  const double counted = static_cast<double>(cache->bytes().count());
  EXPECT_NEAR(counted / heap, 1, 0.05) << counted << " bytes counted, " << heap << " taken";
}

TEST(CacheBytesTest, StringsAreCountedAsTheHeapCountsThem) {
  ExpectBytesAgreeWithTheHeap<std::string>({.entries_max = 5000, .policy = PolicyKind::kLru}, 7500,
                                           [](std::uint64_t i) { return std::string(i % 400, 'v'); });
}

TEST(CacheBytesTest, SharedValuesAreCountedAsTheHeapCountsThem) {
  ExpectBytesAgreeWithTheHeap<std::shared_ptr<const std::string>>(
      {.entries_max = 5000, .policy = PolicyKind::kS3Fifo}, 7500,
      [](std::uint64_t i) { return std::make_shared<const std::string>(100 + i % 300, 'v'); });
}

TEST(CacheBytesTest, TheByteLimitIsOneOnTheHeap) {
  ExpectBytesAgreeWithTheHeap<std::string>({.bytes_max = 2_MiB, .policy = PolicyKind::kSieve}, 20'000,
                                           [](std::uint64_t i) { return std::string(50 + i % 100, 'v'); });
}

// A shard's first entries make its tables grow, for which it has nothing to give: the other shards do.
TEST(CacheBytesTest, TheLimitHoldsWhereAShardHasNothingElseToGive) {
  const ManualClock clock;
  for (const PolicyKind policy : {PolicyKind::kLru, PolicyKind::kS3Fifo, PolicyKind::kArc, PolicyKind::kLirs}) {
    Cache<std::uint64_t, std::string> cache(clock, {.bytes_max = 128_KiB, .policy = policy, .shards = 16});
    for (std::uint64_t i = 0; i < 3000; ++i) {
      const PutOutcome outcome = cache.Put(i, std::string(i % 300, 'v'));
      ASSERT_LE(cache.bytes(), 128_KiB) << ToString(policy) << " " << i;
      const bool keeps_the_newest = policy == PolicyKind::kLru || policy == PolicyKind::kS3Fifo;
      ASSERT_TRUE(!keeps_the_newest || !Stored(outcome) || cache.Contains(i)) << ToString(policy) << " " << i;
    }
    EXPECT_GT(cache.size(), 50U);
    cache.CheckInvariants();
  }
}

}  // namespace
}  // namespace attune::cache

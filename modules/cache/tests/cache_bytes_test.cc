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

}  // namespace
}  // namespace attune::cache

#include "attune/cache/cache_traits.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "attune/cache/cache.h"

namespace attune::cache {
namespace {

// Numbers that lose something on their way to the key are no keys, and their twins that lose nothing are.
static_assert(!LookupKey<int, std::uint8_t> && LookupKey<std::uint8_t, std::uint8_t>);
static_assert(!LookupKey<std::uint64_t, std::int32_t> && LookupKey<std::uint32_t, std::int32_t>);
static_assert(!LookupKey<double, int> && !LookupKey<float, std::uint64_t> && LookupKey<int, std::uint64_t>);
static_assert(!LookupKey<char, bool> && LookupKey<bool, bool>);
enum Plain : std::uint8_t { kPlain };
enum class Scoped : std::uint8_t { kOne };
static_assert(LookupKey<Plain, int> && !LookupKey<Scoped, int> && LookupKey<Scoped, Scoped>);
static_assert(!LookupKey<int, std::string> && LookupKey<const char*, std::string>);

struct Numbered {
  operator std::uint64_t() const { return number; }  // NOLINT(google-explicit-constructor): as an id of a user has it
  std::uint64_t number = 0;
};
struct Named {
  operator std::string_view() const { return name; }  // NOLINT(google-explicit-constructor)
  std::string_view name;
};

TEST(CacheTraitsTest, StringsAreFoundByWhatConvertsToAView) {
  const ManualClock clock;
  Cache<std::string, int> cache(clock);
  cache.Put("a", 1);
  const std::string_view view = "a";
  EXPECT_EQ(cache.Get("a"), 1);
  EXPECT_EQ(cache.Get(view), 1);
  EXPECT_EQ(cache.Get(Named{"a"}), 1);
  EXPECT_EQ(cache.Get(Named{"b"}), std::nullopt);
  EXPECT_EQ(*cache.GetOrLoad(Named{"b"}, [] { return 2; }), 2);
  EXPECT_TRUE(cache.Erase(Named{"b"}));
}

TEST(CacheTraitsTest, NumbersAreFoundByNarrowerOnesAndIds) {
  const ManualClock clock;
  Cache<std::uint64_t, int> cache(clock);
  cache.Put(5, 1);
  EXPECT_EQ(cache.Get(5), 1);
  EXPECT_EQ(cache.Get(std::uint8_t{5}), 1);
  EXPECT_EQ(cache.Get(Numbered{5}), 1);
  cache.Put(~std::uint64_t{0}, 2);
  EXPECT_EQ(cache.Get(-1), 2) << "as Put would convert it";
}

struct Page {
  Bytes bytes() const { return Bytes(10'000); }
};
using PageId = std::uint64_t;
// As the header has it.
struct PageTraits : CacheTraits<PageId, std::shared_ptr<const Page>> {
  using CacheTraits::OwnedBytes;
  static Bytes OwnedBytes(const PageId&, const std::shared_ptr<const Page>& page) { return page->bytes(); }
};

TEST(CacheTraitsTest, AnotherStructSaysWhatAValueOwns) {
  const ManualClock clock;
  Cache<PageId, std::shared_ptr<const Page>, PageTraits> cache(clock, {.bytes_max = 1_MiB});
  cache.Put(1, std::make_shared<const Page>());
  cache.PutAbsent(2, std::chrono::seconds(1));
  const Bytes one = cache.bytes();
  cache.Put(3, std::make_shared<const Page>());
  EXPECT_GE(cache.bytes(), one + Bytes(10'000));
  EXPECT_TRUE(cache.KnownAbsent(2));
}

}  // namespace
}  // namespace attune::cache

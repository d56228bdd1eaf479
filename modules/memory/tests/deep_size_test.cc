#include "attune/memory/deep_size.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory_resource>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "attune/base/sanitizer.h"

namespace {

// What the heap handed out and did not get back, as its own bookkeeping says. Counts every
// operator new of the test binary.
std::atomic<std::uint64_t> heap_bytes{0};

}  // namespace

#if !ATTUNE_ASAN && !ATTUNE_TSAN  // they bring a heap of their own, and their own operators
namespace {

std::uint64_t BlockBytes(void* block) { return attune::memory::HeapBlockSizeOf(block).count(); }

void* CountedNew(std::size_t size, std::size_t align) {
  void* block =
      align <= alignof(std::max_align_t) ? std::malloc(size == 0 ? 1 : size) : std::aligned_alloc(align, size);
  if (block == nullptr) {
    std::abort();
  }
  heap_bytes.fetch_add(BlockBytes(block), std::memory_order_relaxed);
  return block;
}

void CountedDelete(void* block) {
  heap_bytes.fetch_sub(BlockBytes(block), std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) { return CountedNew(size, 1); }
void* operator new(std::size_t size, std::align_val_t align) {
  return CountedNew(size, static_cast<std::size_t>(align));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return CountedNew(size, 1); }
void operator delete(void* block) noexcept { CountedDelete(block); }
void operator delete(void* block, std::size_t) noexcept { CountedDelete(block); }
void operator delete(void* block, std::align_val_t) noexcept { CountedDelete(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { CountedDelete(block); }
#endif

namespace attune::memory {
namespace {

// What glibc gives beyond the rule when it recycles a chunk and less than its smallest would be left.
constexpr Bytes kRecycledSlack(16);

bool IsRounded(Bytes real, std::size_t requested) {
  return real >= HeapBlockSize(requested) && real <= HeapBlockSize(requested) + kRecycledSlack;
}

// The rule is glibc's: sanitizers bring heaps of their own.
bool HeapIsGlibc() {
  const std::unique_ptr<char[]> one(new char[1]);
  const std::unique_ptr<char[]> some(new char[25]);
  return IsRounded(HeapBlockSizeOf(one.get()), 1) && IsRounded(HeapBlockSizeOf(some.get()), 25);
}

// Checks what a value owns against what the heap handed out while it was made: by a thread of its own, which
// glibc gives an arena of its own, so that the chunks are not the crumbs that other tests left.
template <typename Make>
void ExpectWithinFivePercent(std::string_view what, const Make& make) {
  std::jthread([&] {
    const std::uint64_t before = heap_bytes.load();
    const auto value = make();
    const auto handed_out = static_cast<double>(heap_bytes.load() - before);
    const auto counted = static_cast<double>(OwnedSize(value).count());
    EXPECT_GE(counted, 0.95 * handed_out) << what;
    EXPECT_LE(counted, 1.05 * handed_out) << what;
  }).join();
}

using Rng = std::mt19937_64;

std::size_t Upto(Rng& random, std::size_t bound) { return random() % (bound + 1); }

std::string AnyString(Rng& random) { return std::string(Upto(random, random() % 4 == 0 ? 300 : 24), 'x'); }

struct Passage {
  std::string text;
  std::vector<float> embedding;
  std::unique_ptr<Passage> next;
  double weight = 0;

  friend void AttuneVisitOwned(SizeVisitor& visit, const Passage& passage) {
    visit(passage.text, passage.embedding, passage.next);
  }
};

Passage AnyPassage(Rng& random, int depth = 3) {
  Passage passage{AnyString(random), std::vector<float>(Upto(random, 100)), nullptr};
  if (depth > 0 && random() % 2 == 0) {
    passage.next = std::make_unique<Passage>(AnyPassage(random, depth - 1));
  }
  return passage;
}

struct NoexceptHash {
  std::size_t operator()(int n) const noexcept { return static_cast<std::size_t>(n); }
};
struct ThrowingHash {
  std::size_t operator()(int n) const { return static_cast<std::size_t>(n); }
};

class Shape {
 public:
  Shape() = default;
  Shape(const Shape&) = delete;
  Shape& operator=(const Shape&) = delete;
  virtual ~Shape() = default;
  virtual void VisitOwned(SizeVisitor&) const {}
  friend void AttuneVisitOwned(SizeVisitor& visit, const Shape& shape) { shape.VisitOwned(visit); }
};
class Polygon final : public Shape {
 public:
  void VisitOwned(SizeVisitor& visit) const override { visit(points_); }

 private:
  std::vector<double> points_ = std::vector<double>(100);
};

TEST(HeapBlockTest, RoundsLikeTheHeap) {
  EXPECT_EQ(HeapBlockSize(0), 32_B);
  EXPECT_EQ(HeapBlockSize(24), 32_B);
  EXPECT_EQ(HeapBlockSize(25), 48_B);
  EXPECT_EQ(HeapBlockSizeOf(nullptr), 0_B);
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  for (std::size_t size = 1; size < 5000; ++size) {
    const std::unique_ptr<char[]> block(new char[size]);
    ASSERT_TRUE(IsRounded(HeapBlockSizeOf(block.get()), size)) << size;
  }
}

TEST(DeepSizeTest, IncludesTheValueItself) {
  EXPECT_EQ(DeepSize(std::uint32_t{1}), 4_B);
  EXPECT_EQ(DeepSize(std::string("short")), Bytes(sizeof(std::string)));
  EXPECT_EQ(DeepSize(std::string_view("a view owns nothing")), Bytes(sizeof(std::string_view)));
  EXPECT_EQ(DeepSize(std::vector<int>(100)), Bytes(sizeof(std::vector<int>)) + 416_B);
  EXPECT_EQ(DeepSize(std::make_pair(1, 2)), 8_B);
}

TEST(DeepSizeTest, CountsCapacityNotSize) {
  std::vector<char> values;
  values.reserve(1000);
  EXPECT_EQ(OwnedSize(values), HeapBlockSize(1000));
  std::string text;
  text.reserve(99);
  EXPECT_EQ(OwnedSize(text), HeapBlockSize(100));
}

TEST(DeepSizeTest, ShortStringsOwnNothingAndTheFirstLongOneDoes) {
  EXPECT_EQ(OwnedSize(std::string(15, 'x')), 0_B);
  EXPECT_EQ(OwnedSize(std::string(16, 'x')), 32_B);
  EXPECT_EQ(OwnedSize(std::u16string(7, u'x')), 0_B);
  EXPECT_EQ(OwnedSize(std::u16string(8, u'x')), 32_B);
}

TEST(DeepSizeTest, EmptyContainersOwnWhatTheHeapSays) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  EXPECT_EQ(OwnedSize(std::vector<int>()), 0_B);
  EXPECT_EQ(OwnedSize(std::map<int, int>()), 0_B);
  EXPECT_EQ(OwnedSize(std::unordered_map<int, int>()), 0_B);
  EXPECT_EQ(OwnedSize(std::unique_ptr<int>()), 0_B);
  EXPECT_EQ(OwnedSize(std::shared_ptr<int>()), 0_B);
  ExpectWithinFivePercent("deque", [] { return std::deque<int>(); });
}

// A container of random contents: `add` puts in one element, up to 1000 times. Not less than 200 times: glibc
// gives a recycled chunk whole when less than 32 bytes would be left of it, and in a few blocks that shows.
template <typename Container, typename Add>
Container Filled(Rng& random, const Add& add) {
  Container container;
  for (std::size_t i = 0, count = 200 + Upto(random, 800); i < count; ++i) {
    add(container, i);
  }
  return container;
}

template <typename Container>
void CompareStrings(Rng& random, std::string_view what) {
  ExpectWithinFivePercent(what, [&] {
    return Filled<Container>(random, [&](Container& c, std::size_t i) {
      if constexpr (requires { typename Container::mapped_type; }) {
        c.emplace(static_cast<int>(i), AnyString(random));
      } else if constexpr (requires { typename Container::key_type; }) {
        c.insert(AnyString(random));
      } else {
        c.insert(c.begin(), AnyString(random));
      }
    });
  });
}

// One of the kinds that hold their values inline.
struct Row {
  std::optional<std::string> title;
  std::array<std::string, 2> names;
  std::variant<std::monostate, std::string, std::vector<std::uint16_t>, std::unique_ptr<Passage>> any;
  std::tuple<std::vector<bool>, int> flags;
  friend void AttuneVisitOwned(SizeVisitor& visit, const Row& row) { visit(row.title, row.names, row.any, row.flags); }
};

Row AnyRow(Rng& random) {
  Row row;
  row.names = {AnyString(random), AnyString(random)};
  std::get<0>(row.flags).resize(Upto(random, 500));
  switch (random() % 3) {
    case 0:
      row.title = AnyString(random);
      row.any = AnyString(random);
      break;
    case 1:
      row.any = std::make_unique<Passage>(AnyPassage(random));
      break;
    default:
      row.any = std::vector<std::uint16_t>(Upto(random, 100));
  }
  return row;
}

// Made by make_shared, by new, null, or one that is held already.
std::shared_ptr<Passage> AnyShared(Rng& random, const std::vector<std::shared_ptr<Passage>>& others) {
  switch (random() % 4) {
    case 0:
      return std::make_shared<Passage>(AnyPassage(random));
    case 1:
      return std::shared_ptr<Passage>(new Passage(AnyPassage(random)));
    case 2:
      return nullptr;
    default:
      return others.empty() ? nullptr : others[random() % others.size()];
  }
}

class DeepSizeOfRandomTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    if (!HeapIsGlibc()) {
      GTEST_SKIP() << "not glibc's heap";
    }
  }
  Rng random{GetParam()};
};

TEST_P(DeepSizeOfRandomTest, ContainersAreWithinFivePercentOfTheHeap) {
  CompareStrings<std::vector<std::string>>(random, "vector");
  CompareStrings<std::list<std::string>>(random, "list");
  CompareStrings<std::map<int, std::string>>(random, "map");
  CompareStrings<std::multimap<int, std::string>>(random, "multimap");
  CompareStrings<std::set<std::string>>(random, "set");
  CompareStrings<std::multiset<std::string>>(random, "multiset");
  CompareStrings<std::unordered_map<int, std::string>>(random, "unordered_map");
  CompareStrings<std::unordered_map<int, std::string, NoexceptHash>>(random, "noexcept hash");
  CompareStrings<std::unordered_map<int, std::string, ThrowingHash>>(random, "throwing hash");
  CompareStrings<std::unordered_multimap<int, std::string>>(random, "unordered_multimap");
  CompareStrings<std::unordered_set<std::string>>(random, "unordered_set");
  CompareStrings<std::unordered_multiset<std::string>>(random, "unordered_multiset");
  ExpectWithinFivePercent("deque", [&] {
    return Filled<std::deque<std::string>>(random, [&](auto& c, std::size_t) { c.push_back(AnyString(random)); });
  });
  ExpectWithinFivePercent("stack", [&] {
    return Filled<std::stack<std::string>>(random, [&](auto& c, std::size_t) { c.push(AnyString(random)); });
  });
  ExpectWithinFivePercent("queue", [&] {
    return Filled<std::queue<std::string, std::list<std::string>>>(
        random, [&](auto& c, std::size_t) { c.push(AnyString(random)); });
  });
  ExpectWithinFivePercent("priority_queue", [&] {
    return Filled<std::priority_queue<std::string>>(random, [&](auto& c, std::size_t) { c.push(AnyString(random)); });
  });
  ExpectWithinFivePercent("forward_list", [&] {
    return Filled<std::forward_list<std::string>>(random,
                                                  [&](auto& c, std::size_t) { c.push_front(AnyString(random)); });
  });
}

TEST_P(DeepSizeOfRandomTest, NestedValuesAreWithinFivePercentOfTheHeap) {
  ExpectWithinFivePercent("user type", [&] {
    return Filled<std::vector<Passage>>(random, [&](auto& c, std::size_t) { c.push_back(AnyPassage(random)); });
  });
  ExpectWithinFivePercent("shared", [&] {
    return Filled<std::vector<std::shared_ptr<Passage>>>(
        random, [&](auto& c, std::size_t) { c.push_back(AnyShared(random, c)); });
  });
  ExpectWithinFivePercent("inline kinds", [&] {
    return Filled<std::vector<Row>>(random, [&](auto& c, std::size_t) { c.push_back(AnyRow(random)); });
  });
  ExpectWithinFivePercent("arrays on the heap", [&] {
    const std::size_t count = 1 + Upto(random, 300);
    return std::make_pair(std::unique_ptr<int[]>(new int[count]),
                          std::unique_ptr<std::string[]>(new std::string[count]));
  });
  ExpectWithinFivePercent("map of vectors of deques", [&] {
    std::map<std::string, std::vector<std::deque<int>>> map;
    for (std::size_t i = 0; i < 20; ++i) {
      map[AnyString(random)].resize(Upto(random, 5), std::deque<int>(Upto(random, 2000)));
    }
    return map;
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeepSizeOfRandomTest, testing::Range<std::uint64_t>(0, 30));

TEST(DeepSizeTest, ADequeThatWasEatenFromTheFrontIsCountedByItsNodes) {
  constexpr std::size_t kPerNode = 512 / sizeof(int);
  const Bytes whole = OwnedSize(std::deque<int>(500));
  for (const std::size_t eaten : {std::size_t{0}, std::size_t{1}, kPerNode - 1, kPerNode, kPerNode + 1, 3 * kPerNode}) {
    std::deque<int> queue(500);
    for (std::size_t i = 0; i < eaten; ++i) {
      queue.pop_front();
    }
    EXPECT_EQ(OwnedSize(queue) + HeapBlockSize(512) * (eaten / kPerNode), whole) << eaten;
  }
}

// What it pushes, and then pops in front.
std::deque<int> Eaten(int pushed, int popped) {
  std::deque<int> queue;
  for (int i = 0; i < pushed; ++i) {
    queue.push_back(i);
  }
  for (int i = 0; i < popped; ++i) {
    queue.pop_front();
  }
  return queue;
}

TEST(DeepSizeTest, ADequeThatGrewAndShrankIsWithinFivePercentOfTheHeap) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  ExpectWithinFivePercent("in two nodes though it fits into one", [] { return Eaten(128, 120); });
  ExpectWithinFivePercent("a long array for few nodes", [] { return Eaten(1'000'000, 999'000); });
  ExpectWithinFivePercent("empty again", [] { return Eaten(1'000'000, 1'000'000); });
  ExpectWithinFivePercent("from the front", [] {
    std::deque<std::string> texts;
    for (int i = 0; i < 1000; ++i) {
      texts.push_front("x");
    }
    return texts;
  });
}

TEST(DeepSizeTest, ADequeWithAnAllocatorThatHasAStateIsMeasuredTheSame) {
  std::pmr::deque<int> values;
  std::deque<int> twin;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(i);
    twin.push_back(i);
  }
  EXPECT_EQ(OwnedSize(values), OwnedSize(twin));
}

struct alignas(64) Line {
  char bytes[64];
};
struct alignas(32) Vector {
  float lanes[8];
};

TEST(DeepSizeTest, WhatIsAlignedAboveTheHeapIsWithinFivePercentOfIt) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  const auto add_many = [&](auto container, const auto& add) {
    for (int i = 0; i < 500; ++i) {
      add(container, i);
    }
    return container;
  };
  ExpectWithinFivePercent("unique_ptr", [&] {
    return add_many(std::vector<std::unique_ptr<Line>>(),
                    [](auto& lines, int) { lines.push_back(std::make_unique<Line>()); });
  });
  ExpectWithinFivePercent("shared_ptr", [&] {
    return add_many(std::vector<std::shared_ptr<Line>>(),
                    [](auto& lines, int) { lines.push_back(std::make_shared<Line>()); });
  });
  ExpectWithinFivePercent("vectors", [&] {
    return add_many(std::vector<std::vector<Line>>(), [](auto& lines, int) { lines.emplace_back(3); });
  });
  ExpectWithinFivePercent("map",
                          [&] { return add_many(std::map<int, Vector>(), [](auto& map, int i) { map[i] = {}; }); });
  ExpectWithinFivePercent("list",
                          [&] { return add_many(std::list<Line>(), [](auto& list, int) { list.emplace_back(); }); });
  ExpectWithinFivePercent("deque",
                          [&] { return add_many(std::deque<Line>(), [](auto& deque, int) { deque.emplace_back(); }); });
  ExpectWithinFivePercent("unordered_map", [&] {
    return add_many(std::unordered_map<int, Line>(), [](auto& map, int i) { map[i] = {}; });
  });
}

TEST(DeepSizeTest, APathIsItsTextAndItsParts) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  EXPECT_EQ(OwnedSize(std::filesystem::path("name")), 0_B);
  for (const char* text : {"a single name that is a long one", "/home/somebody/documents/a/b/c.txt", "a/b", "/",
                           "/the/way/is/long/and/some of its parts are long as well/so that they own memory"}) {
    ExpectWithinFivePercent(text, [&] { return std::vector<std::filesystem::path>(50, std::filesystem::path(text)); });
  }
}

// Owns memory that a library frees: no destructor, and yet something to count.
struct Foreign {
  std::size_t held = 0;
  friend void AttuneVisitOwned(SizeVisitor& visit, const Foreign& foreign) { visit.AddBytes(Bytes(foreign.held)); }
};

TEST(DeepSizeTest, WhatOwnsWithoutADestructorIsSeenInsideOthers) {
  const Foreign foreign{1000};
  const auto beyond = [](const auto& with, const auto& without) { return OwnedSize(with) - OwnedSize(without); };
  const std::pair pair(1, foreign);
  EXPECT_EQ(OwnedSize(pair), 1000_B);
  EXPECT_EQ(beyond(std::vector{pair, pair}, std::vector{std::pair(1, Foreign()), std::pair(2, Foreign())}), 2000_B);
  EXPECT_EQ(beyond(std::vector{std::tuple(1, foreign)}, std::vector{std::tuple(1, Foreign())}), 1000_B);
  EXPECT_EQ(beyond(std::vector{std::optional(foreign)}, std::vector{std::optional(Foreign())}), 1000_B);
  EXPECT_EQ(beyond(std::map<int, Foreign>{{1, foreign}}, std::map<int, Foreign>{{1, {}}}), 1000_B);
  EXPECT_EQ(beyond(std::unordered_map<int, Foreign>{{1, foreign}}, std::unordered_map<int, Foreign>{{1, {}}}), 1000_B);
  using Either = std::variant<int, Foreign>;
  EXPECT_EQ(beyond(std::vector<Either>{foreign, 1}, std::vector<Either>{1, 1}), 1000_B);
  using Two = std::array<Foreign, 2>;
  EXPECT_EQ(beyond(std::make_unique<Two>(Two{foreign, foreign}), std::make_unique<Two>()), 2000_B);
  struct Row {
    Foreign cells[2];
  };
  EXPECT_EQ(OwnedSize(Row{{foreign, foreign}}.cells), 2000_B);
  static_assert(internal::kOwnsNothing<std::pair<int, std::optional<double>>>, "what is not asked costs nothing");
}

// One that inherits its words about what it owns would be counted without its own members.
struct Named {
  std::string name = std::string(100, 'n');
  friend void AttuneVisitOwned(SizeVisitor& visit, const Named& named) { visit(named.name); }
};
struct NamedText : Named {
  std::string text = std::string(10'000, 't');
};
struct NamedForeign : Foreign {
  std::size_t more = 0;
};
struct SpokenFor : Named {
  std::string text = std::string(10'000, 't');
  friend void AttuneVisitOwned(SizeVisitor& visit, const SpokenFor& spoken) {
    visit(static_cast<const Named&>(spoken), spoken.text);
  }
};

TEST(DeepSizeTest, ADerivedClassSpeaksForItself) {
  static_assert(internal::HasAttuneVisitOwned<Named>);
  static_assert(!internal::HasAttuneVisitOwned<NamedText> && !internal::kOwnsNothing<NamedText>, "does not compile");
  static_assert(!internal::HasAttuneVisitOwned<NamedForeign> && !internal::kOwnsNothing<NamedForeign>, "nor does this");
  static_assert(internal::HasAttuneVisitOwned<Polygon>, "its base calls a virtual function");
  EXPECT_EQ(OwnedSize(SpokenFor()), HeapBlockSize(101) + HeapBlockSize(10'001));
}

TEST(DeepSizeTest, APolymorphicObjectCountsWithItsRealType) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  const std::unique_ptr<Shape> shape = std::make_unique<Polygon>();
  EXPECT_TRUE(IsRounded(OwnedSize(shape) - HeapBlockSize(100 * sizeof(double)), sizeof(Polygon)));
}

// As a shared_ptr shows it: with and without virtual functions, together with its counts and apart.
struct PlainBase {
  std::uint64_t id = 0;
};
struct PlainDerived : PlainBase {
  std::array<std::uint64_t, 30> more{};
};

TEST(DeepSizeTest, ASharedObjectCountsWithItsRealTypeWhateverThePointerShows) {
  if (!HeapIsGlibc()) {
    GTEST_SKIP() << "not glibc's heap";
  }
  const auto many = [](const auto& make) {
    std::vector<decltype(make())> pointers;
    for (int i = 0; i < 200; ++i) pointers.push_back(make());
    return pointers;
  };
  using ShapePtr = std::shared_ptr<Shape>;
  ExpectWithinFivePercent("polymorphic, made together",
                          [&] { return many([]() -> ShapePtr { return std::make_shared<Polygon>(); }); });
  ExpectWithinFivePercent("polymorphic, made apart",
                          [&] { return many([]() -> ShapePtr { return ShapePtr(new Polygon); }); });
  ExpectWithinFivePercent("polymorphic, from a unique_ptr",
                          [&] { return many([]() -> ShapePtr { return std::make_unique<Polygon>(); }); });
  ExpectWithinFivePercent("plain, made together", [&] {
    return many([]() -> std::shared_ptr<PlainBase> { return std::make_shared<PlainDerived>(); });
  });
  ExpectWithinFivePercent("of no type, made together", [&] {
    return many([]() -> std::shared_ptr<void> { return std::make_shared<PlainDerived>(); });
  });
  ExpectWithinFivePercent("a part of a larger object", [&] {
    return many([]() -> std::shared_ptr<std::uint64_t> {
      const auto whole = std::make_shared<PlainDerived>();
      return {whole, &whole->more[20]};
    });
  });
}

TEST(DeepSizeTest, ASharedObjectIsChargedOnceInACall) {
  const auto shared = std::make_shared<std::string>(1000, 'x');
  const std::vector<std::shared_ptr<std::string>> one{shared};
  const std::vector<std::shared_ptr<std::string>> three{shared, shared, shared};
  EXPECT_EQ(OwnedSize(three) - OwnedSize(one), HeapBlockSize(3 * 16) - HeapBlockSize(16));
  EXPECT_EQ(OwnedSize(std::weak_ptr<std::string>(shared)), 0_B);
}

struct TwoTexts {
  std::string first = std::string(1000, 'a');
  std::string second = std::string(5000, 'b');
  friend void AttuneVisitOwned(SizeVisitor& visit, const TwoTexts& texts) { visit(texts.first, texts.second); }
};

TEST(DeepSizeTest, AnAliasBeforeItsOwnerHidesWhatTheRestOfTheObjectOwns) {
  const auto owner = std::make_shared<TwoTexts>();
  const std::shared_ptr<std::string> alias(owner, &owner->first);
  const Bytes hidden = HeapBlockSize(5001);
  EXPECT_EQ(DeepSize(std::pair(owner, alias)), DeepSize(std::pair(alias, owner)) + hidden);
  EXPECT_EQ(DeepSize(std::pair(owner, alias)), DeepSize(owner) + Bytes(sizeof(alias)));
}

TEST(DeepSizeTest, AllocatorsAreNotAsked) {
  std::array<std::byte, 1024> buffer{};
  std::pmr::monotonic_buffer_resource on_the_stack(buffer.data(), buffer.size(), std::pmr::null_memory_resource());
  const std::pmr::string text(200, 'x', &on_the_stack);
  EXPECT_EQ(OwnedSize(text), HeapBlockSize(201)) << "as if it came from the heap";
}

TEST(DeepSizeTest, AnOwnerSetChargesASharedObjectOnceInAllCalls) {
  const auto shared = std::make_shared<std::string>(1000, 'x');
  OwnerSet owners;
  EXPECT_GT(OwnedSize(shared, owners), 1000_B);
  EXPECT_EQ(OwnedSize(shared, owners), 0_B);
  const std::shared_ptr<const void> another_view_of_it = shared;
  EXPECT_EQ(OwnedSize(another_view_of_it, owners), 0_B);
  EXPECT_EQ(owners.size(), 1U);
  OwnerSet others;
  EXPECT_GT(OwnedSize(shared, others), 1000_B);
}

struct Friend {
  std::string name = std::string(100, 'n');
  std::vector<std::shared_ptr<Friend>> friends;
  friend void AttuneVisitOwned(SizeVisitor& visit, const Friend& person) { visit(person.name, person.friends); }
};

TEST(DeepSizeTest, CyclesEnd) {
  const auto a = std::make_shared<Friend>();
  const auto b = std::make_shared<Friend>();
  a->friends.push_back(b);
  b->friends.push_back(a);
  b->friends.push_back(b);
  const Bytes each = HeapBlockSize(16 + sizeof(Friend)) + HeapBlockSize(101);
  const Bytes expected = each * 2 + HeapBlockSize(16) + HeapBlockSize(32);
  if (HeapIsGlibc()) {
    EXPECT_GE(OwnedSize(a), expected);
    EXPECT_LE(OwnedSize(a), expected + kRecycledSlack * 2);
  }
  a->friends.clear();
  b->friends.clear();
}

TEST(DeepSizeTest, ALongChainOfPointersDoesNotOverflowTheStack) {
  constexpr int kLinks = 300'000;
  Passage head;
  for (int i = 0; i < kLinks; ++i) {
    auto link = std::make_unique<Passage>();
    link->next = std::move(head.next);
    head.next = std::move(link);
  }
  EXPECT_EQ(OwnedSize(head), HeapBlockSize(sizeof(Passage)) * kLinks);
  while (head.next != nullptr) {  // nor must the destructors
    head.next = std::move(head.next->next);
  }
}

}  // namespace
}  // namespace attune::memory

// What a pool costs beside the allocators it must beat: one process, contenders in turn, medians.
//
//   memory_pool_bench [--rounds=15] [--cycles=200000] [--seed=1] [--only=TEXT]
//
// Every round has an order of its own, drawn from the seed, and every contender its own memory, so that nobody profits
// from who ran before. --only leaves those whose name contains the text.
//
// Times are CPU time of the thread that works, so that other programs on the machine disturb little. Other
// allocators come from their own shared libraries, by dlopen, and are called through the pointers found
// there: their own fast paths, plus an indirect call of about 0.3 ns. One that is not installed is left out.
#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "attune/memory/copy_floats.h"
#include "attune/memory/object_pool.h"

#ifdef ATTUNE_HAVE_BOOST_POOL
#include <boost/pool/pool.hpp>
#endif

namespace {

using namespace attune;
using namespace attune::memory;

struct Record {
  std::byte bytes[1024];
};
struct Anchor {
  std::byte meta[1024];
  float embedding[384];
};
using Embedding = std::array<float, 384>;

constexpr std::size_t kBurst = 1000;
constexpr std::size_t kHeld = 32;  // more than the C library's thread cache keeps of a size, which is 7

double ThreadNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// The object is used: its first byte is written, and the compiler must believe that it matters.
template <typename T>
void Touch(T* object) {
  *reinterpret_cast<volatile char*>(object) = 1;
}

// What a row does with an object.
enum class Use { kTouch, kCopyByLibrary, kCopyFloats };

// A size that the compiler does not know, as a vector's. With a known one g++ copies 1.5 KB by `rep movsq`, which takes
// twice as long as the C library's memcpy.
volatile std::size_t copied_floats = std::tuple_size_v<Embedding>;

// As many as a batch would bring: which of them collide with an object's addresses is not one draw for all of a row.
constexpr std::size_t kEmbeddings = 8;
const std::array<Embedding, kEmbeddings> embeddings = [] {
  std::array<Embedding, kEmbeddings> all{};
  for (Embedding& embedding : all) {
    std::iota(embedding.begin(), embedding.end(), 0.0F);
  }
  return all;
}();

template <Use kUse, typename T>
[[gnu::always_inline]] inline void UseObject(T* object, [[maybe_unused]] std::size_t turn) {
  Touch(object);
  if constexpr (kUse == Use::kCopyByLibrary) {
    std::memcpy(object->embedding, embeddings[turn % kEmbeddings].data(), copied_floats * sizeof(float));
  } else if constexpr (kUse == Use::kCopyFloats) {
    CopyFloats(embeddings[turn % kEmbeddings], object->embedding);
  }
}

// ---- contenders: each takes a block, shows the object in it and gives it back ----

template <typename T>
struct HandleSource {
  using Block = PoolHandle;
  ObjectPool<T>* pool;
  [[gnu::always_inline]] Block Take() const { return pool->TryAcquire(); }
  T* At(Block block) const { return &pool->Get(block); }
  [[gnu::always_inline]] void Give(Block& block) const { pool->Release(block); }
};
// The same without the check at use; that at return remains. What is between the two is the price of one check.
template <typename T>
struct UncheckedUseSource : HandleSource<T> {
  T* At(const PoolHandle& block) const { return static_cast<T*>(block.object); }
};
template <typename T>
struct LeaseSource {
  using Block = Pooled<T>;
  ObjectPool<T>* pool;
  [[gnu::always_inline]] Block Take() const { return pool->TryLease(); }
  T* At(const Block& block) const { return &*block; }
  [[gnu::always_inline]] void Give(Block& block) const { block.Release(); }
};
// The least that any pool of one thread does: a stack of pointers, nothing checked.
template <typename T>
struct StackSource {
  using Block = T*;
  std::vector<T*>* stack;
  [[gnu::always_inline]] Block Take() const {
    T* top = stack->back();
    stack->pop_back();
    return top;
  }
  T* At(Block block) const { return block; }
  [[gnu::always_inline]] void Give(Block& block) const { stack->push_back(block); }
};
template <typename T>
struct HeapSource {
  using Block = T*;
  void* (*allocate)(std::size_t);
  void (*release)(void*);
  [[gnu::always_inline]] Block Take() const { return static_cast<T*>(allocate(sizeof(T))); }
  T* At(Block block) const { return block; }
  [[gnu::always_inline]] void Give(Block& block) const { release(block); }
};
template <typename T>
struct ResourceSource {
  using Block = T*;
  std::pmr::memory_resource* resource;
  [[gnu::always_inline]] Block Take() const { return static_cast<T*>(resource->allocate(sizeof(T), alignof(T))); }
  T* At(Block block) const { return block; }
  [[gnu::always_inline]] void Give(Block& block) const { resource->deallocate(block, sizeof(T), alignof(T)); }
};
#ifdef ATTUNE_HAVE_BOOST_POOL
template <typename T>
struct BoostSource {
  using Block = T*;
  boost::pool<boost::default_user_allocator_malloc_free>* pool;
  [[gnu::always_inline]] Block Take() const { return static_cast<T*>(pool->malloc()); }
  T* At(Block block) const { return block; }
  [[gnu::always_inline]] void Give(Block& block) const { pool->free(block); }
};
#endif

// ---- rows: nanoseconds for one object ----

template <Use kUse, typename Source>
double Cycle(const Source& source, std::size_t cycles) {
  const double start = ThreadNanoseconds();
  for (std::size_t i = 0; i < cycles; ++i) {
    auto block = source.Take();
    UseObject<kUse>(source.At(block), i);
    source.Give(block);
  }
  return (ThreadNanoseconds() - start) / static_cast<double>(cycles);
}

// Several at a time, given back in the order in which they were taken.
template <Use kUse, typename Source>
double Burst(const Source& source, std::size_t held, std::size_t cycles) {
  std::vector<typename Source::Block> blocks(held);
  const std::size_t bursts = std::max<std::size_t>(1, cycles / held);
  const double start = ThreadNanoseconds();
  for (std::size_t burst = 0; burst < bursts; ++burst) {
    std::size_t turn = 0;
    for (auto& block : blocks) {
      block = source.Take();
      UseObject<kUse>(source.At(block), turn++);
    }
    for (auto& block : blocks) {
      source.Give(block);
    }
  }
  return (ThreadNanoseconds() - start) / static_cast<double>(bursts * held);
}

template <typename Source>
double TwoThreads(const Source& source, std::size_t cycles) {
  std::atomic<int> ready = 0;
  std::array<double, 2> took{};
  {
    std::vector<std::jthread> threads;
    for (double& mine : took) {
      threads.emplace_back([&] {
        Cycle<Use::kTouch>(source, cycles / 10 + 1);  // caches of the new thread fill
        for (++ready; ready < 2;) {
          std::this_thread::yield();
        }
        mine = Cycle<Use::kTouch>(source, cycles);
      });
    }
  }
  return (took[0] + took[1]) / 2;
}

// One thread takes, another gives back, through a ring of 256. The time of both for one object.
template <typename Source>
double ProducerToConsumer(const Source& source, std::size_t cycles) {
  constexpr std::size_t kRing = 256;
  std::vector<typename Source::Block> ring(kRing);
  std::atomic<std::size_t> head = 0;
  std::atomic<std::size_t> tail = 0;
  double consumer_took = 0;
  std::jthread consumer([&] {
    const double start = ThreadNanoseconds();
    for (std::size_t i = 0; i < cycles; ++i) {
      while (head.load(std::memory_order_acquire) == i) {
        std::this_thread::yield();
      }
      source.Give(ring[i % kRing]);
      tail.store(i + 1, std::memory_order_release);
    }
    consumer_took = ThreadNanoseconds() - start;
  });
  const double start = ThreadNanoseconds();
  for (std::size_t i = 0; i < cycles; ++i) {
    while (i - tail.load(std::memory_order_acquire) == kRing) {
      std::this_thread::yield();
    }
    ring[i % kRing] = source.Take();
    Touch(source.At(ring[i % kRing]));
    head.store(i + 1, std::memory_order_release);
  }
  const double producer_took = ThreadNanoseconds() - start;
  consumer.join();
  return (producer_took + consumer_took) / static_cast<double>(cycles);
}

// ---- the table ----

enum Row : std::size_t {
  kCycle,
  kHeldCycle,
  kLargeCycle,
  kCopy,
  kWideCopy,
  kBurstTouch,
  kBurstCopy,
  kTwoThreads,
  kProducerConsumer,
  kRows
};
constexpr std::array<const char*, kRows> kRowNames = {"1 KB, cycle",
                                                      "1 KB, 32 at a time",
                                                      "2.5 KB, cycle",
                                                      "2.5 KB, 384 floats copied in by memcpy",
                                                      "2.5 KB, 384 floats copied in by CopyFloats",
                                                      "burst of 1000 x 2.5 KB",
                                                      "burst, floats copied in by memcpy",
                                                      "1 KB, two threads",
                                                      "1 KB, producer to consumer"};

struct Contender {
  std::string name;
  bool thread_safe = true;
  std::array<std::function<double(std::size_t cycles)>, kRows> measure;
  std::array<std::vector<double>, kRows> samples;
};

template <typename SmallSource, typename LargeSource>
Contender MakeContender(std::string name, bool thread_safe, SmallSource small, LargeSource large) {
  Contender contender{std::move(name), thread_safe, {}, {}};
  contender.measure[kCycle] = [=](std::size_t n) { return Cycle<Use::kTouch>(small, n); };
  contender.measure[kHeldCycle] = [=](std::size_t n) { return Burst<Use::kTouch>(small, kHeld, n); };
  contender.measure[kLargeCycle] = [=](std::size_t n) { return Cycle<Use::kTouch>(large, n); };
  contender.measure[kCopy] = [=](std::size_t n) { return Cycle<Use::kCopyByLibrary>(large, n); };
  contender.measure[kWideCopy] = [=](std::size_t n) { return Cycle<Use::kCopyFloats>(large, n); };
  contender.measure[kBurstTouch] = [=](std::size_t n) { return Burst<Use::kTouch>(large, kBurst, n); };
  contender.measure[kBurstCopy] = [=](std::size_t n) { return Burst<Use::kCopyByLibrary>(large, kBurst, n); };
  if (thread_safe) {
    contender.measure[kTwoThreads] = [=](std::size_t n) { return TwoThreads(small, n); };
    contender.measure[kProducerConsumer] = [=](std::size_t n) { return ProducerToConsumer(small, n); };
  }
  return contender;
}

// An allocator out of its own library; nothing if it is not installed or is another one in disguise.
void AddHeap(std::vector<Contender>& contenders, const char* name, const char* library, const char* allocate,
             const char* release) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  void* allocate_entry = handle != nullptr ? dlsym(handle, allocate) : nullptr;
  void* release_entry = handle != nullptr ? dlsym(handle, release) : nullptr;
  Dl_info found{};
  if (allocate_entry == nullptr || release_entry == nullptr || dladdr(allocate_entry, &found) == 0 ||
      std::strstr(found.dli_fname, name) == nullptr) {
    const char* why = handle == nullptr ? dlerror() : "no such function in it";
    std::printf("left out: %s (%s: %s)\n", name, library, why);
    return;
  }
  std::printf("%s: %s of %s\n", name, allocate, found.dli_fname);
  const auto allocate_function = reinterpret_cast<void* (*)(std::size_t)>(allocate_entry);
  const auto release_function = reinterpret_cast<void (*)(void*)>(release_entry);
  contenders.push_back(MakeContender(name, true, HeapSource<Record>{allocate_function, release_function},
                                     HeapSource<Anchor>{allocate_function, release_function}));
}

template <typename T>
std::vector<T*> StackOf(std::vector<std::unique_ptr<T>>& objects) {
  std::vector<T*> stack;
  for (std::size_t i = 0; i < kBurst; ++i) {
    objects.push_back(std::make_unique<T>());
    stack.push_back(objects.back().get());
  }
  return stack;
}

struct Pools {
  explicit Pools(bool huge_pages = false)
      : records({.name = "records", .capacity_max = 8192, .huge_pages = huge_pages}),
        anchors({.name = "anchors", .capacity_max = 8192, .huge_pages = huge_pages}) {}
  ObjectPool<Record> records;
  ObjectPool<Anchor> anchors;
};

constexpr const char* kHandles = "pool, handles";
constexpr const char* kUncheckedUse = "pool, handles, use unchecked";

// Everything that the contenders refer to.
struct Stage {
  Pools of_handles;
  Pools of_unchecked_use;
  Pools of_leases;
  Pools of_huge_pages{true};
  std::vector<std::unique_ptr<Record>> record_objects;
  std::vector<std::unique_ptr<Anchor>> anchor_objects;
  std::vector<Record*> record_stack = StackOf(record_objects);
  std::vector<Anchor*> anchor_stack = StackOf(anchor_objects);
  std::pmr::synchronized_pool_resource locked_resource;
  std::pmr::unsynchronized_pool_resource resource;
#ifdef ATTUNE_HAVE_BOOST_POOL
  boost::pool<boost::default_user_allocator_malloc_free> boost_records{sizeof(Record)};
  boost::pool<boost::default_user_allocator_malloc_free> boost_anchors{sizeof(Anchor)};
#endif

  template <template <typename> typename Source>
  static Contender MakePool(const char* name, Pools& pools) {
    return MakeContender(name, true, Source<Record>{&pools.records}, Source<Anchor>{&pools.anchors});
  }

  std::vector<Contender> Contenders() {
    std::vector<Contender> all;
    all.push_back(MakePool<HandleSource>(kHandles, of_handles));
    all.push_back(MakePool<UncheckedUseSource>(kUncheckedUse, of_unchecked_use));
    all.push_back(MakePool<LeaseSource>("pool, leases", of_leases));
    all.push_back(MakePool<HandleSource>("pool, huge pages", of_huge_pages));
    all.push_back(MakeContender("glibc", true, HeapSource<Record>{&std::malloc, &std::free},
                                HeapSource<Anchor>{&std::malloc, &std::free}));
    AddHeap(all, "tcmalloc", "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free");
    AddHeap(all, "jemalloc", "libjemalloc.so.2", "malloc", "free");
    AddHeap(all, "mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free");
    all.push_back(MakeContender("std::pmr, locked", true, ResourceSource<Record>{&locked_resource},
                                ResourceSource<Anchor>{&locked_resource}));
    all.push_back(MakeContender("std::pmr, one thread", false, ResourceSource<Record>{&resource},
                                ResourceSource<Anchor>{&resource}));
#ifdef ATTUNE_HAVE_BOOST_POOL
    all.push_back(MakeContender("boost::pool, one thread", false, BoostSource<Record>{&boost_records},
                                BoostSource<Anchor>{&boost_anchors}));
#else
    std::printf("left out: boost::pool (no boost/pool/pool.hpp when this was built)\n");
#endif
    all.push_back(MakeContender("stack of pointers, unchecked, one thread", false, StackSource<Record>{&record_stack},
                                StackSource<Anchor>{&anchor_stack}));
    return all;
  }
};

double Median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

// The median of the differences, round by round: what disturbs the machine disturbs both.
void PrintCheck(const std::vector<Contender>& contenders) {
  const auto named = [&](const char* name) {
    return std::ranges::find_if(contenders, [&](const Contender& contender) { return contender.name == name; });
  };
  const auto checked = named(kHandles);
  const auto unchecked = named(kUncheckedUse);
  if (checked == contenders.end() || unchecked == contenders.end()) {
    return;
  }
  std::printf("\nwhat the check of a handle costs at one use, ns:");
  for (const Row row : {kCycle, kHeldCycle, kLargeCycle}) {
    std::vector<double> differences(checked->samples[row].size());
    std::ranges::transform(checked->samples[row], unchecked->samples[row], differences.begin(), std::minus<>());
    std::printf("  %s %.2f", kRowNames[row], Median(differences));
  }
  std::printf("\n");
}

void Print(const std::vector<Contender>& contenders) {
  std::printf("\nns for one object, median (lowest to highest)\n");
  for (std::size_t row = 0; row < kRows; ++row) {
    std::printf("\n%s\n", kRowNames[row]);
    const double ours = Median(contenders.front().samples[row]);
    for (const Contender& contender : contenders) {
      const std::vector<double>& samples = contender.samples[row];
      if (!samples.empty()) {
        const double median = Median(samples);
        std::printf("  %-42s %8.2f  (%.2f to %.2f)  %6.2f x\n", contender.name.c_str(), median,
                    *std::min_element(samples.begin(), samples.end()),
                    *std::max_element(samples.begin(), samples.end()), median / ours);
      }
    }
  }
  std::printf("\nrate per thread with two threads, of the rate with one: %.1f %%\n",
              100 * Median(contenders.front().samples[kCycle]) / Median(contenders.front().samples[kTwoThreads]));
  PrintCheck(contenders);
}

std::string_view Text(int argc, char** argv, std::string_view name) {
  for (int i = 1; i < argc; ++i) {
    if (const std::string_view argument = argv[i]; argument.starts_with(name)) {
      return argument.substr(name.size());
    }
  }
  return {};
}

std::size_t Option(int argc, char** argv, std::string_view name, std::size_t value) {
  const std::string_view text = Text(argc, argv, name);
  return text.empty() ? value : std::strtoull(text.data(), nullptr, 10);
}

// jemalloc wants more thread-local memory than a late guest gets by default: asks for it, and starts again.
void StartWithRoomForGuests(char** argv) {
  constexpr const char* kVariable = "GLIBC_TUNABLES";
  if (std::getenv(kVariable) == nullptr) {
    setenv(kVariable, "glibc.rtld.optional_static_tls=65536", 1);
    execv("/proc/self/exe", argv);
  }
}

}  // namespace

int main(int argc, char** argv) {
  StartWithRoomForGuests(argv);
  const std::size_t rounds = std::max<std::size_t>(1, Option(argc, argv, "--rounds=", 15));
  const std::size_t cycles = std::max<std::size_t>(kBurst, Option(argc, argv, "--cycles=", 200'000));
  const std::string_view only = Text(argc, argv, "--only=");
  std::mt19937_64 random(Option(argc, argv, "--seed=", 1));
  Stage stage;
  std::vector<Contender> contenders = stage.Contenders();
  std::erase_if(contenders, [&](const Contender& contender) { return contender.name.find(only) == std::string::npos; });
  if (contenders.empty()) {
    std::fprintf(stderr, "no contender is called that\n");
    return 1;
  }
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t row = 0; row < kRows; ++row) {
      std::shuffle(order.begin(), order.end(), random);
      for (const std::size_t turn : order) {
        Contender& contender = contenders[turn];
        if (contender.measure[row]) {
          contender.samples[row].push_back(contender.measure[row](cycles));
        }
      }
    }
  }
  Print(contenders);
  return 0;
}

// The cache against what it must beat, in one process. Every row interleaves its contestants round by
// round and reports the median of each and the ratio to the first; the time column of the row itself says nothing.
//
//   cache_bench --benchmark_filter='Hit|EvictingPut|Choosing|Fill|Expiry'
//
// Keys are 64-bit and uniform, so that no lookup is helped by the one before.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "attune/cache/cache.h"

#ifdef ATTUNE_BENCH_TBB
#define TBB_PREVIEW_CONCURRENT_LRU_CACHE 1
#include <tbb/concurrent_hash_map.h>
#include <tbb/concurrent_lru_cache.h>
#endif

namespace {

using namespace attune;
using namespace attune::cache;
using Key = std::uint64_t;
using Numbers = Cache<Key, Key>;

constexpr int kRounds = 5;

struct Contestant {
  std::string name;
  std::function<void(const std::vector<Key>&)> run;  // every key once
  std::vector<double> ns = {};

  double median() {
    std::sort(ns.begin(), ns.end());
    return ns[ns.size() / 2];
  }
};

// Of this thread's processor time, so that other programs on the machine count less.
double ThreadNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

double NsPerKey(const std::vector<Key>& keys, const std::function<void(const std::vector<Key>&)>& run) {
  const double begin = ThreadNs();
  run(keys);
  return (ThreadNs() - begin) / static_cast<double>(keys.size());
}

// The first round warms up and is thrown away.
void Compete(benchmark::State& state, std::vector<Contestant>& contestants,
             const std::function<const std::vector<Key>&()>& keys_of_round) {
  for (auto _ : state) {
    for (int round = 0; round <= kRounds; ++round) {
      const std::vector<Key>& keys = keys_of_round();
      for (Contestant& contestant : contestants) {
        const double ns = NsPerKey(keys, contestant.run);
        if (round > 0) {
          contestant.ns.push_back(ns);
        }
      }
    }
  }
  const double first = contestants.front().median();
  for (Contestant& contestant : contestants) {
    state.counters[contestant.name + "_ns"] = contestant.median();
    if (&contestant != &contestants.front()) {
      state.counters[contestant.name + "_ratio"] = contestant.median() / first;
    }
  }
}

// Spread over all 64 bits: numbers in a row would flatter a table that hashes by remainder.
Key Spread(std::uint64_t i) { return MixBits(i + 1); }

std::vector<Key> RandomKeys(std::size_t count, std::size_t among, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Key> keys(count);
  for (Key& key : keys) {
    key = Spread(random() % among);
  }
  return keys;
}

std::unique_ptr<Numbers> Filled(std::size_t entries, std::optional<PolicyKind> policy, Duration ttl = kForever) {
  auto cache = std::make_unique<Numbers>(
      SystemClock(),
      CacheConfig{.entries_max = entries, .bytes_max = 1_GiB, .time_to_live = ttl, .policy = policy, .shards = 1});
  for (std::size_t i = 0; i < entries; ++i) {
    cache->Put(Spread(i), i);
  }
  return cache;
}

Contestant Gets(std::string name, Numbers& cache) {
  return {std::move(name), [&cache](const std::vector<Key>& keys) {
            Key sum = 0;
            for (const Key key : keys) {
              sum += cache.Get(key).value_or(0);
            }
            benchmark::DoNotOptimize(sum);
          }};
}

void BM_Hit(benchmark::State& state) {
  const std::size_t entries = static_cast<std::size_t>(state.range(0));
  std::unordered_map<Key, Key> map;
  for (std::size_t i = 0; i < entries; ++i) {
    map.emplace(Spread(i), i);
  }
  const auto s3_fifo = Filled(entries, PolicyKind::kS3Fifo);
  const auto lru = Filled(entries, PolicyKind::kLru);
  const auto choosing = Filled(entries, std::nullopt);
  std::vector<Contestant> contestants;
  contestants.push_back({"unordered_map", [&](const std::vector<Key>& keys) {
                           Key sum = 0;
                           for (const Key key : keys) {
                             sum += map.find(key)->second;
                           }
                           benchmark::DoNotOptimize(sum);
                         }});
  contestants.push_back(Gets("s3fifo", *s3_fifo));
  contestants.push_back(Gets("lru", *lru));
  contestants.push_back(Gets("choosing", *choosing));
#ifdef ATTUNE_BENCH_TBB
  tbb::concurrent_hash_map<Key, Key> tbb_map;
  for (std::size_t i = 0; i < entries; ++i) {
    tbb_map.emplace(Spread(i), i);
  }
  tbb::concurrent_lru_cache<Key, Key> tbb_lru([](Key key) { return key; }, entries);
  for (std::size_t i = 0; i < entries; ++i) {
    benchmark::DoNotOptimize(tbb_lru[Spread(i)].value());
  }
  contestants.push_back({"tbb_hash_map", [&](const std::vector<Key>& keys) {
                           Key sum = 0;
                           tbb::concurrent_hash_map<Key, Key>::const_accessor found;
                           for (const Key key : keys) {
                             sum += tbb_map.find(found, key) ? found->second : 0;
                           }
                           benchmark::DoNotOptimize(sum);
                         }});
  contestants.push_back({"tbb_lru", [&](const std::vector<Key>& keys) {
                           Key sum = 0;
                           for (const Key key : keys) {
                             sum += tbb_lru[key].value();
                           }
                           benchmark::DoNotOptimize(sum);
                         }});
#endif
  const std::size_t lookups = entries * static_cast<std::size_t>(state.range(1));
  const std::vector<Key> keys = RandomKeys(std::max(lookups, std::size_t{1} << 17U), entries, 1);
  Compete(state, contestants, [&]() -> const std::vector<Key>& { return keys; });
}
// Sixteen lookups of each entry in a round: a table in use. One, below: the first touch after the other contestants
// have had the processor's caches, for tables that would fit them.
BENCHMARK(BM_Hit)
    ->Args({1000, 16})
    ->Args({10'000, 16})
    ->Args({100'000, 16})
    ->Args({1'000'000, 2})
    ->Args({100'000, 1})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// Each Put brings a key that is not there, into a cache that is full.
void BM_EvictingPut(benchmark::State& state) {
  const std::size_t entries = static_cast<std::size_t>(state.range(0));
  std::vector<Contestant> contestants;
  std::vector<std::unique_ptr<Numbers>> caches;
  for (const PolicyKind kind : {PolicyKind::kS3Fifo, PolicyKind::kLru, PolicyKind::kSieve, PolicyKind::kLirs}) {
    caches.push_back(Filled(entries, kind));
    contestants.push_back({std::string(ToString(kind)), [&cache = *caches.back()](const std::vector<Key>& keys) {
                             for (const Key key : keys) {
                               cache.Put(key, key);
                             }
                           }});
  }
  std::uint64_t next = entries;
  std::vector<Key> keys(std::size_t{1} << 16U);
  Compete(state, contestants, [&]() -> const std::vector<Key>& {
    for (Key& key : keys) {
      key = Spread(next++);
    }
    return keys;
  });
}
BENCHMARK(BM_EvictingPut)->Arg(10'000)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

Contestant Lookups(std::string name, Numbers& cache) {
  return {std::move(name), [&cache](const std::vector<Key>& keys) {
            for (const Key key : keys) {
              if (!cache.Get(key).has_value()) {
                cache.Put(key, key);
              }
            }
          }};
}

enum Load : std::int64_t { kAllHits, kSkewed };

// A batch of keys: uniform ones that are all in the cache, or skewed ones, ten times as many as fit.
void Draw(Load load, std::size_t entries, std::mt19937_64& random, std::vector<Key>& keys) {
  for (Key& key : keys) {
    const double u = static_cast<double>(random() >> 11U) * 0x1p-53;
    const double at =
        load == kAllHits ? static_cast<double>(entries) * u : static_cast<double>(entries * 10) * u * u * u;
    key = Spread(static_cast<std::uint64_t>(at));
  }
}

struct Beginning {
  double ns = 0;     // each access, the mean
  double bytes = 0;  // the most that was held
  double accesses = 0;
};

// The first accesses of a cache, as many as the choosing one learns from, or seven million.
Beginning RunBeginning(Numbers& cache, Load load, std::size_t entries) {
  std::mt19937_64 random(1);
  std::vector<Key> keys(std::size_t{1} << 14U);
  const std::size_t batches = std::clamp<std::size_t>(200 * entries / keys.size(), 16, 400);
  const Contestant lookups = Lookups("", cache);
  Beginning beginning;
  for (std::size_t i = 0; i < batches; ++i) {
    Draw(load, entries, random, keys);
    beginning.ns += NsPerKey(keys, lookups.run) / static_cast<double>(batches);
    beginning.bytes = std::max(beginning.bytes, static_cast<double>(cache.bytes().count()));
  }
  beginning.accesses = static_cast<double>(batches * keys.size());
  return beginning;
}

// What choosing costs: the same lookups and stores, once with the policy that the choosing cache has chosen, once
// choosing. `begin_` is the beginning with what is learned in it, the rest is the same load going on: steady.
void BM_Choosing(benchmark::State& state) {
  const auto load = static_cast<Load>(state.range(0));
  const std::size_t entries = static_cast<std::size_t>(state.range(1));
  const auto choosing = Filled(entries, std::nullopt);
  const Beginning choosing_began = RunBeginning(*choosing, load, entries);
  const auto fixed = Filled(entries, *ParsePolicyKind(choosing->Stats().policy));
  const Beginning fixed_began = RunBeginning(*fixed, load, entries);

  std::vector<Contestant> contestants;
  contestants.push_back(Lookups("fixed", *fixed));
  contestants.push_back(Lookups("choosing", *choosing));
  std::mt19937_64 random(2);
  std::vector<Key> keys(std::size_t{1} << 17U);
  Compete(state, contestants, [&]() -> const std::vector<Key>& {
    Draw(load, entries, random, keys);
    return keys;
  });
  state.counters["fixed_bytes"] = static_cast<double>(fixed->bytes().count());
  state.counters["choosing_bytes"] = static_cast<double>(choosing->bytes().count());
  state.counters["begin_accesses"] = choosing_began.accesses;
  state.counters["begin_fixed_ns"] = fixed_began.ns;
  state.counters["begin_choosing_ns"] = choosing_began.ns;
  state.counters["begin_choosing_bytes_max"] = choosing_began.bytes;
  state.SetLabel((load == kAllHits ? "all hits, " : "skewed, ") + std::string(choosing->Stats().policy));
}
BENCHMARK(BM_Choosing)
    ->ArgsProduct({{kAllHits, kSkewed}, {1000, 10'000, 100'000, 1'000'000}})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// Stores per second while a buffer of a million entries fills up, and once it is full.
void BM_Fill(benchmark::State& state) {
  constexpr std::size_t kEntries = 1'000'000;
  constexpr std::size_t kTenth = kEntries / 10;
  std::vector<std::vector<double>> ns(11);
  std::vector<Key> keys(kTenth);
  for (auto _ : state) {
    for (int round = 0; round < 15; ++round) {
      Numbers cache(SystemClock(),
                    {.entries_max = kEntries, .bytes_max = 1_GiB, .policy = PolicyKind::kS3Fifo, .shards = 1});
      for (std::size_t tenth = 0; tenth <= 10; ++tenth) {
        for (std::size_t i = 0; i < kTenth; ++i) {
          keys[i] = Spread(tenth * kTenth + i);
        }
        ns[tenth].push_back(NsPerKey(keys, [&](const std::vector<Key>& all) {
          for (const Key key : all) {
            cache.Put(key, key);
          }
        }));
      }
      state.counters["entries_held"] = static_cast<double>(cache.size());
    }
  }
  for (std::size_t tenth = 0; tenth <= 10; ++tenth) {
    std::sort(ns[tenth].begin(), ns[tenth].end());
    const std::string name = tenth < 10 ? "from_" + std::to_string(tenth * 10) + "pct" : "full";
    state.counters[name + "_Mps"] = 1e3 / ns[tenth][ns[tenth].size() / 2];
  }
}
BENCHMARK(BM_Fill)->Iterations(1)->Unit(benchmark::kMillisecond);

// What a time to live costs a hit: reading the clock.
void BM_Expiry(benchmark::State& state) {
  const auto forever = Filled(10'000, PolicyKind::kS3Fifo);
  const auto timed = Filled(10'000, PolicyKind::kS3Fifo, std::chrono::hours(1));
  std::vector<Contestant> contestants;
  contestants.push_back(Gets("forever", *forever));
  contestants.push_back(Gets("timed", *timed));
  const std::vector<Key> keys = RandomKeys(std::size_t{1} << 18U, 10'000, 1);
  Compete(state, contestants, [&]() -> const std::vector<Key>& { return keys; });
}
BENCHMARK(BM_Expiry)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

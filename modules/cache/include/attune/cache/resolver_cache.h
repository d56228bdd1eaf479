#pragma once
// ResolverCache<V>: which resolver suits a request, for ten minutes or until the registry changes. 100 answers.
//
//   ResolverCache<ResolverId> resolvers(clock);
//   Result<ResolverId> id = resolvers.GetOrFind(registry.epoch(), "summarise a page", [&] { return Search(...); });
//
// Epoch      the registry counts up whenever it changes. An answer found in one epoch is never given in another;
//            the first question of a later epoch drops all that came before.
// Absence    a search that answers kNotFound is remembered for ten seconds.
// Threads, cost, errors: those of Cache (cache.h).

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "attune/base/hash.h"
#include "attune/cache/budgeted_cache.h"

namespace attune::cache {

// 10 minutes, 100 answers, 1 MiB.
CacheConfig ResolverCacheConfig();

template <typename V>
class ResolverCache {
 public:
  // `clock` outlives this. REQUIRES: Validate(config).ok().
  explicit ResolverCache(const Clock& clock, CacheConfig config = ResolverCacheConfig(), ReadyCacheHooks hooks = {})
      : cache_(clock, std::move(config), std::move(hooks)) {}

  // `find` answers in one of the shapes of loaded.h.
  template <typename Find>
  Result<V> GetOrFind(std::uint64_t epoch, std::string_view question, Find find) {
    DropBefore(epoch);
    return cache_.GetOrLoad(Key{.epoch = epoch, .question = std::string(question)}, std::move(find));
  }
  std::size_t size() const noexcept { return cache_.size(); }
  CacheStats Stats() const { return cache_.Stats(); }
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept { return cache_.consumer(); }
  void Maintain() { cache_.Maintain(); }

 private:
  struct Key {
    std::uint64_t epoch = 0;
    std::string question;

    friend bool operator==(const Key&, const Key&) = default;
    friend void AttuneVisitOwned(memory::SizeVisitor& visit, const Key& key) { visit(key.question); }
  };
  struct Traits : CacheTraits<Key, V> {
    static KeyHash Hash(const Key& key) noexcept { return Hash64(key.question, key.epoch); }
  };

  void DropBefore(std::uint64_t epoch) {
    std::uint64_t seen = epoch_.load(std::memory_order_relaxed);
    if (seen >= epoch) return;
    // Relaxed: the epoch in the key keeps answers apart; this decides only who cleans up.
    if (!epoch_.compare_exchange_strong(seen, epoch, std::memory_order_relaxed)) return;
    cache_.EraseIf([epoch](const Key& key, const V*) { return key.epoch < epoch; });
  }

  std::atomic<std::uint64_t> epoch_{0};
  BudgetedCache<Key, V, Traits> cache_;
};

}  // namespace attune::cache

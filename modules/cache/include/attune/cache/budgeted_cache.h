#pragma once
// BudgetedCache: a Cache that has its consumer with it; what the ready-made caches are made of.
//
//   EmbeddingCache embeddings(clock, EmbeddingCacheConfig(), {.background = Submit, .journal = &journal});
//   ATTUNE_ASSIGN_OR_RETURN(memory::Registration registration, broker.Register(embeddings.consumer()));
//   embeddings.Maintain();   // every second or so
//
// Ownership  that of Cache; a registration of the consumer ends before this does.
// Threads, cost, errors: those of Cache and CacheConsumer.

#include <utility>

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"

namespace attune::cache {

// What a ready-made cache may use beside its clock.
struct ReadyCacheHooks {
  Background background = {};           // refreshes and simulations; without it callers do these themselves
  control::Journal* journal = nullptr;  // told of changes of policy and of bypassing; outlives the cache
};

template <typename K, typename V, typename Traits = CacheTraits<K, V>>
class BudgetedCache final : public Cache<K, V, Traits> {
 public:
  BudgetedCache(const Clock& clock, CacheConfig config, ReadyCacheHooks hooks)
      : Cache<K, V, Traits>(clock, std::move(config),
                            {.removed = {}, .background = std::move(hooks.background), .journal = hooks.journal}),
        consumer_(*this) {}

  memory::Consumer& consumer() noexcept { return consumer_; }

 private:
  CacheConsumer<Cache<K, V, Traits>> consumer_;
};

}  // namespace attune::cache

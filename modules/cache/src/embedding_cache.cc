#include "attune/cache/embedding_cache.h"

#include "mix64.h"

namespace attune::cache {

CacheConfig EmbeddingCacheConfig() {
  return {.name = "embeddings", .entries_max = 1000, .bytes_max = 64_MiB, .time_to_live = std::chrono::hours(1)};
}

EmbeddingCache::EmbeddingCache(const Clock& clock, CacheConfig config, ReadyCacheHooks hooks)
    : cache_(clock, std::move(config), std::move(hooks)) {}

KeyHash EmbeddingCache::Traits::Hash(const EmbeddingKey& key) noexcept {
  const std::uint64_t name = Hash64(key.model.name, key.text.low);
  const std::uint64_t version = Hash64(key.model.version, name);
  return Mix64(Hash64(key.model.normalisation, version) ^ key.text.high);
}

Result<EmbeddingPtr> EmbeddingCache::GetOrCompute(const EmbeddingModel& model, std::string_view text,
                                                  const Compute& compute) {
  const EmbeddingKey key{.model = model, .text = ContentHash(text)};
  return cache_.GetOrLoad(key, [compute]() -> Result<Loaded<EmbeddingPtr>> {
    ATTUNE_ASSIGN_OR_RETURN(Embedding vector, compute());
    return Loaded<EmbeddingPtr>{.value = std::make_shared<const Embedding>(std::move(vector)),
                                .time_to_live = std::nullopt};
  });
}

}  // namespace attune::cache

#pragma once
// EmbeddingCache: the vector of a text, computed once an hour at most. 1000 vectors.
//
//   EmbeddingCache embeddings(clock);
//   const EmbeddingModel model{.name = "e5-small", .version = "2", .normalisation = "l2"};
//   Result<EmbeddingPtr> vector = embeddings.GetOrCompute(model, text, [&] { return Embed(text); });
//
// Key        model, version, normalisation and a hash of 128 bits of the text, which is not kept: that two texts of
//            a billion share one has a chance of 1e-21. Nobody who could choose texts to collide gains anything but
//            wrong neighbours for themselves.
// Flight     of those who ask for the same text at the same time, one computes and all get its answer.
// Ownership  vectors are shared and immutable; they outlive their entry while somebody holds them.
// Threads, cost, errors: those of Cache (cache.h). An error of the model arrives as it is and is not kept, kNotFound
// included.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/hash.h"
#include "attune/cache/budgeted_cache.h"

namespace attune::cache {

struct EmbeddingModel {
  std::string name;
  std::string version;
  std::string normalisation;  // how the vector is scaled: "l2", "none"; part of what the vector means

  friend bool operator==(const EmbeddingModel&, const EmbeddingModel&) = default;
};

struct EmbeddingKey {
  EmbeddingModel model;
  Hash128 text;

  friend bool operator==(const EmbeddingKey&, const EmbeddingKey&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const EmbeddingKey& key) {
    visit(key.model.name, key.model.version, key.model.normalisation);
  }
};

using Embedding = std::vector<float>;
using EmbeddingPtr = std::shared_ptr<const Embedding>;

// 1 hour, 1000 vectors, 64 MiB.
CacheConfig EmbeddingCacheConfig();

class EmbeddingCache {
 public:
  using Compute = std::function<Result<Embedding>()>;

  // `clock` outlives this. REQUIRES: Validate(config).ok().
  explicit EmbeddingCache(const Clock& clock, CacheConfig config = EmbeddingCacheConfig(), ReadyCacheHooks hooks = {});

  Result<EmbeddingPtr> GetOrCompute(const EmbeddingModel& model, std::string_view text, const Compute& compute);
  void Clear() { cache_.Clear(); }
  CacheStats Stats() const { return cache_.Stats(); }
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept { return cache_.consumer(); }
  void Maintain() { cache_.Maintain(); }

 private:
  struct Traits : CacheTraits<EmbeddingKey, EmbeddingPtr> {
    static KeyHash Hash(const EmbeddingKey& key) noexcept;
  };
  BudgetedCache<EmbeddingKey, EmbeddingPtr, Traits> cache_;
};

}  // namespace attune::cache

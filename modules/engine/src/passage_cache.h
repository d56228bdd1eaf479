#pragma once
// PassageCache: texts of passages that searches have shown, so that showing them again
// unpacks no document.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto texts, passages.Read(ids));
//
// An id is given to one version of one passage and never again, so what is kept never becomes wrong; what
// was removed is dropped with Forget.
//
// Ownership  borrows the store.
// Threads    every member is thread-safe.
// Errors     those of the store.

#include <memory>
#include <span>
#include <unordered_map>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/cache/cache_stats.h"
#include "attune/memory/broker.h"
#include "attune/store/store.h"
#include "cache_world.h"
#include "memory_shares.h"

namespace attune::engine {

using PassageTextPtr = std::shared_ptr<const store::PassageText>;

class PassageCache {
 public:
  PassageCache(const CacheWorld& world, const store::Store& store, CacheShare share);
  ~PassageCache();

  // By PassageId::value(). Ids that do not exist (any more) are left out.
  Result<std::unordered_map<std::uint64_t, PassageTextPtr>> Read(std::span<const store::PassageId> ids);
  void Forget(std::span<const store::PassageId> ids);

  void Maintain();
  cache::CacheStats stats() const;
  memory::Consumer& consumer();

 private:
  struct Kept;
  const store::Store& store_;
  const std::unique_ptr<Kept> kept_;
};

}  // namespace attune::engine

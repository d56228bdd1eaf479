#pragma once
// Caches: what the engine keeps at hand, each within its share of the stated memory.
//
//   Caches caches(world, store, memory);
//   auto texts = caches.passages.Read(ids);
//   for (const CacheStatus& status : caches.Statuses()) Show(status);
//
// Ownership  borrows the world and the store.
// Threads    every member is thread-safe.

#include <vector>

#include "answer_cache.h"
#include "attune/base/bytes.h"
#include "attune/engine/types.h"
#include "attune/memory/broker.h"
#include "attune/store/store.h"
#include "cache_world.h"
#include "file_cache.h"
#include "passage_cache.h"
#include "title_cache.h"

namespace attune::engine {

struct Caches {
  Caches(const CacheWorld& world, const store::Store& store, Bytes memory);

  AnswerCache answers;
  PassageCache passages;
  FileCache files;
  TitleCache titles;

  struct Named {
    const char* name;
    cache::CacheStats stats;
  };
  void Maintain();  // about every second
  std::vector<Named> Stats() const;
  std::vector<CacheStatus> Statuses() const;
  std::vector<memory::Consumer*> consumers();
};

}  // namespace attune::engine

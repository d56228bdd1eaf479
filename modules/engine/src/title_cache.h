#pragma once
// TitleCache: the titles of the chats that are written to, so that appending a message reads no chat.
//
//   ATTUNE_ASSIGN_OR_RETURN(const std::string title, titles.Of(chat));
//   titles.Forget(chat);   // once it is deleted
//
// Ownership  borrows the store.
// Threads    every member is thread-safe. Who asks for the same chat at the same time waits for one reading.
// Errors     kNotFound names the chat, and is not remembered: a chat may be created the next moment. Those of the
// store.

#include <memory>
#include <string>

#include "attune/base/result.h"
#include "attune/cache/cache_stats.h"
#include "attune/memory/broker.h"
#include "attune/store/store.h"
#include "cache_world.h"
#include "memory_shares.h"

namespace attune::engine {

class TitleCache {
 public:
  TitleCache(const CacheWorld& world, const store::Store& store, CacheShare share);
  ~TitleCache();

  Result<std::string> Of(store::ChatId chat);
  void Forget(store::ChatId chat);

  void Maintain();
  cache::CacheStats stats() const;
  memory::Consumer& consumer();

 private:
  struct Kept;
  const store::Store& store_;
  const std::unique_ptr<Kept> kept_;
};

}  // namespace attune::engine

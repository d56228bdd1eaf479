#pragma once
// FileCache: the unpacked texts of files whose passages are being opened, so that reading on
// and reading around costs no second unpacking.
//
//   ATTUNE_ASSIGN_OR_RETURN(const FileTextPtr file, files.Read(document, passage));
//   if (file != nullptr) Show(file->text);
//
// A document keeps its id when its file changes, but its passages get new ids: what is kept
// of a document is right for a passage exactly if the passage is one of its own.
//
// Ownership  borrows the store.
// Threads    every member is thread-safe.
// Errors     those of the store.

#include <memory>
#include <string>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/cache/cache_stats.h"
#include "attune/memory/broker.h"
#include "attune/store/store.h"
#include "cache_world.h"
#include "memory_shares.h"

namespace attune::engine {

struct FileText {
  store::PassageRange passages{};
  std::string text{};
};
using FileTextPtr = std::shared_ptr<const FileText>;

class FileCache {
 public:
  FileCache(const CacheWorld& world, const store::Store& store, CacheShare share);
  ~FileCache();

  // The text that `passage` was cut from; null when the document is gone or has changed since.
  Result<FileTextPtr> Read(store::DocumentId document, store::PassageId passage);

  void Maintain();
  cache::CacheStats stats() const;
  memory::Consumer& consumer();

 private:
  struct Kept;
  const store::Store& store_;
  const std::unique_ptr<Kept> kept_;
};

}  // namespace attune::engine

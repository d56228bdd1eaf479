#include "file_cache.h"

#include <utility>

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"
#include "attune/memory/deep_size.h"

namespace attune::engine {
namespace {

constexpr std::size_t kFilesMax = 250;                        // as many as somebody reads around in
constexpr Duration kFilesKeptFor = std::chrono::minutes(10);  // a removed file is not kept for much longer

struct FileTraits : cache::CacheTraits<std::int64_t, FileTextPtr> {
  static Bytes OwnedBytes(std::int64_t) { return Bytes(0); }
  static Bytes OwnedBytes(std::int64_t, const FileTextPtr& kept) {
    return memory::HeapBlockSize(sizeof(FileText) + 2 * sizeof(void*)) + memory::DeepSize(kept->text) -
           Bytes(sizeof(std::string));
  }
};
using FilesByDocument = cache::Cache<std::int64_t, FileTextPtr, FileTraits>;

bool Contains(const store::PassageRange& range, store::PassageId passage) {
  return passage.row() >= range.first_row && passage.row() < range.first_row + range.count;
}

}  // namespace

struct FileCache::Kept {
  Kept(const CacheWorld& world, CacheShare share)
      : cache(world.clock,
              {.name = "cache.files",
               .entries_max = kFilesMax,
               .bytes_max = share.at_first,
               .time_to_live = kFilesKeptFor},
              {.removed = {}, .background = world.background, .journal = &world.journal}),
        consumer(cache, {.bytes_useful_max = share.useful_max}) {}
  FilesByDocument cache;
  cache::CacheConsumer<FilesByDocument> consumer;
};

FileCache::FileCache(const CacheWorld& world, const store::Store& store, CacheShare share)
    : store_(store), kept_(std::make_unique<Kept>(world, share)) {}
FileCache::~FileCache() = default;

Result<FileTextPtr> FileCache::Read(store::DocumentId document, store::PassageId passage) {
  const auto load = [&]() -> Result<FileTextPtr> {
    ATTUNE_ASSIGN_OR_RETURN(auto stored, store_.ReadDocument(document));
    if (!stored) return Error(ErrorCode::kNotFound, "the document is gone");
    return std::make_shared<const FileText>(
        FileText{.passages = stored->info.passages, .text = std::move(stored->text)});
  };
  for (int attempt = 0; attempt < 2; ++attempt) {
    auto file = kept_->cache.GetOrLoad(document.value, load);
    if (!file.ok() && file.error().code() == ErrorCode::kNotFound) return FileTextPtr();
    if (!file.ok() || Contains((*file)->passages, passage)) return file;
    kept_->cache.Erase(document.value);  // of another version of the file
  }
  return FileTextPtr();
}

void FileCache::Maintain() { kept_->cache.Maintain(); }
cache::CacheStats FileCache::stats() const { return kept_->cache.Stats(); }
memory::Consumer& FileCache::consumer() { return kept_->consumer; }

}  // namespace attune::engine

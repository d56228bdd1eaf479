#include "passage_cache.h"

#include <utility>
#include <vector>

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"
#include "attune/memory/deep_size.h"

namespace attune::engine {
namespace {

// Passages are about 1 KB; half of that makes the bytes the tighter limit, with tables no larger than needed.
constexpr std::uint64_t kBytesPerPassage = 512;
// Finding a row and its share of unpacking a document, roughly; only its ratio to what other caches save counts.
constexpr Duration kReadCost = std::chrono::microseconds(30);
// What was removed while it was being read may be kept once more; not for long.
constexpr Duration kPassagesKeptFor = std::chrono::minutes(30);

struct PassageTraits : cache::CacheTraits<std::uint64_t, PassageTextPtr> {
  static Bytes OwnedBytes(std::uint64_t) { return Bytes(0); }
  static Bytes OwnedBytes(std::uint64_t, const PassageTextPtr& kept) {
    memory::OwnerSet owners;
    memory::SizeVisitor visit(owners);
    visit(kept->source_name, kept->path, kept->language, kept->role, kept->title, kept->passage.symbol, kept->text);
    visit.AddBlock(sizeof(store::PassageText) + 2 * sizeof(void*));  // and the counts of make_shared
    return visit.Finish();
  }
};
using PassagesById = cache::Cache<std::uint64_t, PassageTextPtr, PassageTraits>;

}  // namespace

struct PassageCache::Kept {
  Kept(const CacheWorld& world, CacheShare share)
      : cache(world.clock,
              {.name = "cache.passages",
               .entries_max = share.at_first.count() / kBytesPerPassage,
               .bytes_max = share.at_first,
               .time_to_live = kPassagesKeptFor,
               .worth = {.load_cost = kReadCost}},
              {.removed = {}, .background = world.background, .journal = &world.journal}),
        consumer(cache, {.bytes_useful_max = share.useful_max, .bytes_per_entry = Bytes(kBytesPerPassage)}) {}
  PassagesById cache;
  cache::CacheConsumer<PassagesById> consumer;
};

PassageCache::PassageCache(const CacheWorld& world, const store::Store& store, CacheShare share)
    : store_(store), kept_(std::make_unique<Kept>(world, share)) {}
PassageCache::~PassageCache() = default;

Result<std::unordered_map<std::uint64_t, PassageTextPtr>> PassageCache::Read(std::span<const store::PassageId> ids) {
  std::unordered_map<std::uint64_t, PassageTextPtr> texts;
  std::vector<store::PassageId> missing;
  for (const store::PassageId id : ids) {
    if (auto kept = kept_->cache.Get(id.value())) {
      texts.emplace(id.value(), *std::move(kept));
    } else {
      missing.push_back(id);
    }
  }
  if (missing.empty()) return texts;
  // Together, because the store unpacks each document once for all of its passages.
  ATTUNE_ASSIGN_OR_RETURN(auto read, store_.ReadPassageTexts(missing));
  for (store::PassageText& text : read) {
    const std::uint64_t id = text.id.value();
    auto kept = std::make_shared<const store::PassageText>(std::move(text));
    kept_->cache.Put(id, kept);
    texts.emplace(id, std::move(kept));
  }
  return texts;
}

void PassageCache::Forget(std::span<const store::PassageId> ids) {
  for (const store::PassageId id : ids) kept_->cache.Erase(id.value());
}

void PassageCache::Maintain() { kept_->cache.Maintain(); }
cache::CacheStats PassageCache::stats() const { return kept_->cache.Stats(); }
memory::Consumer& PassageCache::consumer() { return kept_->consumer; }

}  // namespace attune::engine

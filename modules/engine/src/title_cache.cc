#include "title_cache.h"

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"

namespace attune::engine {
namespace {

constexpr std::size_t kTitlesMax = 4096;  // chats that are written to at one time
// An import may give a chat another title; new messages show it after this long at the latest.
constexpr Duration kTitlesKeptFor = std::chrono::minutes(10);

using TitlesByChat = cache::Cache<std::int64_t, std::string>;

}  // namespace

struct TitleCache::Kept {
  Kept(const CacheWorld& world, CacheShare share)
      : cache(world.clock,
              {.name = "cache.titles",
               .entries_max = kTitlesMax,
               .bytes_max = share.at_first,
               .time_to_live = kTitlesKeptFor,
               .negative_time_to_live = Duration(0)},
              {.removed = {}, .background = world.background, .journal = &world.journal}),
        consumer(cache, {.bytes_useful_max = share.useful_max}) {}
  TitlesByChat cache;
  cache::CacheConsumer<TitlesByChat> consumer;
};

TitleCache::TitleCache(const CacheWorld& world, const store::Store& store, CacheShare share)
    : store_(store), kept_(std::make_unique<Kept>(world, share)) {}
TitleCache::~TitleCache() = default;

Result<std::string> TitleCache::Of(store::ChatId chat) {
  auto title = kept_->cache.GetOrLoad(chat.value, [&]() -> Result<std::string> {
    ATTUNE_ASSIGN_OR_RETURN(auto stored, store_.ReadChat(chat));
    if (!stored) return Error(ErrorCode::kNotFound, "");
    return std::move(stored->title);
  });
  if (!title.ok() && title.error().code() == ErrorCode::kNotFound) {
    return Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(chat.value));
  }
  return title;
}

void TitleCache::Forget(store::ChatId chat) { kept_->cache.Erase(chat.value); }
void TitleCache::Maintain() { kept_->cache.Maintain(); }
cache::CacheStats TitleCache::stats() const { return kept_->cache.Stats(); }
memory::Consumer& TitleCache::consumer() { return kept_->consumer; }

}  // namespace attune::engine

#include "answer_cache.h"

#include <string>
#include <utility>

#include "attune/cache/cache.h"
#include "attune/cache/cache_consumer.h"
#include "attune/memory/deep_size.h"

namespace attune::engine {

// What an answer owns, for the accounting of the cache; found by its types' namespace.
static void AttuneVisitOwned(memory::SizeVisitor& visit, const SearchHit& hit) {
  visit(hit.id, hit.kind, hit.source, hit.path, hit.language, hit.symbol, hit.role, hit.snippet, hit.highlights);
}
static void AttuneVisitOwned(memory::SizeVisitor& visit, const SearchResponse& response) {
  visit(response.hits, response.notes);
}

namespace {

// An answer nobody asked again for within this time belongs to another train of thought.
constexpr Duration kAnswersKeptFor = std::chrono::minutes(10);
// Answers with snippets are about 5 KB; half of that makes the bytes the tighter limit.
constexpr std::uint64_t kBytesPerAnswer = 2560;

using AnswerPtr = std::shared_ptr<const SearchResponse>;

void Append(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}
void Append(std::string& key, const std::vector<std::string>& parts) {
  key += std::to_string(parts.size());
  for (const std::string& part : parts) Append(key, part);
}
void Append(std::string& key, const std::optional<WallTime>& time) {
  key += time ? std::to_string(time->time_since_epoch().count()) : "-";
  key += ';';
}

// Everything that decides an answer. Lengths stand before texts, so that no two requests look the same.
std::string KeyOf(const SearchRequest& request, std::uint64_t version) {
  std::string key = std::to_string(version) + ';' + std::to_string(request.limit) + (request.snippets ? 's' : '-');
  Append(key, request.query);
  for (const auto* list : {&request.sources, &request.languages, &request.paths, &request.roles, &request.kinds}) {
    Append(key, *list);
  }
  Append(key, request.after);
  Append(key, request.before);
  return key;
}

}  // namespace

struct AnswerCache::Kept {
  Kept(const CacheWorld& world, CacheShare share)
      : cache(world.clock,
              {.name = "cache.answers",
               .entries_max = share.at_first.count() / kBytesPerAnswer,
               .bytes_max = share.at_first,
               .time_to_live = kAnswersKeptFor},
              {.removed = {}, .background = world.background, .journal = &world.journal}),
        consumer(cache, {.bytes_useful_max = share.useful_max, .bytes_per_entry = Bytes(kBytesPerAnswer)}) {}
  cache::Cache<std::string, AnswerPtr> cache;
  cache::CacheConsumer<cache::Cache<std::string, AnswerPtr>> consumer;
};

AnswerCache::AnswerCache(const CacheWorld& world, CacheShare share) : kept_(std::make_unique<Kept>(world, share)) {}
AnswerCache::~AnswerCache() = default;

std::optional<SearchResponse> AnswerCache::Find(const SearchRequest& request, std::uint64_t version) {
  const std::string key = KeyOf(request, version);
  // A look that finds nothing is followed by FindOrSearch, which counts the miss.
  if (!kept_->cache.Contains(key)) return std::nullopt;
  const std::optional<AnswerPtr> answer = kept_->cache.Get(key);
  if (!answer) return std::nullopt;
  return **answer;
}

Result<SearchResponse> AnswerCache::FindOrSearch(const SearchRequest& request, std::uint64_t version,
                                                 const std::function<Result<SearchResponse>()>& search) {
  ATTUNE_ASSIGN_OR_RETURN(const AnswerPtr answer,
                          kept_->cache.GetOrLoad(KeyOf(request, version), [&]() -> Result<AnswerPtr> {
                            ATTUNE_ASSIGN_OR_RETURN(SearchResponse found, search());
                            return std::make_shared<const SearchResponse>(std::move(found));
                          }));
  return *answer;
}

void AnswerCache::Maintain() { kept_->cache.Maintain(); }
cache::CacheStats AnswerCache::stats() const { return kept_->cache.Stats(); }
memory::Consumer& AnswerCache::consumer() { return kept_->consumer; }

}  // namespace attune::engine

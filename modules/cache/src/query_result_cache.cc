#include "attune/cache/query_result_cache.h"

namespace attune::cache {

KeyHash HashOf(const QueryKey& key) noexcept {
  KeyHash hash = Hash64(key.database, key.statement.low ^ key.statement.high);
  for (const std::string& parameter : key.parameters) hash = Hash64(parameter, hash);
  return Hash64(key.role, hash);
}

CacheConfig QueryResultCacheConfig() {
  return {.name = "query results", .entries_max = 500, .bytes_max = 64_MiB, .time_to_live = std::chrono::minutes(5)};
}

std::size_t TableClocks::IndexOf(std::string_view database, std::string_view table) noexcept {
  return Hash64(table, Hash64(database)) % kTableClocks;
}

std::uint64_t TableClocks::At(std::string_view database, std::string_view table) const noexcept {
  return counts_[IndexOf(database, table)].load(std::memory_order_acquire);
}

std::vector<std::uint64_t> TableClocks::At(std::string_view database, std::span<const std::string> tables) const {
  std::vector<std::uint64_t> counts;
  counts.reserve(tables.size());
  for (const std::string& table : tables) counts.push_back(At(database, table));
  return counts;
}

void TableClocks::Advance(std::string_view database, std::string_view table) noexcept {
  counts_[IndexOf(database, table)].fetch_add(1, std::memory_order_release);
}

}  // namespace attune::cache

#include "attune/cache/query_result_cache.h"

namespace attune::cache {
namespace {

std::uint64_t TableHash(std::string_view database, std::string_view table) noexcept {
  return Hash64(table, Hash64(database));
}

}  // namespace

KeyHash HashOf(const QueryKey& key) noexcept {
  KeyHash hash = Hash64(key.database, key.statement.low ^ key.statement.high);
  for (const std::string& parameter : key.parameters) hash = Hash64(parameter, hash);
  return Hash64(key.role, hash);
}

CacheConfig QueryResultCacheConfig() {
  return {.name = "query results", .entries_max = 500, .bytes_max = 64_MiB, .time_to_live = std::chrono::minutes(5)};
}

TableStamp TableClocks::At(std::string_view database, std::string_view table) const noexcept {
  const std::uint64_t hash = TableHash(database, table);
  return {.table = hash, .writes = counts_[hash % kTableClocks].load(std::memory_order_acquire)};
}

std::vector<TableStamp> TableClocks::At(std::string_view database, std::span<const std::string> tables) const {
  std::vector<TableStamp> stamps;
  stamps.reserve(tables.size());
  for (const std::string& table : tables) stamps.push_back(At(database, table));
  return stamps;
}

void TableClocks::Advance(std::string_view database, std::string_view table) noexcept {
  counts_[TableHash(database, table) % kTableClocks].fetch_add(1, std::memory_order_release);
}

}  // namespace attune::cache

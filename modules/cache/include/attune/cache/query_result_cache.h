#pragma once
// QueryResultCache<R>: results of queries for five minutes, or until one of their tables is written. 500 results.
//
//   QueryResultCache<Rows> results(clock);
//   const QueryKey key{.database = "shop", .statement = SqlFingerprint(sql), .parameters = params, .role = user};
//   Result<std::shared_ptr<const Rows>> rows =
//       results.GetOrRun(key, {.tables = {"orders", "items"}}, [&] { return Run(sql, params); });
//   ...
//   results.TablesWritten("shop", {"orders"});   // after the commit
//
// Key        database, fingerprint of the statement, parameters and role: rights decide what a query sees. And the
//            tables: listed in another order they are another key.
// Writes     TablesWritten makes what read these tables unreachable at once; a query that was running
//            meanwhile is answered and not given to anybody who asks after it. Call it after each commit. Writes of
//            other processes are seen when somebody tells: forward the database's notifications to it.
// In a write transaction nothing is looked up and nothing kept: it sees what nobody else does.
// Bounds     tables are told apart by kTableClocks counters, by hash; two tables that share one are
//            written together, which costs results and never correctness.
// Ownership  results are shared and immutable.
// Threads, cost, errors: those of Cache (cache.h); TablesWritten is one atomic addition for each table.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/hash.h"
#include "attune/cache/budgeted_cache.h"
#include "attune/cache/sql_fingerprint.h"

namespace attune::cache {

struct QueryKey {
  std::string database;
  Hash128 statement;
  std::vector<std::string> parameters;  // as text; their order counts
  std::string role;

  friend bool operator==(const QueryKey&, const QueryKey&) = default;
  friend void AttuneVisitOwned(memory::SizeVisitor& visit, const QueryKey& key) {
    visit(key.database, key.parameters, key.role);
  }
};
KeyHash HashOf(const QueryKey& key) noexcept;

struct QueryContext {
  std::vector<std::string> tables;    // all that the query reads, those behind its views included
  bool in_write_transaction = false;  // runs the query, and nothing else
};

// 5 minutes, 500 results, 64 MiB.
CacheConfig QueryResultCacheConfig();

// Which table, and how often it was written.
struct TableStamp {
  std::uint64_t table = 0;  // a hash of database and name
  std::uint64_t writes = 0;

  friend bool operator==(const TableStamp&, const TableStamp&) = default;
};

// When tables were last written, as counts.
class TableClocks {
 public:
  static constexpr std::size_t kTableClocks = 4096;  // 32 KiB; schemas have hundreds of tables

  TableStamp At(std::string_view database, std::string_view table) const noexcept;
  // At() of all of them, in their order.
  std::vector<TableStamp> At(std::string_view database, std::span<const std::string> tables) const;
  void Advance(std::string_view database, std::string_view table) noexcept;

 private:
  // Release and acquire: whoever sees the new count also sees what was written before.
  std::array<std::atomic<std::uint64_t>, kTableClocks> counts_{};
};

template <typename R>
class QueryResultCache {
 public:
  using ResultPtr = std::shared_ptr<const R>;

  // `clock` outlives this. REQUIRES: Validate(config).ok().
  explicit QueryResultCache(const Clock& clock, CacheConfig config = QueryResultCacheConfig(),
                            ReadyCacheHooks hooks = {})
      : cache_(clock, std::move(config), std::move(hooks)) {}

  // `run` answers R or Result<R>. Errors arrive as they are and are not kept, kNotFound included.
  template <typename Run>
  Result<ResultPtr> GetOrRun(const QueryKey& key, const QueryContext& context, Run run);

  void TablesWritten(std::string_view database, std::span<const std::string> tables) noexcept {
    for (const std::string& table : tables) clocks_->Advance(database, table);
  }
  void TablesWritten(std::string_view database, std::initializer_list<std::string_view> tables) noexcept {
    for (const std::string_view table : tables) clocks_->Advance(database, table);
  }
  void Clear() { cache_.Clear(); }
  CacheStats Stats() const { return cache_.Stats(); }
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept { return cache_.consumer(); }
  void Maintain() { cache_.Maintain(); }

 private:
  // The stamps are part of the key, so that what was read before a write is never found after
  // it, however long the query took; nor what was read from other tables, as after a view has been redefined. What is
  // left behind is never asked for again, and leaves by time or policy.
  struct ReadKey {
    QueryKey query;
    std::vector<TableStamp> tables;

    friend bool operator==(const ReadKey&, const ReadKey&) = default;
    friend void AttuneVisitOwned(memory::SizeVisitor& visit, const ReadKey& key) { visit(key.query, key.tables); }
  };
  struct Traits : CacheTraits<ReadKey, ResultPtr> {
    static KeyHash Hash(const ReadKey& key) noexcept {
      KeyHash hash = HashOf(key.query);
      for (const TableStamp& stamp : key.tables) hash = MixBits(MixBits(hash ^ stamp.table) ^ stamp.writes);
      return hash;
    }
  };

  template <typename Run>
  static Result<ResultPtr> RunQuery(Run& run);

  std::unique_ptr<TableClocks> clocks_ = std::make_unique<TableClocks>();
  BudgetedCache<ReadKey, ResultPtr, Traits> cache_;
};

template <typename R>
template <typename Run>
Result<std::shared_ptr<const R>> QueryResultCache<R>::RunQuery(Run& run) {
  Result<R> rows = run();
  if (!rows.ok()) return std::move(rows).error();
  return std::make_shared<const R>(*std::move(rows));
}

template <typename R>
template <typename Run>
Result<std::shared_ptr<const R>> QueryResultCache<R>::GetOrRun(const QueryKey& key, const QueryContext& context,
                                                               Run run) {
  if (context.in_write_transaction) return RunQuery(run);
  const ReadKey read{.query = key, .tables = clocks_->At(key.database, context.tables)};
  return cache_.GetOrLoad(read, [run = std::move(run)]() mutable -> Result<Loaded<ResultPtr>> {
    ATTUNE_ASSIGN_OR_RETURN(ResultPtr rows, RunQuery(run));
    return Loaded<ResultPtr>{.value = std::move(rows), .time_to_live = std::nullopt};
  });
}

}  // namespace attune::cache

#include "connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/check.h"
#include "attune/base/result.h"
#include "sqlite_error.h"

namespace attune::store {
namespace {

int OpenFlags(OpenMode mode) {
  // NOMUTEX: every connection has one user at a time, by construction. EXRESCODE: the exact reason of an I/O error.
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::kRead:
      return kAlways | SQLITE_OPEN_READONLY;
    case OpenMode::kWrite:
      return kAlways | SQLITE_OPEN_READWRITE;
    case OpenMode::kCreate:
      return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return kAlways;
}

std::uint64_t StatusOf(sqlite3* db, int what) {
  int current = 0;
  int peak = 0;
  if (sqlite3_db_status(db, what, &current, &peak, 0) != SQLITE_OK) return 0;
  return static_cast<std::uint64_t>(std::max(current, 0));
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(options.path));
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(options.path.c_str(), &connection->db_, OpenFlags(options.mode), vfs);
  if (code != SQLITE_OK) return connection->Failure(code, "open");
  ATTUNE_RETURN_IF_ERROR(connection->Configure(options));
  return connection;
}

Status Connection::Configure(const ConnectionOptions& options) {
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_timeout).count();
  busy_timeout_ms_ = static_cast<int>(std::min<std::int64_t>(wait, std::numeric_limits<int>::max()));
  RestoreBusyTimeout();
  // A file from elsewhere must not run functions through views or triggers.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  // Closing never copies the log by itself: the writer does that, knowing whether an earlier sync has failed.
  sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  SetCache(options.cache);
  // temp_store: sorting and savepoint journals stay in memory. mmap_size: mapped pages would count as resident memory
  // that no limit governs, and an I/O error on one would be a signal. cell_size_check: damaged pages are noticed early.
  return Execute("PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;");
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
}

Status Connection::Execute(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? OkStatus() : Status(Failure(code, "use"));
}

Result<std::int64_t> Connection::QueryInt(const char* sql) {
  Query query(*this, sql);
  const std::int64_t value = query.Next() ? query.Int(0) : 0;
  ATTUNE_RETURN_IF_ERROR(query.status());
  return value;
}

void Connection::SetCache(Bytes limit) {
  const std::string sql = "PRAGMA cache_size = -" + std::to_string(std::max<std::uint64_t>(limit.count() >> 10U, 1));
  sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);  // only memory can be short, and the old limit then stays
  sqlite3_db_release_memory(db_);
}

void Connection::RestoreBusyTimeout() { sqlite3_busy_timeout(db_, busy_timeout_ms_); }

void Connection::Measure() {
  bytes_.store(StatusOf(db_, SQLITE_DBSTATUS_CACHE_USED) + StatusOf(db_, SQLITE_DBSTATUS_SCHEMA_USED) +
                   StatusOf(db_, SQLITE_DBSTATUS_STMT_USED),
               std::memory_order_relaxed);
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

std::int64_t Connection::last_insert_row() const { return sqlite3_last_insert_rowid(db_); }

std::int64_t Connection::changed_rows() const { return sqlite3_changes64(db_); }

Error Connection::Failure(int code, std::string_view doing) const { return SqliteError(db_, code, path_, doing); }

Result<sqlite3_stmt*> Connection::Prepare(const char* sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) {
    ATTUNE_CHECK(sqlite3_stmt_busy(found->second) == 0, "one query of a statement at a time");
    return found->second;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Failure(code, "use");
  statements_.emplace(sql, statement);
  return statement;
}

Query::Query(Connection& connection, const char* sql) : connection_(connection) {
  auto statement = connection.Prepare(sql);
  if (statement.ok()) {
    statement_ = *statement;
  } else {
    error_ = statement.error();
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);  // its code repeats the error of the last step
  sqlite3_clear_bindings(statement_);
}

void Query::Again() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

void Query::Check(int code, std::string_view doing) {
  if (code != SQLITE_OK && !error_) error_ = connection_.Failure(code, doing);
}

bool Query::Next() {
  if (error_) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Check(code, sqlite3_stmt_readonly(statement_) != 0 ? "read" : "write");
  return false;
}

void Query::BindOne(int index, std::int64_t value) {
  if (!error_) Check(sqlite3_bind_int64(statement_, index, value), "use");
}

void Query::BindOne(int index, std::uint64_t value) {
  // Sizes of files and texts: what does not fit into 63 bits does not exist.
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  BindOne(index, static_cast<std::int64_t>(std::min(value, kMax)));
}

void Query::BindOne(int index, std::string_view text) {
  // A null pointer would be stored as NULL; the empty string is a value.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (!error_) Check(sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8), "use");
}

void Query::BindOne(int index, Blob blob) {
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  if (!error_) Check(sqlite3_bind_blob64(statement_, index, data, blob.bytes.size(), SQLITE_STATIC), "use");
}

void Query::BindOne(int index, TextOrNull text) {
  if (text.text.empty()) {
    BindOne(index, nullptr);
  } else {
    BindOne(index, text.text);
  }
}

void Query::BindOne(int index, std::nullptr_t) {
  if (!error_) Check(sqlite3_bind_null(statement_, index), "use");
}

std::int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::uint64_t Query::Count(int column) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(Int(column), 0));
}

std::uint32_t Query::Small(int column) const {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(Count(column), std::numeric_limits<std::uint32_t>::max()));
}

std::string_view Query::Text(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);  // without conversion, for TEXT and BLOB alike
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Query::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<Snapshot> Snapshot::Begin(Connection& connection) {
  Query begin(connection, "BEGIN");
  ATTUNE_RETURN_IF_ERROR(begin.Run());
  return Snapshot(connection);
}

Snapshot::~Snapshot() {
  if (connection_ == nullptr) return;
  Query end(*connection_, "COMMIT");
  static_cast<void>(end.Run());  // nothing was written; ending a read cannot lose anything
}

}  // namespace attune::store

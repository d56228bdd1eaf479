#pragma once
// Connection: one SQLite connection with its prepared statements.
// Query: one run of a prepared statement, from binding to reset.
//
// Ownership  the connection owns the statements; a Query borrows one and gives it
//            back reset. Two live queries of the same SQL on one connection are a bug.
// Threads    one thread at a time (the connection is opened without mutexes);
//            bytes() from any thread.
// Errors     a Query remembers its first error: loop with Next(), then ask status().
//
//   Query query(connection, "SELECT title FROM chats WHERE id = ?");
//   query.Bind(chat.value);
//   if (query.Next()) title = query.Text(0);
//   ATTUNE_RETURN_IF_ERROR(query.status());

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace attune::store {

enum class OpenMode : std::uint8_t { kRead, kWrite, kCreate };

struct ConnectionOptions {
  std::string path;
  std::string vfs;
  OpenMode mode = OpenMode::kRead;
  Bytes cache;
  Duration busy_timeout{0};
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Statements without parameters and without rows that matter.
  Status Execute(const char* sql);
  // One integer, for PRAGMAs.
  Result<std::int64_t> QueryInt(const char* sql);

  void SetCache(Bytes limit);
  void RestoreBusyTimeout();  // to what it was opened with
  // Publishes what SQLite holds for this connection. Called by the user of the connection when it is done.
  void Measure();
  Bytes bytes() const noexcept { return Bytes(bytes_.load(std::memory_order_relaxed)); }

  bool in_transaction() const;
  std::int64_t last_insert_row() const;
  std::int64_t changed_rows() const;  // by the latest statement
  Error Failure(int code, std::string_view doing) const;
  sqlite3* handle() const noexcept { return db_; }
  const std::string& path() const noexcept { return path_; }

 private:
  friend class Query;
  explicit Connection(std::string path) : path_(std::move(path)) {}
  Status Configure(const ConnectionOptions& options);
  // `sql` must be a literal: its address is the key.
  Result<sqlite3_stmt*> Prepare(const char* sql);

  std::string path_;
  sqlite3* db_ = nullptr;
  int busy_timeout_ms_ = 0;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  std::atomic<std::uint64_t> bytes_{0};  // relaxed: a figure for reports, it orders nothing
};

// A string that is stored as BLOB (paths, packed text).
struct Blob {
  std::string_view bytes;
};
// A string that is stored as NULL when it is empty.
struct TextOrNull {
  std::string_view text;
};

class Query {
 public:
  Query(Connection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // In the order of the question marks. What views point to must live until the last Next().
  template <typename... Values>
  Query& Bind(Values&&... values) {
    static_assert((!std::is_same_v<Values, std::string> && ...), "a temporary string would be gone before Next()");
    int index = 0;
    (BindOne(++index, values), ...);
    return *this;
  }

  bool Next();    // true: a row is there; false: no more rows, or an error
  Status Run() {  // to the end; rows are dropped
    while (Next()) {
    }
    return status();
  }
  void Again();  // back to before the first row, for another Bind
  Status status() const { return error_ ? Status(*error_) : OkStatus(); }

  // Of the current row; views are valid until the next Next().
  std::int64_t Int(int column) const;
  std::uint64_t Count(int column) const;  // negative numbers, which we never write, read as 0
  std::uint32_t Small(int column) const;  // and what does not fit reads as the largest
  std::string_view Text(int column) const;
  std::string String(int column) const { return std::string(Text(column)); }
  WallTime Time(int column) const { return WallTime(std::chrono::milliseconds(Int(column))); }
  bool IsNull(int column) const;

 private:
  void BindOne(int index, std::int64_t value);
  void BindOne(int index, std::uint64_t value);
  void BindOne(int index, std::uint32_t value) { BindOne(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, int value) { BindOne(index, static_cast<std::int64_t>(value)); }
  void BindOne(int index, bool value) { BindOne(index, static_cast<std::int64_t>(value ? 1 : 0)); }
  void BindOne(int index, std::string_view text);
  void BindOne(int index, const char* text) { BindOne(index, std::string_view(text)); }
  void BindOne(int index, const std::string& text) { BindOne(index, std::string_view(text)); }
  void BindOne(int index, Blob blob);
  void BindOne(int index, TextOrNull text);
  void BindOne(int index, WallTime time) { BindOne(index, static_cast<std::int64_t>(time.time_since_epoch().count())); }
  void BindOne(int index, std::nullptr_t);
  template <typename T>
  void BindOne(int index, const std::optional<T>& value) {
    if (value) {
      BindOne(index, *value);
    } else {
      BindOne(index, nullptr);
    }
  }
  void Check(int code, std::string_view doing);

  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  std::optional<Error> error_;
};

// BEGIN … COMMIT around reads that must see one state.
class Snapshot {
 public:
  static Result<Snapshot> Begin(Connection& connection);
  Snapshot(Snapshot&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Snapshot& operator=(Snapshot&&) = delete;
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot();

 private:
  explicit Snapshot(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace attune::store

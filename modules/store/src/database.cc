#include "database.h"

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "attune/base/result.h"
#include "schema.h"

namespace attune::store {
namespace {

std::string_view SynchronousOf(Durability durability) {
  switch (durability) {
    case Durability::kFull:
      return "FULL";  // in WAL mode: the log is synced by every COMMIT
    case Durability::kNormal:
      return "NORMAL";
    case Durability::kOff:
      return "OFF";
  }
  return "FULL";
}

// SQLite falls back to opening for reading and then reports that the file does not exist.
Error WithRealReason(const Error& error, const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const bool folder_exists = folder.empty() || std::filesystem::is_directory(folder, ignored);
  if (error.code() != ErrorCode::kNotFound || !folder_exists) return error;
  return Error(ErrorCode::kDenied,
               "cannot create '" + path +
                   "': its folder cannot be written; check its permissions, or choose another folder "
                   "with --data");
}

Status ExpectWritable(const Connection& connection) {
  if (sqlite3_db_readonly(connection.handle(), "main") == 0) return OkStatus();
  return Error(ErrorCode::kDenied, "'" + connection.path() +
                                       "' is read-only: check the permissions of the file and its folder, or choose "
                                       "another folder with --data");
}

Status SwitchToWal(Connection& connection) {
  Query query(connection, "PRAGMA journal_mode = WAL");
  const std::string mode = query.Next() ? query.String(0) : "";
  ATTUNE_RETURN_IF_ERROR(query.status());
  if (mode == "wal") return OkStatus();
  return Error(ErrorCode::kUnavailable, "the file system of '" + connection.path() +
                                            "' cannot share memory between connections (a network drive?): choose a "
                                            "folder on a local disk with --data");
}

Status SetWriterPragmas(Connection& connection, const StoreConfig& config) {
  // wal_autocheckpoint: WalKeeper decides. journal_size_limit: a log that was long once gives its space back.
  // secure_delete: Debian switches it on; overwriting removed texts with zeros doubles the writes of every replacement.
  // foreign_keys: operations remove children first, and Check() verifies; enforcing would look up every row twice.
  const std::string sql =
      "PRAGMA synchronous = " + std::string(SynchronousOf(config.durability)) +
      "; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = " + std::to_string(config.wal_checkpoint.count()) +
      "; PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;";
  return connection.Execute(sql.c_str());
}

}  // namespace

ConnectionOptions ReaderOptions(const StoreConfig& config) {
  return ConnectionOptions{.path = config.path,
                           .vfs = config.vfs,
                           .mode = OpenMode::kRead,
                           .cache = config.reader_cache,
                           .busy_timeout = config.busy_timeout};
}

Result<std::unique_ptr<Connection>> OpenForWriting(const StoreConfig& config, WallTime now) {
  ConnectionOptions options = ReaderOptions(config);
  options.mode = OpenMode::kCreate;
  options.cache = config.writer_cache;
  auto opened = Connection::Open(options);
  if (!opened.ok()) return WithRealReason(opened.error(), config.path);
  auto connection = *std::move(opened);
  // Before anything is changed: the file is new or ours.
  ATTUNE_RETURN_IF_ERROR(ExpectOurs(*connection));
  ATTUNE_RETURN_IF_ERROR(ExpectWritable(*connection));
  ATTUNE_RETURN_IF_ERROR(SetWriterPragmas(*connection, config));
  ATTUNE_RETURN_IF_ERROR(SwitchToWal(*connection));
  ATTUNE_RETURN_IF_ERROR(MigrateSchema(*connection, now));
  return connection;
}

Status ProbeForReading(const StoreConfig& config) {
  ATTUNE_ASSIGN_OR_RETURN(const auto connection, Connection::Open(ReaderOptions(config)));
  return ExpectSchema(*connection);
}

}  // namespace attune::store

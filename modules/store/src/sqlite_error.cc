#include "sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "attune/base/result.h"

namespace attune::store {
namespace {

struct Verdict {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string_view meaning;
  std::string_view remedy;
};

constexpr Verdict kDiskFull{ErrorCode::kExhausted, "the disk is full",
                            "free some space and try again; everything stored so far is safe"};
constexpr Verdict kForbidden{ErrorCode::kDenied, "the database or its folder cannot be written",
                             "check the permissions of the folder or choose another one with --data"};

Verdict JudgeIoError(int system_errno) {
  if (system_errno == ENOSPC || system_errno == EDQUOT) return kDiskFull;
  if (system_errno == EROFS || system_errno == EACCES || system_errno == EPERM) return kForbidden;
  return {ErrorCode::kUnavailable, "the disk reported an input/output error",
          "check the disk and the kernel log, then try again"};
}

Verdict JudgeCannotOpen(int system_errno) {
  if (system_errno == EROFS || system_errno == EACCES || system_errno == EPERM) return kForbidden;
  if (system_errno == ENOSPC || system_errno == EDQUOT) return kDiskFull;
  if (system_errno == ENOENT || system_errno == ENOTDIR) {
    return {ErrorCode::kNotFound, "the file or its folder does not exist",
            "create the folder, or choose another one with --data"};
  }
  return {ErrorCode::kUnavailable, "the file cannot be opened", "check that it is a file that can be read"};
}

Verdict Judge(int code, int system_errno) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return kDiskFull;
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_NOMEM) break;
      return JudgeIoError(system_errno);
    case SQLITE_CANTOPEN:
      return JudgeCannotOpen(system_errno);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return kForbidden;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kConflict, "another process holds the database",
              "stop the other program that uses it, or try again"};
    case SQLITE_NOTADB:
      return {ErrorCode::kCorruption, "the file is not a SQLite database",
              "move it away or point --data to another folder"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kCorruption, "the database is damaged",
              "restore a backup, or move the file away to start anew"};
    case SQLITE_CONSTRAINT:
      return {ErrorCode::kConflict, "the row contradicts what is stored", "look again and correct the call"};
    case SQLITE_TOOBIG:
      return {ErrorCode::kInvalidArgument, "a value is too large", "store at most 1 GB in one value"};
    default:
      break;
  }
  if ((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM) {
    return {ErrorCode::kExhausted, "memory ran out", "allow more memory with --memory"};
  }
  return {ErrorCode::kUnavailable, "SQLite failed", "try again; report it when it stays"};
}

}  // namespace

Error SqliteError(sqlite3* db, int code, std::string_view path, std::string_view doing) {
  const int system_errno = db != nullptr ? sqlite3_system_errno(db) : 0;
  const Verdict verdict = Judge(code, system_errno);
  std::string message = "cannot ";
  message.append(doing).append(" '").append(path).append("': ").append(verdict.meaning);
  message.append(" (").append(db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  message.append(", code ").append(std::to_string(code));
  // The number of the operating system is only fresh for errors of the file layer.
  const int primary = code & 0xff;
  if (system_errno != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL)) {
    message.append(", ").append(std::generic_category().message(system_errno));
  }
  message.append("); ").append(verdict.remedy);
  return Error(verdict.code, std::move(message));
}

}  // namespace attune::store

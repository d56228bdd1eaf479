#include "backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "attune/base/result.h"
#include "sqlite_error.h"

namespace attune::store {
namespace {

constexpr int kPagesPerStep = 256;  // 1 MiB: small writes wait a few milliseconds at most

Error FileError(std::string_view doing, const std::string& path, int system_errno) {
  const bool full = system_errno == ENOSPC || system_errno == EDQUOT;
  return Error(full ? ErrorCode::kExhausted : ErrorCode::kUnavailable,
               "cannot " + std::string(doing) + " '" + path + "': " + std::generic_category().message(system_errno));
}

Status SyncFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("open", folder, errno);
  const int failed = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return failed == 0 ? OkStatus() : Status(FileError("sync", folder, failed));
}

}  // namespace

BackupJob::BackupJob(std::string path, std::string vfs, std::function<void(Status)> done)
    : Job(0), path_(std::move(path)), partial_(path_ + ".partial"), vfs_(std::move(vfs)), done_(std::move(done)) {}

BackupJob::~BackupJob() { Close(); }

void BackupJob::Close() {
  sqlite3_backup_finish(std::exchange(backup_, nullptr));
  sqlite3_close(std::exchange(copy_, nullptr));
}

Job::Progress BackupJob::Fail(Status why) {
  outcome_ = std::move(why);
  Close();
  ::unlink(partial_.c_str());
  return Progress::kDone;
}

Status BackupJob::Start(WriteScope& scope) {
  std::error_code ignored;
  if (std::filesystem::exists(path_, ignored)) {
    return Error(ErrorCode::kConflict, "'" + path_ + "' exists: choose another name for the backup");
  }
  ::unlink(partial_.c_str());  // left by a backup that was interrupted
  const char* vfs = vfs_.empty() ? nullptr : vfs_.c_str();
  const int code = sqlite3_open_v2(partial_.c_str(), &copy_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, vfs);
  if (code != SQLITE_OK) return SqliteError(copy_, code, partial_, "create");
  backup_ = sqlite3_backup_init(copy_, "main", scope.connection.handle(), "main");
  if (backup_ == nullptr) return SqliteError(copy_, sqlite3_extended_errcode(copy_), partial_, "write");
  return OkStatus();
}

Job::Progress BackupJob::Step(WriteScope& scope) {
  if (backup_ == nullptr) {
    Status started = Start(scope);
    if (!started.ok()) {
      if (started.error().code() != ErrorCode::kConflict) return Fail(std::move(started));
      outcome_ = std::move(started);
      return Progress::kDone;
    }
  }
  const int code = sqlite3_backup_step(backup_, kPagesPerStep);
  if (code == SQLITE_OK) return Progress::kMore;
  if (code != SQLITE_DONE) return Fail(SqliteError(copy_, code, partial_, "write"));
  Close();
  Status published = Publish();
  return published.ok() ? Progress::kDone : Fail(std::move(published));
}

Status BackupJob::Publish() {
  // link, not rename: somebody may have put a file there meanwhile, and a backup never replaces one.
  if (::link(partial_.c_str(), path_.c_str()) != 0) return FileError("create", path_, errno);
  ::unlink(partial_.c_str());
  return SyncFolderOf(path_);
}

bool BackupJob::Finish() {
  const bool good = outcome_.ok();
  done_(std::move(outcome_));
  return good;
}

}  // namespace attune::store

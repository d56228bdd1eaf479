#include "atomic_write.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "attune/sys/errno.h"
#include "open_file.h"

namespace attune::sys {
namespace {

constexpr int kAttemptsMax = 100;  // names taken by files that a crash left behind

struct Temporary {
  FileDescriptor fd;
  std::string path;
};

// A short name of its own, so that the longest possible target name has room.
Result<Temporary> CreateTemporary(const std::string& directory) {
  static std::atomic<std::uint64_t> sequence{0};
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const std::uint64_t number = sequence.fetch_add(1, std::memory_order_relaxed);
    std::string path = directory + "/." + std::to_string(::getpid()) + "." + std::to_string(number);
    path += kTemporarySuffix;
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY;
    FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), kFlags, S_IRUSR | S_IWUSR); }));
    if (fd.valid()) return Temporary{std::move(fd), std::move(path)};
    if (errno != EEXIST) return FromErrno(errno, "create", path);
  }
  return Error(ErrorCode::kConflict, DescribePath("create", directory) + ": too many temporary files of earlier runs");
}

Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = RetryInterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return FromErrno(errno, "write", path);
    if (written == 0) return FromErrno(ENOSPC, "write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return OkStatus();
}

Status FillAndSync(const Temporary& temporary, const std::string& path, std::string_view bytes) {
  struct stat replaced{};
  if (::lstat(path.c_str(), &replaced) == 0) {
    if (S_ISDIR(replaced.st_mode)) return FromErrno(EISDIR, "write", path);
    const bool keeps_mode = S_ISREG(replaced.st_mode);  // a symlink's own mode means nothing
    if (keeps_mode && ::fchmod(temporary.fd.get(), replaced.st_mode & 07777U) != 0) {
      return FromErrno(errno, "chmod", path);
    }
  }
  ATTUNE_RETURN_IF_ERROR(WriteAll(temporary.fd.get(), bytes, path));
  if (RetryInterrupted([&] { return ::fsync(temporary.fd.get()); }) != 0) return FromErrno(errno, "sync", path);
  return OkStatus();
}

}  // namespace

std::string ParentDirectory(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status SyncDirectory(const std::string& directory) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  const FileDescriptor fd(RetryInterrupted([&] { return ::open(directory.c_str(), kFlags); }));
  if (!fd.valid()) return FromErrno(errno, "open", directory);
  // EINVAL: a file system that has no such notion, and needs none.
  if (RetryInterrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL) {
    return FromErrno(errno, "sync", directory);
  }
  return OkStatus();
}

Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  ATTUNE_RETURN_IF_ERROR(CheckPath(path));
  const std::string directory = ParentDirectory(path);
  ATTUNE_ASSIGN_OR_RETURN(const Temporary temporary, CreateTemporary(directory));

  Status status = FillAndSync(temporary, path, bytes);
  if (status.ok() && ::rename(temporary.path.c_str(), path.c_str()) != 0) status = FromErrno(errno, "replace", path);
  if (!status.ok()) {
    ::unlink(temporary.path.c_str());
    return status;
  }
  return SyncDirectory(directory);
}

}  // namespace attune::sys

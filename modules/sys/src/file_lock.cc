#include "attune/sys/file_lock.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "attune/sys/errno.h"
#include "open_file.h"

namespace attune::sys {
namespace {

constexpr std::size_t kPidTextMax = 24;
constexpr std::size_t kLineSizeMax = FileLock::kNoteSizeMax + kPidTextMax;

struct flock WholeFile(short type) noexcept {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;  // start 0, length 0: to the end, wherever it is; pid 0, as OFD locks require
}

Status CheckNote(std::string_view note) {
  if (note.size() > FileLock::kNoteSizeMax) {
    return Error(ErrorCode::kInvalidArgument,
                 "the note of a lock has at most 1024 bytes, this one " + std::to_string(note.size()));
  }
  if (note.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos) {
    return Error(ErrorCode::kInvalidArgument, "the note of a lock is one line, without NUL");
  }
  return OkStatus();
}

LockHolder ParseHolder(std::string_view content) {
  const std::string_view line = content.substr(0, content.find('\n'));
  LockHolder holder;
  const auto [rest, failure] = std::from_chars(line.data(), line.data() + line.size(), holder.pid);
  if (failure != std::errc{}) return {};
  std::string_view note = line.substr(static_cast<std::size_t>(rest - line.data()));
  if (note.starts_with(' ')) note.remove_prefix(1);
  holder.note = note;
  return holder;
}

LockHolder ReadHolderOf(int fd) {
  std::array<char, kLineSizeMax> content{};
  const ssize_t got = RetryInterrupted([&] { return ::pread(fd, content.data(), content.size(), 0); });
  if (got <= 0) return {};
  return ParseHolder({content.data(), static_cast<std::size_t>(got)});
}

Error HeldBy(const std::string& path, const LockHolder& holder) {
  std::string message = DescribePath("", path).substr(1) + " is held by ";
  message += holder.pid == 0 ? "another process" : "process " + std::to_string(holder.pid);
  if (!holder.note.empty()) message += " (" + holder.note + ")";
  return {ErrorCode::kConflict, std::move(message)};
}

}  // namespace

FileLock::FileLock(int fd, std::string path) noexcept : fd_(fd), path_(std::move(path)) {}
FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    Release();
    fd_ = std::exchange(other.fd_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}
FileLock::~FileLock() { Release(); }

void FileLock::Release() noexcept {
  if (fd_ < 0) return;
  [[maybe_unused]] const int emptied = ::ftruncate(fd_, 0);  // only for people who look at the file
  ::close(fd_);
  fd_ = -1;
}

Result<FileLock> FileLock::Acquire(const std::string& path, std::string_view note) {
  ATTUNE_RETURN_IF_ERROR(CheckPath(path));
  ATTUNE_RETURN_IF_ERROR(CheckNote(note));
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), kFlags, 0600); }));
  if (!fd.valid()) return FromErrno(errno, "lock", path);

  struct flock lock = WholeFile(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0) {
    if (errno == EAGAIN || errno == EACCES) return HeldBy(path, ReadHolderOf(fd.get()));
    return FromErrno(errno, "lock", path);
  }
  FileLock held(fd.Release(), path);
  ATTUNE_RETURN_IF_ERROR(held.Rewrite(note));
  return held;
}

Status FileLock::Rewrite(std::string_view note) {
  ATTUNE_CHECK(fd_ >= 0, "a moved-from lock holds nothing");
  ATTUNE_RETURN_IF_ERROR(CheckNote(note));
  const std::string line = std::to_string(::getpid()) + " " + std::string(note) + "\n";
  // One write, then the cut: a reader between the two sees the new line first, and reads no further.
  const ssize_t written = RetryInterrupted([&] { return ::pwrite(fd_, line.data(), line.size(), 0); });
  if (written < 0) return FromErrno(errno, "write", path_);
  if (static_cast<std::size_t>(written) != line.size()) return FromErrno(ENOSPC, "write", path_);
  if (::ftruncate(fd_, static_cast<off_t>(line.size())) != 0) return FromErrno(errno, "truncate", path_);
  return OkStatus();
}

Result<std::optional<LockHolder>> FileLock::ReadHolder(const std::string& path) {
  ATTUNE_RETURN_IF_ERROR(CheckPath(path));
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const FileDescriptor fd(RetryInterrupted([&] { return ::open(path.c_str(), kFlags); }));
  if (!fd.valid()) {
    if (errno == ENOENT) return std::optional<LockHolder>();
    return FromErrno(errno, "read lock", path);
  }
  struct flock lock = WholeFile(F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &lock) != 0) return FromErrno(errno, "read lock", path);
  if (lock.l_type == F_UNLCK) return std::optional<LockHolder>();
  return std::optional<LockHolder>(ReadHolderOf(fd.get()));
}

}  // namespace attune::sys

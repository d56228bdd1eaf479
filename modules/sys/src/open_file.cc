#include "open_file.h"

#include <fcntl.h>

#include <cerrno>

#include "attune/sys/errno.h"

namespace attune::sys {
namespace {

Status CheckRegular(const struct stat& info, const std::string& path) {
  const FileKind kind = KindOfMode(info.st_mode);
  if (kind == FileKind::kRegular) return OkStatus();
  return Error(ErrorCode::kInvalidArgument,
               DescribePath("read", path) + " is " + KindText(kind) + ", not a regular file");
}

}  // namespace

Status CheckPath(const std::string& path) {
  if (path.find('\0') == std::string::npos) return OkStatus();
  return Error(ErrorCode::kInvalidArgument, DescribePath("path", path) + " contains a NUL byte");
}

FileKind KindOfMode(mode_t mode) noexcept {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

const char* KindText(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::kRegular:
      return "a regular file";
    case FileKind::kDirectory:
      return "a directory";
    case FileKind::kSymlink:
      return "a symlink";
    case FileKind::kOther:
      break;
  }
  return "a FIFO, socket or device";
}

Result<OpenFile> OpenRegular(const std::string& path) {
  ATTUNE_RETURN_IF_ERROR(CheckPath(path));
  OpenFile file{};
  if (::stat(path.c_str(), &file.info) != 0) return FromErrno(errno, "open", path);
  ATTUNE_RETURN_IF_ERROR(CheckRegular(file.info, path));

  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  file.fd = FileDescriptor(RetryInterrupted([&] { return ::open(path.c_str(), kFlags); }));
  if (!file.fd.valid()) return FromErrno(errno, "open", path);
  if (::fstat(file.fd.get(), &file.info) != 0) return FromErrno(errno, "stat", path);
  ATTUNE_RETURN_IF_ERROR(CheckRegular(file.info, path));
  return file;
}

}  // namespace attune::sys

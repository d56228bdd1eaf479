#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

#include "atomic_write.h"
#include "attune/sys/errno.h"
#include "attune/sys/file_system.h"
#include "open_file.h"
#include "real_mapped_file.h"

namespace attune::sys {
namespace {

constexpr std::size_t kReadAtLeast = 4096;  // for files that report no size, as in /proc

Error TooLarge(const std::string& path, Bytes size_max) {
  return {ErrorCode::kExhausted, DescribePath("read", path) + ": larger than the limit of " + ToString(size_max)};
}

// Reads to the end, whatever size the file had when it was opened.
Result<std::string> ReadToEnd(const OpenFile& file, const std::string& path, Bytes size_max) {
  const auto limit = static_cast<std::size_t>(size_max.count());
  const auto expected = static_cast<std::size_t>(file.info.st_size);
  if (expected > limit) return TooLarge(path, size_max);

  std::string bytes(std::max(expected, std::min(kReadAtLeast, limit)) + 1, '\0');  // one more, to notice the end
  std::size_t size = 0;
  while (true) {
    const ssize_t got =
        RetryInterrupted([&] { return ::read(file.fd.get(), bytes.data() + size, bytes.size() - size); });
    if (got < 0) return FromErrno(errno, "read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > limit) return TooLarge(path, size_max);
    if (size == bytes.size()) bytes.resize(std::min(limit - size, size) + size + 1);
  }
  bytes.resize(size);
  if (bytes.capacity() > 2 * size + kReadAtLeast) bytes.shrink_to_fit();
  return bytes;
}

FileKind KindOfEntry(const dirent& entry, int directory_fd) noexcept {
  switch (entry.d_type) {
    case DT_REG:
      return FileKind::kRegular;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kSymlink;
    case DT_UNKNOWN: {  // a file system that does not tell while listing
      struct stat info{};
      if (::fstatat(directory_fd, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) return KindOfMode(info.st_mode);
      return FileKind::kOther;
    }
    default:
      return FileKind::kOther;
  }
}

FileInfo InfoOf(const struct stat& info) noexcept {
  return {.kind = KindOfMode(info.st_mode),
          .size = static_cast<std::uint64_t>(info.st_size),
          .modified_ns = static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec,
          .device = info.st_dev,
          .inode = info.st_ino,
          .links = info.st_nlink};
}

Status MakeDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), S_IRWXU) == 0) return SyncDirectory(ParentDirectory(path));
  const int failure = errno;
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return OkStatus();
    return Error(ErrorCode::kConflict,
                 DescribePath("create directory", path) + ": there is " + KindText(KindOfMode(info.st_mode)));
  }
  return FromErrno(failure, "create directory", path);
}

class Real final : public FileSystem {
 public:
  Result<std::string> Read(const std::string& path, Bytes size_max) const override {
    ATTUNE_ASSIGN_OR_RETURN(const OpenFile file, OpenRegular(path));
    return ReadToEnd(file, path, size_max);
  }

  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) const override { return MapRegular(path); }

  Status WriteAtomically(const std::string& path, std::string_view bytes) override {
    return WriteFileAtomically(path, bytes);
  }

  Status Remove(const std::string& path) override {
    ATTUNE_RETURN_IF_ERROR(CheckPath(path));
    if (::unlink(path.c_str()) == 0) return OkStatus();
    if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return OkStatus();
    return FromErrno(errno, "remove", path);
  }

  Status CreateDirectories(const std::string& path) override {
    ATTUNE_RETURN_IF_ERROR(CheckPath(path));
    for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      if (path[slash - 1] != '/') ATTUNE_RETURN_IF_ERROR(MakeDirectory(path.substr(0, slash)));
    }
    if (path.ends_with('/')) return OkStatus();
    return MakeDirectory(path);
  }

  Result<std::vector<DirectoryEntry>> List(const std::string& directory) const override {
    ATTUNE_RETURN_IF_ERROR(CheckPath(directory));
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    FileDescriptor fd(RetryInterrupted([&] { return ::open(directory.c_str(), kFlags); }));
    if (!fd.valid()) return FromErrno(errno, "list", directory);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), &::closedir);
    if (stream == nullptr) return FromErrno(errno, "list", directory);
    const int stream_fd = fd.Release();  // closedir closes it

    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* const entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (entries.size() == kDirectoryEntriesMax) {
        return Error(ErrorCode::kExhausted, DescribePath("list", directory) + ": more than " +
                                                std::to_string(kDirectoryEntriesMax) + " entries");
      }
      entries.push_back({.name = std::string(name), .kind = KindOfEntry(*entry, stream_fd)});
    }
    if (errno != 0) return FromErrno(errno, "list", directory);
    return entries;
  }

  Result<FileInfo> Stat(const std::string& path) const override {
    ATTUNE_RETURN_IF_ERROR(CheckPath(path));
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return FromErrno(errno, "stat", path);
    return InfoOf(info);
  }

  Result<FileInfo> LinkStat(const std::string& path) const override {
    ATTUNE_RETURN_IF_ERROR(CheckPath(path));
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return FromErrno(errno, "stat", path);
    return InfoOf(info);
  }
};

}  // namespace

FileSystem& RealFileSystem() noexcept {
  static Real files;
  return files;
}

}  // namespace attune::sys

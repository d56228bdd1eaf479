#pragma once
// FileSystem: everything that touches files goes through this interface, so that
// a test can run on memory and inject faults (full disk, I/O error, torn write).
//
//   RealFileSystem()             the operating system
//   InMemoryFileSystem           a map of paths; unsynced bytes can be dropped
//   FaultyFileSystem(base)       passes through, fails where it is told to
//
// Paths      absolute or relative to the process; bytes, not necessarily UTF-8.
// Threads    every member is thread-safe.
// Errors     kNotFound, kDenied, kExhausted (disk full, too large), kUnavailable
//            (I/O error); the message names the path and what the system said.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::sys {

enum class FileKind : std::uint8_t { kRegular, kDirectory, kSymlink, kOther };  // kOther: FIFO, socket, device

struct FileInfo {
  FileKind kind = FileKind::kOther;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since the epoch, as the file system keeps it
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 1;  // names of the file, in whatever directories
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kOther;  // of the entry itself, symlinks not followed
};

inline constexpr std::string_view kTemporarySuffix =
    ".attune-tmp";  // left by a crash; may be removed by whoever owns the folder
inline constexpr std::size_t kDirectoryEntriesMax = 1'000'000;  // of one List, kExhausted above: about 100 MB

// The bytes of one file as it was when mapped. Unmaps on destruction. A mapped
// file must not be truncated by anybody: attune maps only files that it wrote itself
// and replaces them by rename.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  virtual ~MappedFile() = default;
  virtual std::string_view bytes() const noexcept = 0;
  // Lets the kernel drop the resident pages; they come back when touched.
  virtual void ReleasePages() const noexcept = 0;
  // How many bytes count as this process's resident memory now, in whole pages. (What
  // the page cache holds beyond that is the kernel's, and not counted.)
  virtual Bytes ResidentBytes() const noexcept = 0;
};

class FileSystem {
 public:
  FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;
  virtual ~FileSystem() = default;

  // Whole file. kExhausted when it is larger than size_max, read or not: a file
  // that grows while it is read stops at size_max as well. Never blocks on a
  // FIFO and never reads a device: anything but a regular file is kInvalidArgument.
  virtual Result<std::string> Read(const std::string& path, Bytes size_max) const = 0;
  virtual Result<std::unique_ptr<MappedFile>> Map(const std::string& path) const = 0;

  // Writes beside the target, syncs, renames over it, syncs the directory. A
  // crash at any point leaves the old content or the new one, and perhaps a file
  // beside it whose name ends in kTemporarySuffix. Permissions of a replaced file
  // are kept; a new one is its owner's alone (0600). A symlink is replaced itself.
  virtual Status WriteAtomically(const std::string& path, std::string_view bytes) = 0;

  // A file, a symlink or an empty directory. kNotFound if absent. A power cut may bring it back.
  virtual Status Remove(const std::string& path) = 0;
  // With its parents; new ones are their owner's alone (0700). No error if it is
  // there, kConflict if something else is.
  virtual Status CreateDirectories(const std::string& path) = 0;
  virtual Result<std::vector<DirectoryEntry>> List(
      const std::string& directory) const = 0;                           // unsorted; see kDirectoryEntriesMax
  virtual Result<FileInfo> Stat(const std::string& path) const = 0;      // follows symlinks
  virtual Result<FileInfo> LinkStat(const std::string& path) const = 0;  // does not
};

// The operating system's files. Lives for the whole program.
FileSystem& RealFileSystem() noexcept;

}  // namespace attune::sys

#pragma once
// FaultyFileSystem: passes every call to another file system and fails where it
// is told to. Which call fails is counted, never drawn, so a test repeats.
//
//   FaultyFileSystem files(base);
//   files.FailNext(FileOperation::kWrite, DiskFullError("/data"), 2);  // the third write
//   files.LimitSpace(64_KiB);                                          // or when it is full
//
// Ownership  borrows `base`, which outlives this.
// Threads    every member is thread-safe; with several threads, which of them
//            meets the fault is up to the scheduler.
// Errors     the injected ones, and those of `base`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "attune/sys/file_system.h"

namespace attune::sys {

enum class FileOperation : std::uint8_t { kRead, kMap, kWrite, kRemove, kCreateDirectories, kList, kStat };
inline constexpr std::size_t kFileOperationCount = 7;

Error DiskFullError(std::string_view path);  // as ENOSPC reads
Error IoError(std::string_view path);        // as EIO reads

class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& base);
  ~FaultyFileSystem() override;

  // One call of `operation` fails with `error`: the next one after `after_n`
  // that still succeed. Several faults of one operation are met in order.
  void FailNext(FileOperation operation, Error error, std::size_t after_n = 0);
  // Every call from now on fails, until Heal.
  void FailAlways(FileOperation operation, Error error);
  // A disk that lies: the next write keeps only its first `size` bytes, the next
  // read returns only its first `size` bytes. Both report success.
  void ShortenNextWrite(std::size_t size);
  void ShortenNextRead(std::size_t size);
  // The next read returns byte `offset` with its lowest bit flipped, if there is such a byte.
  void FlipBitInNextRead(std::size_t offset);
  // Writes that would bring the sum of written bytes above `space` fail like a full disk.
  void LimitSpace(Bytes space);
  // Takes all faults back.
  void Heal();

  // How often `operation` was called, failed calls included.
  std::size_t calls(FileOperation operation) const;

  Result<std::string> Read(const std::string& path, Bytes size_max) const override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) const override;
  Status WriteAtomically(const std::string& path, std::string_view bytes) override;
  Status Remove(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& directory) const override;
  Result<FileInfo> Stat(const std::string& path) const override;
  Result<FileInfo> LinkStat(const std::string& path) const override;

 private:
  struct Fault {
    std::size_t calls_before = 0;
    Error error;
  };
  struct Plan {
    std::deque<Fault> next;
    std::optional<Error> always;
    std::size_t calls = 0;
  };
  struct ReadDamage {
    std::optional<std::size_t> size_kept;
    std::optional<std::size_t> offset_flipped;
  };

  Status Enter(FileOperation operation) const;  // counts the call; the injected error if it is due
  Status ReserveSpace(const std::string& path, std::size_t size);

  FileSystem& base_;
  mutable std::mutex mutex_;
  mutable std::array<Plan, kFileOperationCount> plans_;  // guarded by mutex_
  mutable ReadDamage read_damage_;                       // guarded by mutex_
  std::optional<std::size_t> write_size_kept_;           // guarded by mutex_
  std::optional<Bytes> space_left_;                      // guarded by mutex_
};

}  // namespace attune::sys

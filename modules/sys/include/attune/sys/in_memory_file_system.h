#pragma once
// InMemoryFileSystem: files as a map of paths, for tests and simulations. It
// knows which bytes and which names a power cut would keep.
//
//   InMemoryFileSystem files(clock);
//   files.WriteUnsynced("/data/log", "half a line");
//   files.DropUnsynced();                    // the power cut
//   files.Read("/data/log", 1_MiB).error();  // kNotFound: it was never synced
//
// Model      A file's bytes survive once synced; a name (creation, rename,
//            removal) survives once its directory is synced. WriteAtomically
//            syncs both; CreateDirectories is durable at once.
// Paths      "/a/b", "a/b" and "/a/./b" name the same file; the root exists.
// Ownership  owns all bytes; a MappedFile keeps its bytes alive by itself.
// Threads    every member is thread-safe, one mutex.
// Cost       O(log files) and a copy of the bytes; List is O(all files).

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "attune/sys/file_system.h"

namespace attune::sys {

class InMemoryFileSystem final : public FileSystem {
 public:
  // `clock` stamps modifications and outlives this.
  explicit InMemoryFileSystem(const Clock& clock);
  ~InMemoryFileSystem() override;

  Result<std::string> Read(const std::string& path, Bytes size_max) const override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& path) const override;
  Status WriteAtomically(const std::string& path, std::string_view bytes) override;
  Status Remove(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& directory) const override;
  Result<FileInfo> Stat(const std::string& path) const override;
  Result<FileInfo> LinkStat(const std::string& path) const override;

  // What another program would do: in place, visible at once, lost in a power cut.
  Status WriteUnsynced(const std::string& path, std::string_view bytes);
  Status SyncFile(const std::string& path);            // its bytes now survive
  Status SyncDirectory(const std::string& directory);  // its names now survive

  // What scanners meet. Parents are created; durable at once; a plain path without symlinks.
  void AddSymlink(const std::string& path, const std::string& target);
  void AddSpecial(const std::string& path);  // a FIFO, socket or device

  // The power cut: every unsynced byte and name is gone.
  void DropUnsynced();

 private:
  struct Node;
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  Result<std::string> Resolve(const std::string& path, bool follow_last) const;         // REQUIRES: mutex_ held
  Result<std::shared_ptr<Node>> Find(const std::string& path, bool follow_last) const;  // REQUIRES: mutex_ held
  Result<std::string> ResolveForWriting(const std::string& path) const;                 // REQUIRES: mutex_ held
  std::shared_ptr<Node> NewNode(FileKind kind);                                         // REQUIRES: mutex_ held
  std::shared_ptr<Node> AddNode(const std::string& path, FileKind kind);                // REQUIRES: mutex_ held
  void SyncNames(const std::string& canonical_directory);                               // REQUIRES: mutex_ held
  Result<FileInfo> InfoOf(const std::string& path, bool follow_last) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  Names visible_;                 // guarded by mutex_; canonical path -> node
  Names durable_;                 // guarded by mutex_; what a power cut leaves
  std::uint64_t inode_next_ = 1;  // guarded by mutex_
};

}  // namespace attune::sys

#pragma once
// FileCache: the contents of files, read once until they change. 250 files, 100 MB.
//
//   FileCache files(clock, sys::RealFileSystem(), watch.get());
//   ATTUNE_ASSIGN_OR_RETURN(FileContentsPtr page, files.Read("/srv/index.html"));
//   Send(page->bytes());
//   ...
//   for (;;) files.Apply(*watch->Poll(1s));   // one thread
//
// Key        device, inode, time of modification and size: a file that changed is another one, and one under two
//            names is kept once.
// Watch      without one, each Read asks the system for these (one stat). With one, a path whose directory
//            is watched is trusted until an event about it comes, and a Read of it touches no file at all. Apply hands
//            the events on; between a change and its Apply, the old contents are given. However a directory is
//            spelled, it is one. After lost events everything is read anew.
// Trust      lasts trusted_for, then one stat renews it: that finds what no event tells of, as a directory further up
//            that is renamed or linked elsewhere, another working directory, a hard link made since, a write through a
//            mapping. Never trusted: symlinks as the last part of a path, files with several hard links.
//            Not noticed, where a path is not trusted: a second write within one tick of the file system's clock that
//            keeps the size.
// Large      files from mapped_from bytes on are mapped, not copied. REQUIRES that nobody truncates them while they are
//            held: touching what is gone kills the process. Where files are written in place by others, set mapped_from
//            to its maximum; then everything is copied.
// Torn       a file that changes while it is read is read again, three times at most; then kUnavailable.
// Unsized    files that state a size of 0 and have contents, as in /proc, are answered and not kept. Those that state
//            another size than they have, as in /sys, are kUnavailable.
// Ownership  contents are shared and immutable; they outlive their entry while somebody holds them. Borrows clock, file
//            system and watch.
// Threads    every member is thread-safe.
// Cost       of a hit: a stat and a lookup; with a watch, where the path is not trusted, an lstat and an
//            inotify_add_watch before them; where it is, the time, two lookups by name and one more.
// Bounds     entries and bytes (mapped files count with their size); directories_max watched: beyond
//            them paths are asked for with stat; paths_max trusted: the next one ends the trust in all.
// Errors     those of the file system, never kept; kExhausted for files above file_bytes_max. A file larger than the
//            cache is answered and not kept.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/cache/budgeted_cache.h"
#include "attune/sys/directory_watch.h"
#include "attune/sys/file_system.h"

namespace attune::cache {

class FileContents {
 public:
  explicit FileContents(std::string copied) : copied_(std::move(copied)) {}
  explicit FileContents(std::unique_ptr<sys::MappedFile> mapped) : mapped_(std::move(mapped)) {}

  std::string_view bytes() const noexcept { return mapped_ != nullptr ? mapped_->bytes() : copied_; }
  bool mapped() const noexcept { return mapped_ != nullptr; }

 private:
  const std::string copied_;
  const std::unique_ptr<sys::MappedFile> mapped_;
};
using FileContentsPtr = std::shared_ptr<const FileContents>;

struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t size = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

struct FileCacheConfig {
  std::string name = "files";
  std::size_t entries_max = 250;
  Bytes bytes_max = Bytes(100'000'000);
  Bytes mapped_from = 1_MiB;                       // less of it copies less and maps more; a mapping costs about 10 us
  Bytes file_bytes_max = 1_GiB;                    // of one file
  std::size_t directories_max = 256;               // watched; each costs 1 KiB in the kernel
  std::size_t paths_max = 4096;                    // trusted; each costs its length and about 150 bytes
  Duration trusted_for = std::chrono::seconds(1);  // more asks the system less often, and finds later what no event
                                                   // tells of; 0 trusts nothing
};
Status Validate(const FileCacheConfig& config);

class FileCache {
 public:
  // `clock`, `files` and `watch` outlive this; null: every Read asks with stat. Watch no directories of this
  // one for other purposes. REQUIRES: Validate(config).ok().
  FileCache(const Clock& clock, const sys::FileSystem& files, sys::DirectoryWatch* watch, FileCacheConfig config = {},
            ReadyCacheHooks hooks = {});

  Result<FileContentsPtr> Read(const std::string& path);
  void Apply(const std::vector<sys::WatchEvent>& events);
  void Clear();

  std::size_t paths_trusted() const;
  std::size_t size() const noexcept { return cache_.size(); }
  Bytes bytes() const noexcept { return cache_.bytes(); }
  CacheStats Stats() const { return cache_.Stats(); }
  // For the broker, and to be called every second or so while it is registered.
  memory::Consumer& consumer() noexcept { return cache_.consumer(); }
  void Maintain() { cache_.Maintain(); }

 private:
  struct Traits : CacheTraits<FileId, FileContentsPtr> {
    static KeyHash Hash(const FileId& id) noexcept;
    static Bytes OwnedBytes(const FileId&, const FileContentsPtr& contents);
    static Bytes OwnedBytes(const FileId&) { return Bytes(0); }
  };

  struct Trusted {
    FileId id;
    TimePoint until;
  };
  using Names = std::map<std::string, Trusted, std::less<>>;  // of one directory

  // When the system was asked about a path.
  struct Asked {
    std::uint64_t changes = 0;
    TimePoint at;
  };
  Asked AskedNow() const;

  std::optional<FileId> TrustedId(std::string_view path) const;
  std::optional<int> WatchDirectoryOf(const std::string& path);
  void Trust(int watch, std::string_view path, const FileId& id, const Asked& asked);
  Result<Loaded<FileContentsPtr>> Load(const std::string& path, const FileId& id) const;
  Result<FileContentsPtr> Open(const std::string& path, std::uint64_t size) const;
  // All of these REQUIRE mutex_.
  void ApplyOne(const sys::WatchEvent& event);
  void Distrust(int watch, const std::string& name);
  void DistrustAll();
  void EndWatch(int watch);
  void EndAllWatches();

  const Clock& clock_;
  const FileCacheConfig config_;
  const sys::FileSystem& files_;
  sys::DirectoryWatch* const watch_;
  BudgetedCache<FileId, FileContentsPtr, Traits> cache_;
  mutable std::mutex mutex_;                         // guards what follows; taken before the locks of watch_ and cache_
  std::map<std::string, int, std::less<>> watches_;  // directories as they were spelled; the same one has one number
  std::unordered_map<int, Names> trusted_;           // by watch
  std::size_t paths_trusted_ = 0;
  std::uint64_t changes_ = 0;  // batches of events applied, and watches ended
};

}  // namespace attune::cache

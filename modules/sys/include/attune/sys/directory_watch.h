#pragma once
// DirectoryWatch: what changes in a set of directories, from inotify. One watch
// covers the entries of one directory; a tree is watched by adding each of its
// directories, those that appear later included (kCreatedDirectory says so).
//
//   ATTUNE_ASSIGN_OR_RETURN(auto watch, DirectoryWatch::Create());
//   ATTUNE_ASSIGN_OR_RETURN(const int id, watch->AddDirectory("/src"));
//   for (const WatchEvent& event : *watch->Poll(1s)) Rescan(event.directory, event.name);
//
// Promises   - Opening, reading and closing unchanged files produces no event,
//              so the scanner does not wake itself.
//            - A written file is reported when its writer closes it; a hard link
//              or symlink when it is made. A file that is held open for writing, or
//              changed through a shared mapping, is reported when it is closed.
//            - When a directory is moved, its watches and those below it end
//              (kDirectoryGone), because their paths are wrong from then on.
//            - Entries made in a new directory before AddDirectory returns are
//              *not* reported: add first, then list it.
//            - kOverflow: events were lost; rescan everything.
// Ownership  owns the inotify descriptor and one for Wake.
// Threads    one thread polls; every other member is thread-safe.
// Cost       about 1 KiB of kernel memory per watch; an event is one short read.
// Bounds     at most 4096 events a Poll; the rest comes with the next.
// Errors     AddDirectory: kExhausted at the kernel's watch limit (the message
//            names /proc/sys/fs/inotify/max_user_watches), kNotFound, kDenied.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::sys {

enum class WatchEventKind : std::uint8_t {
  kChanged,           // a file was written and closed, moved here, or linked here
  kCreatedDirectory,  // a directory was made or moved here
  kRemoved,           // a file or directory was deleted or moved away
  kDirectoryGone,     // the watched directory itself; it is no longer watched; name is empty
  kOverflow,          // events were lost; directory and name are empty
};

struct WatchEvent {
  WatchEventKind kind = WatchEventKind::kChanged;
  std::string directory;      // as given to AddDirectory
  std::string name;           // of the entry inside it; any bytes but '/' and NUL
  bool is_directory = false;  // of the entry; what kRemoved took away

  friend bool operator==(const WatchEvent&, const WatchEvent&) = default;
};

class DirectoryWatch {
 public:
  static Result<std::unique_ptr<DirectoryWatch>> Create();

  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  ~DirectoryWatch();

  // The watch's number, positive. A directory that is watched already keeps its
  // number and takes the new path. Symlinks are not followed.
  Result<int> AddDirectory(const std::string& path);
  // Ends one watch. kNotFound if `path` is not watched. Events that are queued already may still come.
  Status RemoveDirectory(const std::string& path);

  // Waits at most `timeout` for events; empty when none came or Wake was called.
  Result<std::vector<WatchEvent>> Poll(Duration timeout);
  // Ends the Poll that runs now, or else the next one, at once.
  void Wake() noexcept;

  std::size_t directories_watched() const;

 private:
  DirectoryWatch(int inotify_fd, int wake_fd) noexcept;

  struct RawEvent {
    int watch;
    std::uint32_t mask;
    std::string_view name;
  };

  void Translate(const RawEvent& raw, std::vector<WatchEvent>& out);
  void Forget(int watch);                                               // REQUIRES: mutex_ held
  void EndTree(const std::string& path, std::vector<WatchEvent>& out);  // REQUIRES: mutex_ held

  const int inotify_fd_;
  const int wake_fd_;
  mutable std::mutex mutex_;
  std::unordered_map<int, std::string> paths_;  // guarded by mutex_; watch -> path
  std::map<std::string, int> watches_;          // guarded by mutex_; ordered, so that a subtree is a range
};

}  // namespace attune::sys

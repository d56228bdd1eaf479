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
//              Whoever keeps contents and must know sooner asks for
//              WatchDetail::kEveryChange.
//            - When a directory is moved, its watches and those below it end
//              (kDirectoryGone), because their paths are wrong from then on.
//            - Entries made in a new directory before AddDirectory returns are
//              *not* reported: add first, then list it.
//            - kOverflow: events were lost; rescan everything.
// An interface, so that a test can say what a kernel rarely does: no watches left, events lost.
//
// Ownership  the one that Create makes owns the inotify descriptor and one for Wake.
// Threads    one thread polls; every other member is thread-safe.
// Cost       about 1 KiB of kernel memory per watch; an event is one short read.
// Bounds     at most 4096 events a Poll; the rest comes with the next.
// Errors     AddDirectory: kExhausted at the kernel's watch limit (the message
//            names /proc/sys/fs/inotify/max_user_watches), kNotFound, kDenied.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::sys {

enum class WatchDetail : std::uint8_t {
  kWholeFiles,   // one event for a written file, when it is complete
  kEveryChange,  // and one for each write, truncation and change of attributes (rights, times), closed or not
};

enum class WatchEventKind : std::uint8_t {
  kChanged,           // a file was written and closed, moved here, or linked here; see also WatchDetail
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
  // The kernel's own.
  static Result<std::unique_ptr<DirectoryWatch>> Create();

  DirectoryWatch() = default;
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  virtual ~DirectoryWatch() = default;

  // The watch's number, positive. A directory that is watched already keeps its
  // number and takes the new path and detail. Symlinks are not followed, unless the path goes on behind them ("link/").
  virtual Result<int> AddDirectory(const std::string& path, WatchDetail detail) = 0;
  Result<int> AddDirectory(const std::string& path) { return AddDirectory(path, WatchDetail::kWholeFiles); }
  // Ends one watch. kNotFound if `path` is not watched. Events that are queued already may still come.
  virtual Status RemoveDirectory(const std::string& path) = 0;

  // Waits at most `timeout` for events; empty when none came or Wake was called.
  virtual Result<std::vector<WatchEvent>> Poll(Duration timeout) = 0;
  // Ends the Poll that runs now, or else the next one, at once.
  virtual void Wake() noexcept = 0;

  virtual std::size_t directories_watched() const = 0;
};

}  // namespace attune::sys

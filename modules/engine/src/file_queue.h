#pragma once
// FileQueue: which files are to be read, in the order in which people want them:
// what has just been saved, then text, then pages that take seconds each.
//
//   queue.AddListed(source, "a.cc", 1200);          // from a listing
//   queue.AddChanged(source, "b.cc", clock.Now());  // from a watch: first, and once
//   while (auto batch = queue.Take()) { Read(*batch); queue.Done(*batch); }
//
// A path is with one reader at a time: what changes while it is read stays queued
// until that reader is done, so that an older version never overtakes a newer one.
//
// Threads    every member is thread-safe.
// Bounds     kChangedMax changed files; beyond it AddChanged refuses and the caller
//            lists the source again. A listing is as long as its tree.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"

namespace attune::engine {

class Source;

struct QueuedFile {
  std::string path;        // relative to the source
  std::uint64_t size = 0;  // as listed; 0 when only a change is known
  TimePoint changed_at{};  // when the watch saw it; unset for listed files
  bool left_out = false;   // the store has it, and the listing did not meet it
};

struct FileBatch {
  Source* source = nullptr;
  std::vector<QueuedFile> files;
  bool urgent = false;
};

struct FileQueueDepth {
  std::uint64_t files = 0;  // waiting and being read
  std::uint64_t bytes = 0;
};

enum class Queueing : std::uint8_t {
  kAdded,
  kWaitsAlready,  // each changed path waits once
  kFull,          // too many wait: list the source again
};

class FileQueue {
 public:
  static constexpr std::size_t kChangedMax = 65'536;   // a checkout of a large branch; more is a new listing
  static constexpr std::size_t kBatchFilesMax = 64;    // one commit; more delays what is saved meanwhile
  static constexpr Bytes kBatchBytesMax{1ULL << 20U};  // about 20 ms of reading

  void AddListed(Source& source, std::string path, std::uint64_t size, bool left_out = false);
  Queueing AddChanged(Source& source, std::string path, TimePoint now);
  void Forget(const Source& source);  // drops what waits of it

  std::optional<FileBatch> Take();  // nothing now: nothing waits, or all of it is with other readers
  void Done(const FileBatch& batch);

  FileQueueDepth depth() const;
  bool HasWork() const;  // Take would give something
  // Until nothing waits and nothing is being read. False when asked to stop.
  bool WaitUntilEmpty(const std::stop_token& stop) const;

 private:
  using Key = std::pair<const Source*, std::string>;
  struct Waiting {
    Source* source = nullptr;
    QueuedFile file;
  };

  std::optional<FileBatch> TakeFrom(std::deque<Waiting>& waiting, std::size_t files_max, bool urgent);

  mutable std::mutex mutex_;
  mutable std::condition_variable_any emptied_;
  std::deque<Waiting> changed_;  // guarded by mutex_, as is all below
  std::set<Key> changed_paths_;  // of changed_
  std::deque<Waiting> text_;
  std::deque<Waiting> paged_;
  std::set<Key> reading_;
  std::uint64_t bytes_ = 0;
};

}  // namespace attune::engine

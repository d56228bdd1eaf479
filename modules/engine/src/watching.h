#pragma once
// Watching: turns what the kernel reports about the directories of all sources into
// work: a changed file is queued, a new directory is walked, and whatever cannot be
// told from events alone (a changed ignore file, a moved directory, lost events) is
// a new listing.
//
//   Watching watching(clock, queue, log, std::move(watch), {.listing_wanted = ..., .work_added = ...});
//   watching.AddDirectory(source, "/home/me/project/src");   // before it is listed
//   watching.OnListed(source);                               // after the last of them
//
// Where the kernel gives no more watches, the source is listed every kRescanEvery
// instead; SourceStatus::watch says so and how to raise the limit. Each listing tries
// again, and the first that gets all its watches is the last of them.
//
// Ownership  owns the watch and one thread; borrows the rest.
// Threads    every member is thread-safe. The callbacks run on the watching thread or
//            on the caller of AddDirectory, and must be short.
// Bounds     the kernel's limit of watches; FileQueue::kChangedMax changed files.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "attune/base/clock.h"
#include "attune/metrics/log.h"
#include "attune/sys/directory_watch.h"
#include "file_queue.h"
#include "source.h"

namespace attune::engine {

struct WatchCallbacks {
  std::function<void(Source&)> listing_wanted;
  std::function<void()> work_added;
};

class Watching {
 public:
  // Often enough to feel alive, seldom enough that walking 100,000 files costs 5 % of a core.
  static constexpr Duration kRescanEvery = std::chrono::seconds(10);

  // `watch` is null where the kernel gives none.
  Watching(const Clock& clock, FileQueue& queue, metrics::Logger& log, std::unique_ptr<sys::DirectoryWatch> watch,
           WatchCallbacks callbacks);
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  void Start();
  void Stop();  // returns when the thread has ended; directories may still be added
  void AddDirectory(Source& source, const std::string& absolute_path);
  void OnListed(Source& source);  // AddDirectory was called for every directory of the source
  void Forget(const Source& source);
  bool IsRescanned(const Source& source) const;

 private:
  void Run(const std::stop_token& stop);
  void Handle(const sys::WatchEvent& event);
  void HandleFile(Source& source, const std::string& path);
  void WalkNew(Source& source, const std::string& path);
  void RescanDue();
  std::set<Source*> WatchedSources() const;  // rescanned ones included
  // The source that a directory belongs to, with the path relative to it.
  Source* Find(const std::string& absolute_directory) const;
  void FallBack(Source& source, const Error& why);
  bool MayWatch() const { return watch_ != nullptr && !broken_; }

  const Clock& clock_;
  FileQueue& queue_;
  metrics::Logger& log_;
  const WatchCallbacks callbacks_;
  const std::unique_ptr<sys::DirectoryWatch> watch_;  // null where the kernel gives none
  std::atomic<bool> broken_{false};                   // it failed, for good

  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<std::string, Source*> directories_;  // guarded by mutex_; every watched directory
  // Those without enough watches, and whether one was refused since the last listing began. Guarded by mutex_.
  std::map<Source*, bool> rescanned_;
  TimePoint rescan_at_{};  // of the watching thread
  std::jthread thread_;
};

}  // namespace attune::engine

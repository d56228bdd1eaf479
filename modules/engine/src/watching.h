#pragma once
// Watching: turns what the kernel reports about the directories of all sources into
// work: a changed file is queued, a new directory is walked, and whatever cannot be
// told from events alone (a changed ignore file, a moved directory, lost events) is
// a new listing.
//
//   Watching watching(clock, queue, log, {.listing_wanted = ..., .work_added = ...});
//   watching.AddDirectory(source, "/home/me/project/src");   // while it is listed
//
// Where the kernel gives no more watches, the source is listed every kRescanEvery
// instead; SourceStatus::watch says so and how to raise the limit.
//
// Ownership  borrows everything; owns one thread.
// Threads    every member is thread-safe. The callbacks run on the watching thread or
//            on the caller of AddDirectory, and must be short.
// Bounds     the kernel's limit of watches; FileQueue::kChangedMax changed files.

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

  Watching(const Clock& clock, FileQueue& queue, metrics::Logger& log, WatchCallbacks callbacks);
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  void Start();
  void Stop();  // returns when the thread has ended; directories may still be added
  void AddDirectory(Source& source, const std::string& absolute_path);
  void Forget(const Source& source);

 private:
  void Run(const std::stop_token& stop);
  void Handle(const sys::WatchEvent& event);
  void HandleFile(Source& source, const std::string& path);
  void WalkNew(Source& source, const std::string& path);
  void RescanDue();
  std::set<Source*> WatchedSources() const;
  // The source that a directory belongs to, with the path relative to it.
  Source* Find(const std::string& absolute_directory) const;
  void FallBack(Source& source, const Error& why);

  const Clock& clock_;
  FileQueue& queue_;
  metrics::Logger& log_;
  const WatchCallbacks callbacks_;
  std::unique_ptr<sys::DirectoryWatch> watch_;  // null where the kernel gives none

  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::map<std::string, Source*> directories_;  // guarded by mutex_; every watched directory
  std::set<Source*> rescanned_;                 // guarded by mutex_; those without watches
  TimePoint rescan_at_{};                       // of the watching thread
  std::jthread thread_;
};

}  // namespace attune::engine

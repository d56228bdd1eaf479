#pragma once
// Reading: keeps the store and the index in step with the sources: lists them,
// reads what is new or changed, watches them, and lists again when it must.
//
//   Reading reading(world, {.excluded_directory = data_dir});
//   ATTUNE_ASSIGN_OR_RETURN(Source* source, reading.AddSource("/home/me/project", "project"));
//   reading.Start();
//   reading.WaitUntilRead(stop);
//
// Ownership  owns its sources; borrows the rest. Work runs as background tasks that
//            `run` accepts; the destructor waits for them.
// Threads    every member is thread-safe.
// Errors     AddSource: kInvalidArgument (not a folder), kConflict (the name is taken by another folder; the
//            folder lies inside a source, or holds one: a file belongs to one source, or it goes stale in the other).

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/engine/types.h"
#include "attune/metrics/log.h"
#include "attune/store/store.h"
#include "file_queue.h"
#include "index_feed.h"
#include "ingest.h"
#include "source.h"
#include "source_listing.h"
#include "watching.h"

namespace attune::engine {

struct ReadingWorld {
  const Clock& clock;
  const sys::FileSystem& files;
  store::Store& store;
  IndexFeed& feed;
  const DocumentReader& reader;
  Ingest& ingest;
  FileQueue& queue;
  metrics::Logger& log;
  std::function<bool(std::function<void()>)> run;  // as a background task; false: no room or shutting down
  std::function<std::size_t()> tasks_max;          // how many read at once; a knob
};

struct ReadingConfig {
  std::string excluded_directory;  // the data folder, never read
  std::string global_excludes_path;
  bool watch = true;
};

class Reading {
 public:
  Reading(ReadingWorld world, ReadingConfig config);
  ~Reading();
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  // Sources of earlier runs, then whatever is added; reading begins with Start.
  Status AdoptStored();
  Result<Source*> AddSource(const std::string& root, std::string name);
  Status RemoveSource(std::string_view name);
  void Start();
  void Stop();  // returns when nothing of it runs any more; for good
  void WaitUntilRead(const std::stop_token& stop);

  std::vector<SourceStatus> Sources() const;
  ReadingStatus Progress() const;
  // Remembers how much was done by now, for rates, and reads again what the store refused or the disk did.
  // Called about every second, by one thread.
  void Sample();

 private:
  struct RateSample {
    TimePoint at;
    std::uint64_t bytes = 0;
  };

  Result<Source*> Adopt(store::SourceId id, const std::string& name, const std::string& root);
  std::string FreeName(const std::string& root, std::string wanted) const;  // REQUIRES: mutex_ held
  void WantListing(Source& source);
  void List(Source& source);
  void Enqueue(Source& source, std::vector<ListedFile> files);
  void Pump();      // as many reading tasks as there is work and leave for
  void ReadSome();  // one reading task
  bool Submit(std::function<void()> task);
  void Finish();  // of a submitted task
  void UpdateStates();
  void RetryWhatWasRefused(TimePoint now);
  void LookAgain(TimePoint now);  // at what could not be read
  bool IsReadableNow(const std::string& path) const;

  const ReadingWorld world_;
  const ReadingConfig config_;
  std::stop_source stop_;

  mutable std::mutex mutex_;
  std::condition_variable_any idle_;
  std::vector<std::unique_ptr<Source>> sources_;  // guarded by mutex_, as is all below
  std::vector<std::unique_ptr<Source>> retired_;  // removed ones that tasks may still name
  bool started_ = false;
  std::size_t listings_ = 0;                           // queued or running
  std::size_t readers_ = 0;                            // reading tasks, queued or running
  std::size_t tasks_ = 0;                              // all of both
  std::uint64_t files_total_ = 0, bytes_total_ = 0;    // queued since the work began
  std::uint64_t files_before_ = 0, bytes_before_ = 0;  // done when it began
  std::deque<RateSample> rate_;
  TimePoint retry_at_{};  // of Sample's thread alone, as is the next
  TimePoint look_again_at_{};
  std::atomic<bool> looking_again_{false};

  std::unique_ptr<Watching> watching_;
};

}  // namespace attune::engine

#pragma once
// Source: one folder that is read and watched, and how far that has come.
//
// Ownership  made and kept by Reading until it is removed; everybody else borrows.
// Threads    counters are atomic; the walker and the words of the state are guarded
//            by the mutexes named beside them.

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "attune/console/skip_reason.h"
#include "attune/console/walk.h"
#include "attune/engine/types.h"
#include "attune/store/operations.h"
#include "attune/store/records.h"
#include "attune/store/row_id.h"

namespace attune::engine {

// What was left out of a source, by reason, with some examples.
class SkipTally {
 public:
  static constexpr std::size_t kExamplesMax = 5;  // enough to recognise a mistake in the rules

  void Add(std::string_view reason, std::string_view path, std::string_view detail);
  void AddCount(std::string_view reason, std::uint64_t files);
  void Add(const store::SkipCount& stored);
  void Add(const SkipTally& other);
  void Remove(std::string_view reason, std::string_view path);  // one file less: it was read or is gone
  std::vector<SkipCount> Counts() const;                        // most files first

 private:
  struct Example {
    std::string path;
    std::string detail;
  };
  struct Entry {
    std::uint64_t files = 0;
    std::vector<Example> examples;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

// How a person removes a source, as the end of a sentence.
std::string HowToRemove(const std::string& name);

class Source {
 public:
  static constexpr std::size_t kUnreadableMax = 1024;  // of them are tried again; more wait for the next listing

  Source(store::SourceId id, std::string name, std::string root, const sys::FileSystem& files,
         console::WalkConfig config)
      : id_(id), name_(std::move(name)), walker_(files, std::move(root), std::move(config)) {}

  store::SourceId id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& root() const noexcept { return walker_.root(); }
  std::string AbsolutePath(std::string_view path) const;

  // The walker reads ignore files while it walks; one walk at a time.
  std::mutex& walk_mutex() noexcept { return walk_mutex_; }
  console::TreeWalker& walker() noexcept { return walker_; }  // REQUIRES: walk_mutex held

  void set_state(std::string_view state);
  void set_watch(std::string words);
  // After a listing: what the walk left out, of which the store has no rows, and which of it could not be read. What
  // was unreadable before is forgotten; what still is will be met again.
  void TakeListing(SkipTally walk_skips, std::vector<std::string> unreadable);

  // What the store has of this source: counted once, and from then on kept exact by what each write says it changed.
  void TakeCounts(const store::SourceCounts& counts, const std::vector<store::SkipCount>& skipped);
  void CountStored(const store::NewDocument& document, const store::StoredDocument& stored);
  void CountRemoved(std::string_view path, const store::RemovedDocument& row);

  // A file could not be read. `kept`: the store keeps what it knew of it, so that it is counted here.
  void NoteUnreadable(std::string_view path, std::string_view detail, bool kept);
  void NoteReadable(std::string_view path);
  std::vector<std::string> unreadable() const;  // files and directories to try again

  SourceStatus status() const;

  std::atomic<std::uint64_t> files_found{0};      // by the last listing
  std::atomic<std::uint64_t> files_unchanged{0};  // by the last listing
  std::atomic<std::uint64_t> files_queued{0};     // for reading, since the start; so are those below
  std::atomic<std::uint64_t> files_done{0};
  std::atomic<std::uint64_t> files_read{0};
  std::atomic<std::uint64_t> files_removed{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<bool> listing_wanted{false};       // a listing is queued: asking again changes nothing
  std::atomic<bool> removed{false};              // work that is still queued is dropped
  std::atomic<bool> stored_incompletely{false};  // the store refused something: list again later

 private:
  // REQUIRES: mutex_ held.
  void Uncount(std::string_view path, std::string_view skip_reason, const store::PassageRange& passages);

  const store::SourceId id_;
  const std::string name_;
  std::mutex walk_mutex_;
  console::TreeWalker walker_;
  mutable std::mutex mutex_;
  std::string state_ = "waiting";  // guarded by mutex_, as is all below
  std::string watch_ = "off";
  SkipTally walk_skips_;
  SkipTally stored_skips_;
  SkipTally kept_skips_;
  std::map<std::string, bool, std::less<>> unreadable_;  // path -> counted in kept_skips_
  std::uint64_t documents_ = 0;                          // in the store, read
  std::uint64_t passages_ = 0;
};

}  // namespace attune::engine

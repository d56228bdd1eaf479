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
#include "attune/store/row_id.h"

namespace attune::engine {

// What was left out of a source, by reason, with some examples.
class SkipTally {
 public:
  static constexpr std::size_t kExamplesMax = 5;  // enough to recognise a mistake in the rules

  void Add(std::string_view reason, std::string_view path);
  void AddCount(std::string_view reason, std::uint64_t files);
  void Remove(std::string_view reason);   // one file less: it was read or is gone
  std::vector<SkipCount> Counts() const;  // most files first

 private:
  struct Entry {
    std::uint64_t files = 0;
    std::vector<std::string> examples;
  };
  std::map<std::string, Entry, std::less<>> entries_;
};

class Source {
 public:
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
  void ReplaceSkips(SkipTally tally);  // after a listing
  // A file was read (reason empty) or left out; `before` is what the store said of it.
  void CountSkip(std::string_view path, std::string_view reason, std::string_view before);

  SourceStatus status() const;

  std::atomic<std::uint64_t> files_found{0};      // by the last listing
  std::atomic<std::uint64_t> files_unchanged{0};  // by the last listing
  std::atomic<std::uint64_t> files_queued{0};     // for reading, since the start; so are those below
  std::atomic<std::uint64_t> files_done{0};
  std::atomic<std::uint64_t> files_read{0};
  std::atomic<std::uint64_t> files_removed{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> documents{0};  // in the store
  std::atomic<std::uint64_t> passages{0};
  std::atomic<bool> listing_wanted{false};       // a listing is queued: asking again changes nothing
  std::atomic<bool> removed{false};              // work that is still queued is dropped
  std::atomic<bool> stored_incompletely{false};  // the store refused something: list again later

 private:
  const store::SourceId id_;
  const std::string name_;
  std::mutex walk_mutex_;
  console::TreeWalker walker_;
  mutable std::mutex mutex_;
  std::string state_ = "waiting";  // guarded by mutex_, as is all below
  std::string watch_ = "off";
  SkipTally skips_;
};

}  // namespace attune::engine

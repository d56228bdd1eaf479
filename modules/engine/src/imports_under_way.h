#pragma once
// ImportsUnderWay: how far each running import of chats has come, for whoever asks.
//
//   const ImportsUnderWay::Run run = imports.Begin("conversations.json");
//   run.Report(bytes_done, bytes_total);   // its end is the end of the import
//
// Ownership  a Run borrows the list, which outlives it.
// Threads    every member is thread-safe.

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/engine/types.h"

namespace attune::engine {

class ImportsUnderWay {
 private:
  struct Entry {
    std::string name;
    TimePoint began;
    std::uint64_t bytes_done = 0, bytes_total = 0;
  };

 public:
  explicit ImportsUnderWay(const Clock& clock) : clock_(clock) {}

  class Run {
   public:
    Run(ImportsUnderWay& imports, std::list<Entry>::iterator entry) : imports_(imports), entry_(entry) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
      const std::scoped_lock lock(imports_.mutex_);
      imports_.entries_.erase(entry_);
    }
    void Report(std::uint64_t bytes_done, std::uint64_t bytes_total) const {
      const std::scoped_lock lock(imports_.mutex_);
      entry_->bytes_done = bytes_done;
      entry_->bytes_total = bytes_total;
    }

   private:
    ImportsUnderWay& imports_;
    const std::list<Entry>::iterator entry_;
  };

  Run Begin(std::string name) {
    const std::scoped_lock lock(mutex_);
    return {*this, entries_.insert(entries_.end(), {.name = std::move(name), .began = clock_.Now()})};
  }

  std::vector<ImportStatus> Snapshot() const {
    const TimePoint now = clock_.Now();
    const std::scoped_lock lock(mutex_);
    std::vector<ImportStatus> all;
    for (const Entry& entry : entries_) {
      all.push_back({.name = entry.name,
                     .bytes_done = entry.bytes_done,
                     .bytes_total = entry.bytes_total,
                     .running = now - entry.began});
    }
    return all;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_; bounded by the blocking lane that imports run on
};

}  // namespace attune::engine

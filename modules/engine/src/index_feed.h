#pragma once
// IndexFeed: brings what the store has acknowledged into the text index, in order.
//
//   IndexFeed feed(index, store, clock, log);
//   feed.Post({.added = passages, .removed = old_ids, .urgent = true, .searchable = reply});
//
// The store is the truth and the index follows it on one thread, so a passage that
// was replaced is never added after its successor. Urgent updates are published at
// once, everything that waits with them; a bulk reading is published at least every
// kBulkPublishEvery, so that results appear while it goes on.
//
// Threads    Post from any thread. `searchable` runs on the feed's thread and must be short.
// Bounds     kWaitingBytesMax of text wait; Post of bulk work blocks beyond that, and
//            urgent work is always let in (its writers are bounded by the store's queue).
// Shutdown   the destructor works off what was posted; BeginStop cuts a repair short,
//            which goes on at the next start.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/index/text_index.h"
#include "attune/metrics/log.h"
#include "attune/store/store.h"

namespace attune::engine {

// index::Passage that owns its text.
struct IndexPassage {
  store::PassageId id;
  std::string source, path, language, role, symbol, body;
  std::uint8_t kind = 0;
  std::int64_t time_ms = 0;
  std::uint32_t line_begin = 0, line_end = 0;
  bool prose = false;
};

struct IndexUpdate {
  std::vector<IndexPassage> added;
  std::vector<store::PassageId> removed;
  bool urgent = false;
  std::function<void()> searchable;  // after the publish that covers it; may be empty
};

class IndexFeed {
 public:
  static constexpr Bytes kWaitingBytesMax{4ULL << 20U};  // a saved file waits behind this much: about 50 ms of work
  static constexpr Duration kBulkPublishEvery = std::chrono::milliseconds(500);

  // Told of passages right before searches stop finding them; on the feed's thread.
  using OnRemoved = std::function<void(std::span<const store::PassageId>)>;

  // Everything is borrowed and outlives the feed. Reads which passages the store has, then repairs the index on the
  // feed's thread: passages that are gone are dropped, missing ones are added again.
  IndexFeed(index::TextIndex& index, store::Store& store, const Clock& clock, metrics::Logger& log,
            OnRemoved on_removed);
  ~IndexFeed();
  IndexFeed(const IndexFeed&) = delete;
  IndexFeed& operator=(const IndexFeed&) = delete;

  void Post(IndexUpdate update);
  void WaitUntilIdle();  // everything posted before is searchable

  bool repairing() const;  // searches may miss what the store has
  // True once the index holds what the store has; false at the deadline, when stopped, or after BeginStop.
  bool WaitUntilRepaired(TimePoint deadline, const std::stop_token& stop) const;
  void BeginStop();
  Bytes bytes() const;  // text that waits

 private:
  void Run(const Result<std::vector<std::uint64_t>>& live);
  void Repair(const Result<std::vector<std::uint64_t>>& live);
  Status AddAgain(const std::vector<std::uint64_t>& missing);
  bool repair_given_up() const;
  void Apply(const IndexUpdate& update);
  void PublishAndAnswer();

  index::TextIndex& index_;
  store::Store& store_;
  const Clock& clock_;
  metrics::Logger& log_;
  const OnRemoved on_removed_;

  mutable std::mutex mutex_;
  std::condition_variable posted_;
  std::condition_variable room_;
  std::condition_variable idle_;
  mutable std::condition_variable_any repaired_;
  std::deque<IndexUpdate> waiting_;  // guarded by mutex_, as is all to the next blank line
  std::uint64_t waiting_bytes_ = 0;
  std::size_t urgent_ = 0;
  bool working_ = true;  // the feed's thread holds updates that are not searchable yet
  bool repairing_ = true;
  bool repair_given_up_ = false;
  bool stopping_ = false;

  std::vector<std::function<void()>> answers_;  // of the feed's thread: applied, not published
  bool unpublished_ = false;
  TimePoint published_at_{};
  std::thread thread_;
};

// What the index takes of a stored passage.
IndexPassage ToIndexPassage(const store::Indexable& stored);

}  // namespace attune::engine

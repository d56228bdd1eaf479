#pragma once
// Writer: the one thread that changes the database, and its two queues.
//
// Ownership  owns the writing connection and every accepted job until it is finished.
// Threads    Enqueue, Drain, RunBetween, activity and bytes from any thread but the
//            writer's own (Enqueue without waiting is fine there, too).
// Order      jobs of one lane are executed and finished in the order of acceptance. Lanes take turns: one
//            transaction of small jobs, one of bulk jobs.
// Groups     a small transaction takes every small job that waits. When the disk is
//            too full for the group, each of its jobs gets a transaction of its own.
// End        the destructor finishes every accepted job, copies the log and closes.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/store/store.h"
#include "connection.h"
#include "job.h"
#include "wal_keeper.h"

namespace attune::store {

class Writer {
 public:
  enum class Lane : std::uint8_t { kSmall, kBulk };
  enum class WhenFull : std::uint8_t { kWait, kFail };

  Writer(std::unique_ptr<Connection> connection, const StoreConfig& config, const Clock& clock);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // kExhausted: the queue is full and WhenFull is kFail. The job is then gone, unfinished.
  Status Enqueue(std::unique_ptr<Job> job, Lane lane, WhenFull when_full);
  void Drain();
  // Runs `task` on the writer thread outside of any transaction and waits for it.
  void RunBetween(const std::function<void(Connection&)>& task);

  bool on_writer_thread() const { return std::this_thread::get_id() == thread_.get_id(); }
  Bytes bytes() const noexcept;
  StoreActivity activity() const;

 private:
  using JobPtr = std::unique_ptr<Job>;
  struct Queue {
    std::deque<JobPtr> jobs;
    std::size_t bytes = 0;
  };
  struct Between {
    const std::function<void(Connection&)>* task = nullptr;
    bool done = false;
  };

  void Loop();
  bool WaitForWork(std::unique_lock<std::mutex>& lock);
  void RunBetweenTasks(std::unique_lock<std::mutex>& lock);
  std::vector<JobPtr> TakeGroup(std::unique_lock<std::mutex>& lock);
  JobPtr TakeBulk();
  void CommitGroup(std::vector<JobPtr> group);
  Status RunTransaction(std::span<const JobPtr> jobs);
  void RunBulkTurn();
  Status CommitBulk(WriteScope& scope, std::vector<JobPtr>& finished);
  Status Begin();
  Status End(const WriteScope& scope);
  void FinishJobs(std::vector<JobPtr> jobs);
  bool HasRoom(const Queue& queue, std::size_t bytes) const;
  Queue& queue(Lane lane) { return lane == Lane::kSmall ? small_ : bulk_; }

  const StoreConfig& config_;
  const Clock& clock_;
  std::unique_ptr<Connection> connection_;  // writer thread
  WalKeeper wal_;                           // writer thread
  JobPtr bulk_job_;                         // writer thread: begun and not done
  std::uint64_t turns_ = 0;                 // writer thread

  mutable std::mutex mutex_;
  std::condition_variable work_;      // something to do, or stopping
  std::condition_variable room_;      // a queue became shorter
  std::condition_variable finished_;  // jobs or between-tasks were finished
  Queue small_;                       // guarded by mutex_
  Queue bulk_;                        // guarded by mutex_
  std::vector<Between*> between_;     // guarded by mutex_
  std::uint64_t accepted_count_ = 0;  // guarded by mutex_
  std::uint64_t finished_count_ = 0;  // guarded by mutex_
  bool stopping_ = false;             // guarded by mutex_

  // Relaxed: a hint for the bulk turn and figures for reports; the mutex orders the work itself.
  std::atomic<bool> small_waits_{false};
  std::atomic<std::uint64_t> queued_bytes_{0};
  std::atomic<std::uint64_t> transactions_{0};
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<Duration::rep> commit_last_{0};

  std::thread thread_;  // last: it uses everything above
};

}  // namespace attune::store

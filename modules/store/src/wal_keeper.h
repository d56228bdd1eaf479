#pragma once
// WalKeeper: keeps the write-ahead log short. The writer tells it about commits
// and asks it between transactions; SQLite's own automatic checkpoint is off.
//
// When       the log grew by checkpoint_at since the last copy, or the writer is idle.
// How        PASSIVE, which waits for nobody; RESTART (waits a moment for readers) when
//            the log is four times too long, because passive ones kept meeting readers.
// Bound      at wal_max, writes are refused until a checkpoint succeeds again.
// After a failed sync of the database file no checkpoint runs any more: the kernel
//            may have dropped the pages, and a later sync would "succeed" without them. The log keeps
//            everything, and the next Open copies all of it again.
// Threads    the writer thread; wal_bytes and the counters from any.

#include <atomic>
#include <cstdint>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

struct sqlite3;

namespace attune::store {

class Connection;

class WalKeeper {
 public:
  WalKeeper(Connection& connection, Bytes checkpoint_at, Bytes wal_max);
  WalKeeper(const WalKeeper&) = delete;
  WalKeeper& operator=(const WalKeeper&) = delete;

  bool due() const;       // the log is long
  bool has_work() const;  // something was committed since the last copy
  void Checkpoint();
  // kUnavailable when the log has reached its bound and cannot be copied.
  Status Admit();
  // Copies everything and empties the log, for closing.
  void Finish();

  Bytes wal_bytes() const noexcept { return Bytes(wal_bytes_.load(std::memory_order_relaxed)); }
  std::uint64_t checkpoints() const noexcept { return checkpoints_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  static int OnCommit(void* self, sqlite3* db, const char* database, int frames);
  bool Run(int mode);

  Connection& connection_;
  std::uint64_t checkpoint_at_;
  std::uint64_t wal_max_;
  std::uint64_t copied_bytes_ = 0;  // length of the log when it was last copied
  bool fresh_commits_ = true;       // at Open: a log may have been left behind
  bool sync_failed_ = false;
  // Relaxed: figures for reports, they order nothing.
  std::atomic<std::uint64_t> wal_bytes_{0};
  std::atomic<std::uint64_t> checkpoints_{0};
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace attune::store

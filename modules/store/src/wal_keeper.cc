#include "wal_keeper.h"

#include <sqlite3.h>

#include <string>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "connection.h"

namespace attune::store {
namespace {

constexpr std::uint64_t kFrameBytes = 4096 + 24;  // a page and its header
constexpr std::uint64_t kRestartFactor = 4;
constexpr int kReaderWaitMs = 20;  // reads are short; a writer that waits longer than this is worse than a longer log

// Pages that this connection has written since the last call.
int TakePagesWritten(sqlite3* db) {
  int written = 0;
  int unused = 0;
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_WRITE, &written, &unused, /*resetFlg=*/1);
  return written;
}

bool IsSyncFailure(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC || code == SQLITE_IOERR_TRUNCATE;
}

}  // namespace

WalKeeper::WalKeeper(Connection& connection, Bytes checkpoint_at, Bytes wal_max)
    : connection_(connection), checkpoint_at_(checkpoint_at.count()), wal_max_(wal_max.count()) {
  sqlite3_wal_hook(connection.handle(), &WalKeeper::OnCommit, this);
}

// A log that holds no more than this commit wrote has started again from its beginning.
int WalKeeper::OnCommit(void* self, sqlite3* db, const char* /*database*/, int frames) {
  auto& keeper = *static_cast<WalKeeper*>(self);
  const std::uint64_t bytes = static_cast<std::uint64_t>(frames) * kFrameBytes;
  if (frames <= TakePagesWritten(db)) keeper.copied_bytes_ = 0;
  keeper.wal_bytes_.store(bytes, std::memory_order_relaxed);
  keeper.fresh_commits_ = true;
  return SQLITE_OK;
}

bool WalKeeper::due() const {
  return !sync_failed_ && fresh_commits_ && wal_bytes().count() >= copied_bytes_ + checkpoint_at_;
}

bool WalKeeper::has_work() const { return fresh_commits_ && !sync_failed_; }

void WalKeeper::Checkpoint() {
  const bool insist = wal_bytes().count() >= kRestartFactor * checkpoint_at_;
  Run(insist ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
}

bool WalKeeper::Run(int mode) {
  if (sync_failed_) return false;
  fresh_commits_ = false;
  copied_bytes_ = wal_bytes().count();
  sqlite3* db = connection_.handle();
  int frames_in_log = 0;
  int frames_copied = 0;
  sqlite3_busy_timeout(db, kReaderWaitMs);
  const int code = sqlite3_wal_checkpoint_v2(db, "main", mode, &frames_in_log, &frames_copied);
  connection_.RestoreBusyTimeout();
  if (code != SQLITE_OK && code != SQLITE_BUSY) {  // busy: a reader is in the way; the next checkpoint copies the rest
    failures_.fetch_add(1, std::memory_order_relaxed);
    sync_failed_ = IsSyncFailure(code);
    return false;
  }
  checkpoints_.fetch_add(1, std::memory_order_relaxed);
  return code == SQLITE_OK && frames_copied == frames_in_log;
}

Status WalKeeper::Admit() {
  if (wal_bytes().count() < wal_max_) return OkStatus();
  if (Run(SQLITE_CHECKPOINT_RESTART)) return OkStatus();
  return Error(ErrorCode::kUnavailable,
               "the write-ahead log of '" + connection_.path() + "' has reached " + attune::ToString(Bytes(wal_max_)) +
                   " and cannot be copied into the database: " +
                   (sync_failed_ ? "the disk failed to sync it; check the disk and start attune again"
                                 : "free some disk space, or stop other programs that read the database"));
}

void WalKeeper::Finish() {
  Run(SQLITE_CHECKPOINT_TRUNCATE);
  sqlite3_wal_hook(connection_.handle(), nullptr, nullptr);
}

}  // namespace attune::store

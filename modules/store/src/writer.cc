#include "writer.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/result.h"

namespace attune::store {
namespace {

// Long enough that a person typing, or a program that appends one message at a time, does not meet a checkpoint.
constexpr std::chrono::milliseconds kIdle{300};
constexpr std::uint64_t kTurnsPerMeasure = 32;  // asking SQLite for its memory costs about 5 us

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const StoreConfig& config, const Clock& clock)
    : config_(config),
      clock_(clock),
      connection_(std::move(connection)),
      wal_(*connection_, config.wal_checkpoint, config.wal_max) {
  connection_->Measure();
  thread_ = std::thread([this] { Loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  thread_.join();
}

bool Writer::HasRoom(const Queue& queue, std::size_t bytes) const {
  if (queue.jobs.empty()) return true;  // a single large job must be possible
  return queue.jobs.size() < config_.queue_operations_max && queue.bytes + bytes <= config_.queue_bytes_max.count();
}

Status Writer::Enqueue(std::unique_ptr<Job> job, Lane lane, WhenFull when_full) {
  {
    std::unique_lock lock(mutex_);
    Queue& target = queue(lane);
    if (!HasRoom(target, job->bytes())) {
      if (when_full == WhenFull::kFail) {
        return Error(ErrorCode::kExhausted, "the write queue of '" + config_.path + "' is full (" +
                                                std::to_string(target.jobs.size()) + " operations, " +
                                                attune::ToString(Bytes(target.bytes)) +
                                                "): wait for some to finish, or raise queue_operations_max");
      }
      room_.wait(lock, [&] { return HasRoom(target, job->bytes()); });
    }
    ATTUNE_CHECK(!stopping_, "a write during the destruction of the store");
    target.bytes += job->bytes();
    queued_bytes_.fetch_add(job->bytes(), std::memory_order_relaxed);
    target.jobs.push_back(std::move(job));
    ++accepted_count_;
    if (lane == Lane::kSmall) small_waits_.store(true, std::memory_order_relaxed);
  }
  work_.notify_one();
  return OkStatus();
}

void Writer::Drain() {
  std::unique_lock lock(mutex_);
  const std::uint64_t until = accepted_count_;
  finished_.wait(lock, [&] { return finished_count_ >= until; });
}

void Writer::RunBetween(const std::function<void(Connection&)>& task) {
  ATTUNE_CHECK(!on_writer_thread(), "the writer cannot wait for itself");
  Between between{.task = &task};
  std::unique_lock lock(mutex_);
  between_.push_back(&between);
  work_.notify_one();
  finished_.wait(lock, [&] { return between.done; });
}

Bytes Writer::bytes() const noexcept {
  return connection_->bytes() + Bytes(queued_bytes_.load(std::memory_order_relaxed));
}

StoreActivity Writer::activity() const {
  StoreActivity activity{.transactions = transactions_.load(std::memory_order_relaxed),
                         .operations = operations_.load(std::memory_order_relaxed),
                         .failures = failures_.load(std::memory_order_relaxed),
                         .checkpoints = wal_.checkpoints(),
                         .checkpoint_failures = wal_.failures(),
                         .wal_bytes = wal_.wal_bytes(),
                         .commit_last = Duration(commit_last_.load(std::memory_order_relaxed))};
  const std::lock_guard lock(mutex_);
  activity.queued = static_cast<std::size_t>(accepted_count_ - finished_count_);
  return activity;
}

void Writer::Loop() {
  std::unique_lock lock(mutex_);
  while (WaitForWork(lock)) {
    RunBetweenTasks(lock);
    std::vector<JobPtr> group = TakeGroup(lock);
    const bool bulk = bulk_job_ != nullptr || !bulk_.jobs.empty();
    lock.unlock();
    if (!group.empty()) CommitGroup(std::move(group));
    if (bulk) RunBulkTurn();
    if (wal_.due()) wal_.Checkpoint();
    if (++turns_ % kTurnsPerMeasure == 0) connection_->Measure();
    lock.lock();
  }
  lock.unlock();
  wal_.Finish();
}

// False when the store is closing and nothing is left to do.
bool Writer::WaitForWork(std::unique_lock<std::mutex>& lock) {
  const auto ready = [&] {
    return stopping_ || !small_.jobs.empty() || !bulk_.jobs.empty() || bulk_job_ != nullptr || !between_.empty();
  };
  while (!ready()) {
    if (!wal_.has_work()) {
      work_.wait(lock, ready);
    } else if (!work_.wait_for(lock, kIdle, ready)) {
      lock.unlock();
      wal_.Checkpoint();
      connection_->Measure();
      lock.lock();
    }
  }
  return !small_.jobs.empty() || !bulk_.jobs.empty() || bulk_job_ != nullptr || !between_.empty();
}

void Writer::RunBetweenTasks(std::unique_lock<std::mutex>& lock) {
  if (between_.empty()) return;
  std::vector<Between*> tasks;
  tasks.swap(between_);
  lock.unlock();
  for (Between* between : tasks) (*between->task)(*connection_);
  connection_->Measure();
  lock.lock();
  for (Between* between : tasks) between->done = true;
  finished_.notify_all();
}

std::vector<Writer::JobPtr> Writer::TakeGroup(std::unique_lock<std::mutex>& lock) {
  if (small_.jobs.empty()) return {};
  if (config_.group_wait > Duration::zero()) {
    work_.wait_for(lock, config_.group_wait,
                   [&] { return stopping_ || small_.jobs.size() >= config_.group_operations_max; });
  }
  const std::size_t count = std::min(small_.jobs.size(), config_.group_operations_max);
  std::vector<JobPtr> group;
  group.reserve(count);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += small_.jobs.front()->bytes();
    group.push_back(std::move(small_.jobs.front()));
    small_.jobs.pop_front();
  }
  small_.bytes -= bytes;
  small_waits_.store(!small_.jobs.empty(), std::memory_order_relaxed);
  room_.notify_all();
  return group;
}

Writer::JobPtr Writer::TakeBulk() {
  const std::lock_guard lock(mutex_);
  if (bulk_.jobs.empty()) return nullptr;
  JobPtr job = std::move(bulk_.jobs.front());
  bulk_.jobs.pop_front();
  bulk_.bytes -= job->bytes();
  room_.notify_all();
  return job;
}

Status Writer::Begin() {
  ATTUNE_RETURN_IF_ERROR(wal_.Admit());
  return Query(*connection_, "BEGIN IMMEDIATE").Run();
}

Status Writer::End(const WriteScope& scope) {
  Status committed = scope.broken ? Status(*scope.broken) : OkStatus();
  if (committed.ok()) {
    const TimePoint begin = clock_.Now();
    committed = Query(*connection_, "COMMIT").Run();
    commit_last_.store((clock_.Now() - begin).count(), std::memory_order_relaxed);
  }
  if (committed.ok()) {
    transactions_.fetch_add(1, std::memory_order_relaxed);
  } else if (connection_->in_transaction()) {
    static_cast<void>(Query(*connection_, "ROLLBACK").Run());  // the error that matters is the first one
  }
  return committed;
}

Status Writer::RunTransaction(std::span<const JobPtr> jobs) {
  Status status = Begin();
  if (status.ok()) {
    WriteScope scope{.connection = *connection_, .now = clock_.WallNow()};
    for (const JobPtr& job : jobs) {
      job->Step(scope);
      if (scope.broken) break;
    }
    status = End(scope);
  }
  for (const JobPtr& job : jobs) {
    if (status.ok()) {
      job->OnCommit();
    } else {
      job->OnRollback(status.error());
    }
  }
  return status;
}

void Writer::CommitGroup(std::vector<JobPtr> group) {
  const Status together = RunTransaction(group);
  if (!together.ok() && together.error().code() == ErrorCode::kExhausted && group.size() > 1) {
    // One job may be too large for what is left of the disk; the others need not suffer from that.
    for (const JobPtr& job : group) static_cast<void>(RunTransaction({&job, 1}));  // each job keeps its own error
  }
  FinishJobs(std::move(group));
}

void Writer::RunBulkTurn() {
  if (bulk_job_ == nullptr) bulk_job_ = TakeBulk();
  if (bulk_job_ == nullptr) return;
  WriteScope scope{.connection = *connection_, .now = clock_.WallNow()};
  std::vector<JobPtr> finished;
  if (bulk_job_->transactional()) {
    static_cast<void>(CommitBulk(scope, finished));  // every job got its share of the status
  } else if (bulk_job_->Step(scope) == Job::Progress::kDone) {
    finished.push_back(std::move(bulk_job_));
  }
  FinishJobs(std::move(finished));
}

// One transaction of bulk steps; a job that is not done stays in bulk_job_.
Status Writer::CommitBulk(WriteScope& scope, std::vector<JobPtr>& finished) {
  Status status = Begin();
  const bool begun = status.ok();
  while (begun && bulk_job_ != nullptr && bulk_job_->transactional()) {
    if (bulk_job_->Step(scope) == Job::Progress::kDone) {
      finished.push_back(std::move(bulk_job_));
    }
    const Bytes limit =
        small_waits_.load(std::memory_order_relaxed) ? config_.bulk_step_max : config_.bulk_transaction_max;
    if (scope.broken || scope.bytes >= limit.count()) break;
    if (bulk_job_ == nullptr) bulk_job_ = TakeBulk();
  }
  if (begun) status = End(scope);
  const auto tell = [&](Job& job) { status.ok() ? job.OnCommit() : job.OnRollback(status.error()); };
  for (const JobPtr& job : finished) tell(*job);
  if (bulk_job_ == nullptr) return status;
  if (begun) {
    tell(*bulk_job_);
  } else {
    // Nothing was tried. One step outside a transaction would be wrong, so the job ends here.
    bulk_job_->Abandon(status.error());
    finished.push_back(std::move(bulk_job_));
  }
  return status;
}

void Writer::FinishJobs(std::vector<JobPtr> jobs) {
  if (jobs.empty()) return;
  std::uint64_t good = 0;
  for (JobPtr& job : jobs) {
    good += job->Finish() ? 1U : 0U;
    queued_bytes_.fetch_sub(job->bytes(), std::memory_order_relaxed);
    job.reset();
  }
  operations_.fetch_add(good, std::memory_order_relaxed);
  failures_.fetch_add(jobs.size() - good, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  finished_count_ += jobs.size();
  finished_.notify_all();
}

}  // namespace attune::store

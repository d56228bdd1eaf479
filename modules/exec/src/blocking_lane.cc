#include "blocking_lane.h"

#include <system_error>

namespace attune::exec {

BlockingLane::BlockingLane(const Clock& clock, const ExecutorConfig& config)
    : clock_(clock), config_(config), queue_(Lane::kBlocking, config.blocking_queue_max, config.wait_sample_every) {}

BlockingLane::~BlockingLane() { Shutdown(Executor::Pending::kDrop); }

Status BlockingLane::StartThread() {
  workers_.push_back(std::make_unique<Worker>());
  try {
    workers_.back()->thread = std::thread([this, &me = *workers_.back()] { Loop(me); });
  } catch (const std::system_error& error) {
    workers_.pop_back();
    return Error(ErrorCode::kExhausted, std::string("no thread for the blocking lane: ") + error.what());
  }
  return OkStatus();
}

Status BlockingLane::Submit(Task&& task, const TaskOptions& options, bool wait) {
  std::unique_lock lock(mutex_);
  if (wait && queue_.full()) {
    ++waiting_for_room_;
    room_.wait(lock, options.stop, [&] { return stopping_ || !queue_.full(); });
    --waiting_for_room_;
  }
  if (stopping_) {
    return ShuttingDown();
  }
  if (queue_.full()) {
    return wait ? Error(ErrorCode::kCancelled, "stopped waiting for room in the executor") : queue_.Refuse();
  }
  const bool all_taken = queue_.size() >= free_threads_;
  if (all_taken && workers_.size() < config_.blocking_max) {
    const Status started = StartThread();
    // With one thread at least the task will get its turn.
    if (!started.ok() && workers_.empty()) {
      return started;
    }
  }
  queue_.Push(std::move(task), options, clock_);
  lock.unlock();
  ready_.notify_one();
  return OkStatus();
}

void BlockingLane::Loop(Worker& me) {
  if (config_.on_thread_start) {
    config_.on_thread_start(Lane::kBlocking);
  }
  std::unique_lock lock(mutex_);
  while (true) {
    ++free_threads_;
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --free_threads_;
    if (queue_.empty()) {
      return;
    }
    Duration wait{};
    QueuedTask taken = queue_.Take(clock_, wait);
    me.running_name = taken.options.name;
    const bool producers_wait = waiting_for_room_ > 0 && queue_.roomy();
    lock.unlock();
    if (producers_wait) {
      room_.notify_all();
    }
    if (config_.on_wait && taken.queued_at != TimePoint::min()) {
      config_.on_wait(Lane::kBlocking, wait);
    }
    const TaskEnd end = RunOrDrop(std::move(taken), clock_);
    lock.lock();
    me.running_name = nullptr;
    queue_.Finish(end);
    if (queue_.idle()) {
      idle_.notify_all();
    }
  }
}

void BlockingLane::StopTaking(Executor::Pending pending) {
  Ring<QueuedTask> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (pending == Executor::Pending::kDrop) {
      dropped = queue_.TakeAll();
    }
  }
  ready_.notify_all();
  room_.notify_all();
  DropAll(std::move(dropped));
}

void BlockingLane::Shutdown(Executor::Pending pending) {
  StopTaking(pending);
  // No thread is started any more, so that the list does not change.
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) {
      worker->thread.join();
    }
  }
  const std::lock_guard lock(mutex_);
  idle_.notify_all();
}

void BlockingLane::WaitIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return queue_.idle(); });
}

LaneStats BlockingLane::Stats() const {
  const std::lock_guard lock(mutex_);
  LaneStats stats = queue_.Stats();
  stats.threads = workers_.size();
  for (const auto& worker : workers_) {
    if (worker->running_name != nullptr) {
      stats.running_names.push_back(worker->running_name);
    }
  }
  return stats;
}

}  // namespace attune::exec

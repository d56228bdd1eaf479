#pragma once
// LaneQueue: the waiting tasks of one lane and the account of what became of them.
// No lock of its own; whoever owns it guards it.

#include <algorithm>
#include <string>
#include <utility>

#include "attune/base/clock.h"
#include "attune/exec/executor.h"
#include "attune/exec/task_queue.h"
#include "ring.h"

namespace attune::exec {

struct QueuedTask {
  Task task;
  TaskOptions options;
  TimePoint queued_at = TimePoint::min();  // min: this task's wait is not sampled
};

// How one taken task ends.
enum class TaskEnd : std::uint8_t { kCompleted, kDeadline, kCancelled };

// Runs the task, or drops it when its time has passed or it was asked to stop.
inline TaskEnd RunOrDrop(QueuedTask&& queued, const Clock& clock) noexcept {
  if (queued.options.stop.stop_requested()) {
    queued.task.Drop(Error(ErrorCode::kCancelled, std::string("task '") + queued.options.name + "' was cancelled"));
    return TaskEnd::kCancelled;
  }
  if (queued.options.deadline != TimePoint::max() && clock.Now() >= queued.options.deadline) {
    queued.task.Drop(Error(ErrorCode::kDeadline,
                           std::string("task '") + queued.options.name + "' could not start before its deadline"));
    return TaskEnd::kDeadline;
  }
  queued.task.Run();
  return TaskEnd::kCompleted;
}

class LaneQueue {
 public:
  LaneQueue(Lane lane, std::size_t size_max, std::size_t sample_every)
      : lane_(lane), size_max_(size_max), sample_every_(sample_every) {}

  bool empty() const noexcept { return waiting_.empty(); }
  std::size_t size() const noexcept { return waiting_.size(); }
  bool full() const noexcept { return waiting_.size() >= size_max_; }
  // A quarter of the room is free: producers that wait are woken in batches and not one by one.
  bool roomy() const noexcept { return waiting_.size() <= size_max_ - std::max<std::size_t>(size_max_ / 4, 1); }
  bool idle() const noexcept { return waiting_.empty() && stats_.running == 0; }
  Lane lane() const noexcept { return lane_; }

  // REQUIRES: !full().
  void Push(Task&& task, const TaskOptions& options, const Clock& clock) {
    const bool sampled = stats_.submitted % sample_every_ == 0;
    ++stats_.submitted;
    waiting_.Push({std::move(task), options, sampled ? clock.Now() : TimePoint::min()});
  }

  // REQUIRES: !empty(). Counts as running until Finish. `wait` is set for sampled tasks.
  QueuedTask Take(const Clock& clock, Duration& wait) {
    QueuedTask taken = waiting_.Pop();
    ++stats_.running;
    if (taken.queued_at != TimePoint::min()) {
      wait = clock.Now() - taken.queued_at;
      stats_.wait_last = wait;
      stats_.wait_max = std::max(stats_.wait_max, wait);
    }
    return taken;
  }

  void Finish(TaskEnd end) {
    --stats_.running;
    switch (end) {
      case TaskEnd::kCompleted:
        ++stats_.completed;
        return;
      case TaskEnd::kDeadline:
        ++stats_.dropped_deadline;
        return;
      case TaskEnd::kCancelled:
        ++stats_.dropped_cancelled;
        return;
    }
  }

  // Everything that waits, for a shutdown that drops it.
  Ring<QueuedTask> TakeAll() {
    stats_.dropped_cancelled += waiting_.size();
    return std::exchange(waiting_, {});
  }

  Error Refuse() {
    ++stats_.refused;
    return {ErrorCode::kExhausted, "the " + std::string(ToString(lane_)) + " lane is full with " +
                                       std::to_string(size_max_) + " waiting tasks"};
  }

  LaneStats Stats() const {
    LaneStats stats = stats_;
    stats.queued = waiting_.size();
    return stats;
  }

 private:
  Lane lane_;
  std::size_t size_max_;
  std::size_t sample_every_;
  Ring<QueuedTask> waiting_;
  LaneStats stats_;
};

inline Error ShuttingDown() { return {ErrorCode::kCancelled, "the executor is shutting down"}; }

inline void DropAll(Ring<QueuedTask> tasks) {
  while (!tasks.empty()) {
    tasks.Pop().task.Drop(ShuttingDown());
  }
}

}  // namespace attune::exec

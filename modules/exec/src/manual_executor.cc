#include "attune/exec/manual_executor.h"

#include <utility>

#include "lane_queue.h"

namespace attune::exec {

Status ManualExecutor::DoTrySubmit(Lane lane, Task&& task, const TaskOptions& options) {
  ATTUNE_CHECK(static_cast<bool>(task), "an empty task is submitted");
  const std::lock_guard lock(mutex_);
  if (stopped_) {
    return ShuttingDown();
  }
  if (queue(lane).size() >= config_.queue_max) {
    return Error(ErrorCode::kExhausted, "the " + std::string(ToString(lane)) + " lane is full with " +
                                            std::to_string(config_.queue_max) + " waiting tasks");
  }
  queue(lane).push_back({std::move(task), options});
  return OkStatus();
}

Status ManualExecutor::DoSubmit(Lane lane, Task&& task, const TaskOptions& options) {
  return DoTrySubmit(lane, std::move(task), options);
}

std::optional<ManualExecutor::Waiting> ManualExecutor::Take(Lane lane) {
  const std::lock_guard lock(mutex_);
  if (queue(lane).empty()) {
    return std::nullopt;
  }
  Waiting taken = std::move(queue(lane).front());
  queue(lane).pop_front();
  return taken;
}

bool ManualExecutor::RunOne(Lane lane) {
  std::optional<Waiting> taken = Take(lane);
  if (!taken) {
    return false;
  }
  RunOrDrop({std::move(taken->task), taken->options}, clock_);
  return true;
}

bool ManualExecutor::RunOne() {
  return RunOne(Lane::kInteractive) || RunOne(Lane::kBackground) || RunOne(Lane::kBlocking);
}

std::size_t ManualExecutor::RunUntilIdle(std::size_t tasks_max) {
  std::size_t count = 0;
  while (count < tasks_max && RunOne()) {
    ++count;
  }
  return count;
}

std::size_t ManualExecutor::queued(Lane lane) const {
  const std::lock_guard lock(mutex_);
  return queues_[static_cast<std::size_t>(lane)].size();
}

std::size_t ManualExecutor::queued() const {
  return queued(Lane::kInteractive) + queued(Lane::kBackground) + queued(Lane::kBlocking);
}

void ManualExecutor::Shutdown() {
  std::array<std::deque<Waiting>, kLaneCount> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    dropped.swap(queues_);
  }
  for (auto& waiting : dropped) {
    for (Waiting& one : waiting) {
      one.task.Drop(ShuttingDown());
    }
  }
}

}  // namespace attune::exec

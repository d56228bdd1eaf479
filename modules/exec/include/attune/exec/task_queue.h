#pragma once
// TaskQueue: where work is handed over. Executor (executor.h) runs it on threads,
// ManualExecutor (manual_executor.h) when a test says so.
//
//   Status refused = queue.TrySubmit(Lane::kInteractive, std::move(task), {.name = "search", .deadline = by});
//   if (!refused.ok()) Answer503();
//
// Threads    every member is thread-safe.
// Errors     a refused task is left in the argument, neither run nor dropped:
//            kExhausted when the lane is full, kCancelled after Shutdown has begun or, while
//            Submit waits, when the task's own stop token is asked to stop.

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/exec/task.h"

namespace attune::exec {

enum class Lane : std::uint8_t {
  kInteractive,  // somebody waits for the answer: searches, requests. Short; always goes first
  kBackground,   // ingestion, merging, maintenance: whatever uses the processor for long
  kBlocking,     // waits instead of working: fsync, slow reads, other services
};
inline constexpr std::size_t kLaneCount = 3;
std::string_view ToString(Lane lane) noexcept;

struct TaskOptions {
  const char* name = "";                  // a literal: it is shown while the task runs, and never copied
  TimePoint deadline = TimePoint::max();  // a task that has not started by then is dropped with kDeadline
  std::stop_token stop = {};              // a task asked to stop before it started is dropped with kCancelled
};

class TaskQueue {
 public:
  TaskQueue() = default;
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;
  virtual ~TaskQueue() = default;

  // Takes the task or refuses at once.
  Status TrySubmit(Lane lane, Task&& task, const TaskOptions& options = {}) {
    return DoTrySubmit(lane, std::move(task), options);
  }
  // Waits for room in the lane. On a thread that itself runs tasks of this queue it
  // refuses instead of waiting: the room might never come.
  Status Submit(Lane lane, Task&& task, const TaskOptions& options = {}) {
    return DoSubmit(lane, std::move(task), options);
  }

 private:
  virtual Status DoTrySubmit(Lane lane, Task&& task, const TaskOptions& options) = 0;
  virtual Status DoSubmit(Lane lane, Task&& task, const TaskOptions& options) = 0;
};

}  // namespace attune::exec

#pragma once
// ManualExecutor: runs tasks on the caller's thread, when told. For tests and simulation.
//
//   ManualClock clock;
//   ManualExecutor executor(clock);
//   Engine engine(executor, …);
//   engine.Search("x", …);
//   executor.RunUntilIdle();
//
// Keeps the promises of task_queue.h; interactive tasks run before background ones, and
// those before blocking ones. Submit refuses where Executor would wait: there is nobody else to make room.
// Threads    every member is thread-safe; tasks run on whatever thread calls Run….

#include <array>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

#include "attune/base/clock.h"
#include "attune/exec/task_queue.h"

namespace attune::exec {

struct ManualExecutorConfig {
  std::size_t queue_max = 1024;  // each lane
};

class ManualExecutor final : public TaskQueue {
 public:
  explicit ManualExecutor(const Clock& clock, ManualExecutorConfig config = {}) : clock_(clock), config_(config) {}
  ~ManualExecutor() override { Shutdown(); }

  // Runs or drops the next task; false when none waits.
  bool RunOne();
  bool RunOne(Lane lane);
  // Until nothing waits, tasks submitted meanwhile included; how many that was. Stops at
  // `tasks_max`, so that a task that submits itself for ever fails a test and does not hang it.
  std::size_t RunUntilIdle(std::size_t tasks_max = 1'000'000);

  std::size_t queued(Lane lane) const;
  std::size_t queued() const;

  // Refuses new tasks and drops those that wait.
  void Shutdown();

 private:
  struct Waiting {
    Task task;
    TaskOptions options;
  };
  Status DoTrySubmit(Lane lane, Task&& task, const TaskOptions& options) override;
  Status DoSubmit(Lane lane, Task&& task, const TaskOptions& options) override;
  std::optional<Waiting> Take(Lane lane);
  std::deque<Waiting>& queue(Lane lane) { return queues_[static_cast<std::size_t>(lane)]; }

  const Clock& clock_;
  const ManualExecutorConfig config_;
  mutable std::mutex mutex_;
  std::array<std::deque<Waiting>, kLaneCount> queues_;
  bool stopped_ = false;
};

}  // namespace attune::exec

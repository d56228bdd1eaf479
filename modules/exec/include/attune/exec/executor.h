#pragma once
// Executor: the one place in the process that owns worker threads.
//
//   Executor executor(SystemClock(), {.workers = 4, .on_thread_start = [](Lane lane) { SetPriority(lane); }});
//   executor.TrySubmit(Lane::kInteractive, [&] { Search(query); }, {.name = "search", .deadline = by});
//   …
//   executor.Shutdown(Executor::Pending::kRun);
//
// Lanes      Interactive and background tasks share workers, and whoever is free takes the
//            oldest interactive task first. `interactive_reserved` workers never take background
//            tasks, so that a search starts at once however long background tasks are. Blocking
//            tasks have threads of their own, started on demand.
// Ownership  owns its threads and what is queued. Every thread is joined by Shutdown.
// Threads    submission and Stats from anywhere; Shutdown, WaitIdle and destruction belong
//            to the owner and never to a task (CHECKed).
// Cost       a submission and a start are one short critical section each. A worker without
//            work looks around for `spin` before it sleeps; waking it costs some microseconds.
// Errors     as task_queue.h says.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/exec/task_queue.h"

namespace attune::exec {

struct ExecutorConfig {
  std::size_t workers = 2;                   // for interactive and background tasks together; about one a core
  std::size_t interactive_reserved = 1;      // of them; more keeps searches faster and background work slower
  std::size_t blocking_max = 16;             // threads that may wait at once; each costs a stack
  std::size_t interactive_queue_max = 1024;  // beyond, an answer would be late anyway: refuse
  std::size_t background_queue_max = 4096;   // about 100 bytes each, and what the tasks captured
  std::size_t blocking_queue_max = 1024;
  std::size_t wait_sample_every = 8;  // how often the wait of a task is measured; 1 costs two clock readings a task
  // On each new thread before its first task; background means "also background". Lowers priorities, names threads.
  std::function<void(Lane lane)> on_thread_start = {};
  std::function<void(Lane lane, Duration wait)> on_wait = {};  // sampled waits in the queue, from the worker
};
// Names the field that makes no sense.
Status Validate(const ExecutorConfig& config);

struct LaneStats {
  std::size_t queued = 0;
  std::size_t running = 0;
  std::size_t threads = 0;
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t dropped_deadline = 0;
  std::uint64_t dropped_cancelled = 0;
  std::uint64_t refused = 0;
  Duration wait_last{};                    // sampled
  Duration wait_max{};                     // sampled, since the start
  std::vector<const char*> running_names;  // of the tasks that run now
};

class Executor final : public TaskQueue {
 public:
  // What becomes of tasks that have not started when Shutdown begins.
  enum class Pending : std::uint8_t { kRun, kDrop };

  // REQUIRES: Validate(config).ok().
  Executor(const Clock& clock, ExecutorConfig config);
  ~Executor() override;  // Shutdown(Pending::kDrop), if it has not been called

  // Refuses new tasks, runs or drops (kCancelled) those that wait, waits for those that
  // run, joins every thread. The second call finds nothing to do.
  void Shutdown(Pending pending);

  // Asked to stop when Shutdown(kDrop) begins: long tasks look at it.
  std::stop_token stop_token() const noexcept;

  // Waits until nothing is queued and nothing runs in any lane.
  void WaitIdle();

  LaneStats Stats(Lane lane) const;
  std::size_t workers() const noexcept;

 private:
  struct State;
  Status DoTrySubmit(Lane lane, Task&& task, const TaskOptions& options) override;
  Status DoSubmit(Lane lane, Task&& task, const TaskOptions& options) override;
  Status Hand(Lane lane, Task&& task, const TaskOptions& options, bool wait);

  std::unique_ptr<State> state_;
};

}  // namespace attune::exec

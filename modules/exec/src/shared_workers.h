#pragma once
// SharedWorkers: the threads that run interactive and background tasks.
//
// One mutex guards the two queues and who sleeps. A worker that finds nothing
// searches for a moment (at most one of a kind does) and then sleeps on a flag of its own; a
// submission wakes one sleeper unless somebody is searching already, and whoever
// takes a task while more are waiting wakes the next. So a burst wakes workers one
// after the other, and a steady stream wakes nobody.

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "attune/exec/executor.h"
#include "lane_queue.h"

namespace attune::exec {

class SharedWorkers {
 public:
  SharedWorkers(const Clock& clock, const ExecutorConfig& config);
  ~SharedWorkers();

  // REQUIRES: lane is kInteractive or kBackground.
  Status Submit(Lane lane, Task&& task, const TaskOptions& options, bool wait);
  void StopTaking(Executor::Pending pending);  // drops what waits, or lets it be finished
  void Shutdown(Executor::Pending pending);    // and waits for the workers
  void WaitIdle();
  LaneStats Stats(Lane lane) const;
  std::size_t size() const noexcept { return workers_.size(); }

 private:
  struct Worker {
    bool reserved = false;
    // Guarded by mutex_.
    bool searching = false;
    LaneQueue* running = nullptr;  // of the task that it runs
    const char* running_name = "";
    TaskEnd last_end = TaskEnd::kCompleted;
    std::atomic<std::uint32_t> awake{0};  // 1: somebody wants this worker up
    std::thread thread;
  };
  struct Taken {
    QueuedTask queued;
    Lane lane = Lane::kInteractive;
    Duration wait{};
  };

  void Loop(Worker& me);
  bool Take(Worker& me, Taken& taken);
  void Search(Worker& me, std::unique_lock<std::mutex>& lock);
  void Sleep(Worker& me, std::unique_lock<std::mutex>& lock);
  void AccountForLast(Worker& me);
  LaneQueue* QueueFor(const Worker& me);
  LaneQueue& queue(Lane lane) { return lane == Lane::kInteractive ? interactive_ : background_; }
  const LaneQueue& queue(Lane lane) const { return lane == Lane::kInteractive ? interactive_ : background_; }
  std::size_t& searching(const Worker& worker) { return worker.reserved ? searching_reserved_ : searching_shared_; }
  std::vector<Worker*>& sleeping(const Worker& worker) {
    return worker.reserved ? sleeping_reserved_ : sleeping_shared_;
  }
  Worker* PickToWake();
  static void Wake(Worker* worker);
  void PublishCounts();
  bool idle() const { return interactive_.idle() && background_.idle(); }

  const Clock& clock_;
  const ExecutorConfig& config_;

  mutable std::mutex mutex_;
  std::condition_variable_any room_;  // producers that wait for room in a queue
  std::condition_variable idle_;
  LaneQueue interactive_;
  LaneQueue background_;
  std::vector<Worker*> sleeping_reserved_;
  std::vector<Worker*> sleeping_shared_;
  std::size_t searching_reserved_ = 0;
  std::size_t searching_shared_ = 0;
  std::size_t waiting_for_room_ = 0;
  std::size_t waiting_for_idle_ = 0;
  bool stopping_ = false;

  // What searching workers look at without the mutex. Relaxed: it is a hint, the
  // mutex is taken before anything is believed.
  std::atomic<bool> interactive_hint_{false};
  std::atomic<bool> background_hint_{false};

  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace attune::exec

#pragma once
// BlockingLane: threads for tasks that wait. One more is started whenever a task would
// have to wait for a thread, up to a bound; they end with the executor.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "attune/exec/executor.h"
#include "lane_queue.h"

namespace attune::exec {

class BlockingLane {
 public:
  BlockingLane(const Clock& clock, const ExecutorConfig& config);
  ~BlockingLane();

  Status Submit(Task&& task, const TaskOptions& options, bool wait);
  void StopTaking(Executor::Pending pending);  // drops what waits, or lets it be finished
  void Shutdown(Executor::Pending pending);    // and waits for the workers
  void WaitIdle();
  LaneStats Stats() const;

 private:
  struct Worker {
    const char* running_name = nullptr;  // guarded by mutex_; null while it runs nothing
    std::thread thread;
  };

  void Loop(Worker& me);
  Status StartThread();  // REQUIRES mutex_

  const Clock& clock_;
  const ExecutorConfig& config_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable_any room_;
  std::condition_variable idle_;
  LaneQueue queue_;
  std::size_t free_threads_ = 0;
  std::size_t waiting_for_room_ = 0;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace attune::exec

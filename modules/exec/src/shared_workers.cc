#include "shared_workers.h"

#include <system_error>

namespace attune::exec {
namespace {

// About 20 µs: some times the cost of waking a sleeping thread, so that a stream of
// short tasks never sleeps, and too short to be seen in the use of the processor.
constexpr int kSearchSteps = 400;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

SharedWorkers::SharedWorkers(const Clock& clock, const ExecutorConfig& config)
    : clock_(clock),
      config_(config),
      interactive_(Lane::kInteractive, config.interactive_queue_max, config.wait_sample_every),
      background_(Lane::kBackground, config.background_queue_max, config.wait_sample_every) {
  for (std::size_t i = 0; i < config.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    workers_.back()->reserved = i < config.interactive_reserved;
  }
  for (const auto& worker : workers_) {
    try {
      worker->thread = std::thread([this, &me = *worker] { Loop(me); });
    } catch (const std::system_error&) {
      ATTUNE_CHECK(false, "the system refuses to start the few worker threads without which nothing runs");
    }
  }
}

SharedWorkers::~SharedWorkers() { Shutdown(Executor::Pending::kDrop); }

void SharedWorkers::PublishCounts() {
  interactive_hint_.store(!interactive_.empty(), std::memory_order_relaxed);
  background_hint_.store(!background_.empty(), std::memory_order_relaxed);
}

// The sleeper that what is queued now needs; null when somebody is on the way already.
SharedWorkers::Worker* SharedWorkers::PickToWake() {
  std::vector<Worker*>* from = nullptr;
  if (!interactive_.empty() && searching_reserved_ + searching_shared_ == 0) {
    from = sleeping_reserved_.empty() ? &sleeping_shared_ : &sleeping_reserved_;
  }
  const bool none_found = from == nullptr || from->empty();
  if (none_found && !background_.empty() && searching_shared_ == 0) {
    from = &sleeping_shared_;
  }
  if (from == nullptr || from->empty()) {
    return nullptr;
  }
  Worker* worker = from->back();
  from->pop_back();
  worker->searching = true;
  ++searching(*worker);
  return worker;
}

void SharedWorkers::Wake(Worker* worker) {
  if (worker != nullptr) {
    // Release pairs with the acquire of wait(); what the worker reads it reads under the mutex.
    worker->awake.store(1, std::memory_order_release);
    worker->awake.notify_one();
  }
}

Status SharedWorkers::Submit(Lane lane, Task&& task, const TaskOptions& options, bool wait) {
  Worker* to_wake = nullptr;
  {
    std::unique_lock lock(mutex_);
    LaneQueue& target = queue(lane);
    if (wait && target.full()) {
      ++waiting_for_room_;
      room_.wait(lock, options.stop, [&] { return stopping_ || !target.full(); });
      --waiting_for_room_;
    }
    if (stopping_) {
      return ShuttingDown();
    }
    if (target.full()) {
      return wait ? Error(ErrorCode::kCancelled, "stopped waiting for room in the executor") : target.Refuse();
    }
    target.Push(std::move(task), options, clock_);
    PublishCounts();
    to_wake = PickToWake();
  }
  Wake(to_wake);
  return OkStatus();
}

void SharedWorkers::Loop(Worker& me) {
  if (config_.on_thread_start) {
    config_.on_thread_start(me.reserved ? Lane::kInteractive : Lane::kBackground);
  }
  Taken taken;
  while (Take(me, taken)) {
    if (config_.on_wait && taken.queued.queued_at != TimePoint::min()) {
      config_.on_wait(taken.lane, taken.wait);
    }
    me.last_end = RunOrDrop(std::move(taken.queued), clock_);
  }
}

LaneQueue* SharedWorkers::QueueFor(const Worker& me) {
  if (!interactive_.empty()) {
    return &interactive_;
  }
  return me.reserved || background_.empty() ? nullptr : &background_;
}

void SharedWorkers::AccountForLast(Worker& me) {
  if (me.running == nullptr) {
    return;
  }
  me.running->Finish(me.last_end);
  me.running = nullptr;
  if (waiting_for_idle_ > 0 && idle()) {
    idle_.notify_all();
  }
}

// The next task, or false when this worker is to end.
bool SharedWorkers::Take(Worker& me, Taken& taken) {
  std::unique_lock lock(mutex_);
  AccountForLast(me);
  LaneQueue* from = QueueFor(me);
  while (from == nullptr) {
    if (stopping_) {
      return false;
    }
    if (searching(me) == (me.searching ? 1U : 0U)) {
      Search(me, lock);
      from = QueueFor(me);
    }
    if (from == nullptr && !stopping_) {
      Sleep(me, lock);
      from = QueueFor(me);
    }
  }
  if (me.searching) {
    me.searching = false;
    --searching(me);
  }
  taken.queued = from->Take(clock_, taken.wait);
  taken.lane = from->lane();
  me.running = from;
  me.running_name = taken.queued.options.name;
  PublishCounts();
  Worker* next = PickToWake();
  const bool producers_wait = waiting_for_room_ > 0 && from->roomy();
  lock.unlock();
  Wake(next);
  if (producers_wait) {
    room_.notify_all();
  }
  return true;
}

void SharedWorkers::Search(Worker& me, std::unique_lock<std::mutex>& lock) {
  if (!me.searching) {
    me.searching = true;
    ++searching(me);
  }
  lock.unlock();
  for (int i = 0; i < kSearchSteps; ++i) {
    if (interactive_hint_.load(std::memory_order_relaxed) ||
        (!me.reserved && background_hint_.load(std::memory_order_relaxed))) {
      break;
    }
    Pause();
  }
  lock.lock();
}

void SharedWorkers::Sleep(Worker& me, std::unique_lock<std::mutex>& lock) {
  if (me.searching) {
    me.searching = false;
    --searching(me);
  }
  sleeping(me).push_back(&me);
  me.awake.store(0, std::memory_order_relaxed);  // ordered by the mutex: only who takes it off the list sets it
  lock.unlock();
  me.awake.wait(0, std::memory_order_acquire);
  lock.lock();
}

void SharedWorkers::StopTaking(Executor::Pending pending) {
  std::vector<Worker*> sleepers;
  Ring<QueuedTask> interactive;
  Ring<QueuedTask> background;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (pending == Executor::Pending::kDrop) {
      interactive = interactive_.TakeAll();
      background = background_.TakeAll();
    }
    PublishCounts();
    for (auto* list : {&sleeping_reserved_, &sleeping_shared_}) {
      sleepers.insert(sleepers.end(), list->begin(), list->end());
      list->clear();
    }
  }
  for (Worker* worker : sleepers) {
    Wake(worker);
  }
  room_.notify_all();
  DropAll(std::move(interactive));
  DropAll(std::move(background));
}

void SharedWorkers::Shutdown(Executor::Pending pending) {
  StopTaking(pending);
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) {
      worker->thread.join();
    }
  }
  const std::lock_guard lock(mutex_);
  idle_.notify_all();
}

void SharedWorkers::WaitIdle() {
  std::unique_lock lock(mutex_);
  ++waiting_for_idle_;
  idle_.wait(lock, [this] { return idle(); });
  --waiting_for_idle_;
}

LaneStats SharedWorkers::Stats(Lane lane) const {
  const std::lock_guard lock(mutex_);
  LaneStats stats = queue(lane).Stats();
  for (const auto& worker : workers_) {
    if ((worker->reserved ? Lane::kInteractive : Lane::kBackground) == lane) {
      ++stats.threads;
    }
    if (worker->running == &queue(lane)) {
      stats.running_names.push_back(worker->running_name);
    }
  }
  return stats;
}

}  // namespace attune::exec

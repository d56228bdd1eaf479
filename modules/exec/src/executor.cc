#include "attune/exec/executor.h"

#include <limits>

#include "blocking_lane.h"
#include "shared_workers.h"

namespace attune::exec {
namespace {

// The executor whose task runs on this thread, if any.
thread_local const void* t_running_for = nullptr;

}  // namespace

std::string_view ToString(Lane lane) noexcept {
  switch (lane) {
    case Lane::kInteractive:
      return "interactive";
    case Lane::kBackground:
      return "background";
    case Lane::kBlocking:
      return "blocking";
  }
  return "unknown";
}

Status Validate(const ExecutorConfig& config) {
  const auto fail = [](const std::string& what) { return Error(ErrorCode::kInvalidArgument, what); };
  constexpr std::size_t kThreadsMax = 1024;  // more than any machine that this runs on has use for
  if (config.workers > kThreadsMax || config.blocking_max > kThreadsMax) {
    return fail("workers and blocking_max must be at most " + std::to_string(kThreadsMax));
  }
  if (config.interactive_reserved < 1) {
    return fail("interactive_reserved must be at least 1: without it background tasks delay searches");
  }
  if (config.workers <= config.interactive_reserved) {
    return fail("workers must be more than interactive_reserved (" + std::to_string(config.interactive_reserved) +
                "), found " + std::to_string(config.workers) + ": nobody would run background tasks");
  }
  if (config.blocking_max == 0) {
    return fail("blocking_max must be positive");
  }
  if (config.interactive_queue_max == 0 || config.background_queue_max == 0 || config.blocking_queue_max == 0) {
    return fail("the bounds of the queues must be positive");
  }
  if (config.wait_sample_every == 0) {
    return fail("wait_sample_every must be positive; 1 samples every task");
  }
  return OkStatus();
}

struct Executor::State {
  State(const Clock& clock, ExecutorConfig given)
      : config(Marked(std::move(given))), shared(clock, config), blocking(clock, config) {}

  // Marks each thread as ours before the caller's hook runs on it.
  ExecutorConfig Marked(ExecutorConfig given) {
    ATTUNE_CHECK(Validate(given).ok(), "an executor configuration that makes no sense");
    given.on_thread_start = [this, hook = std::move(given.on_thread_start)](Lane lane) {
      t_running_for = this;
      if (hook) {
        hook(lane);
      }
    };
    return given;
  }

  const ExecutorConfig config;
  std::stop_source stop;
  SharedWorkers shared;
  BlockingLane blocking;
};

Executor::Executor(const Clock& clock, ExecutorConfig config)
    : state_(std::make_unique<State>(clock, std::move(config))) {}

Executor::~Executor() { Shutdown(Pending::kDrop); }

void Executor::Shutdown(Pending pending) {
  ATTUNE_CHECK(t_running_for != state_.get(), "a task shuts down the executor that runs it");
  if (pending == Pending::kDrop) {
    // First: a worker whose task ends when it is asked to would go on with what waits.
    state_->shared.StopTaking(pending);
    state_->blocking.StopTaking(pending);
    state_->stop.request_stop();
  }
  state_->shared.Shutdown(pending);
  state_->blocking.Shutdown(pending);
}

std::stop_token Executor::stop_token() const noexcept { return state_->stop.get_token(); }

void Executor::WaitIdle() {
  ATTUNE_CHECK(t_running_for != state_.get(), "a task waits for itself to end");
  // A task of one may have fed the other meanwhile, so both must be idle at once.
  const auto idle = [this] {
    for (const Lane lane : {Lane::kInteractive, Lane::kBackground, Lane::kBlocking}) {
      const LaneStats stats = Stats(lane);
      if (stats.queued + stats.running > 0) {
        return false;
      }
    }
    return true;
  };
  do {
    state_->shared.WaitIdle();
    state_->blocking.WaitIdle();
  } while (!idle());
}

LaneStats Executor::Stats(Lane lane) const {
  return lane == Lane::kBlocking ? state_->blocking.Stats() : state_->shared.Stats(lane);
}

std::size_t Executor::workers() const noexcept { return state_->shared.size(); }

Status Executor::Hand(Lane lane, Task&& task, const TaskOptions& options, bool wait) {
  ATTUNE_CHECK(static_cast<bool>(task), "an empty task is submitted");
  if (lane == Lane::kBlocking) {
    return state_->blocking.Submit(std::move(task), options, wait);
  }
  return state_->shared.Submit(lane, std::move(task), options, wait);
}

Status Executor::DoTrySubmit(Lane lane, Task&& task, const TaskOptions& options) {
  return Hand(lane, std::move(task), options, false);
}

Status Executor::DoSubmit(Lane lane, Task&& task, const TaskOptions& options) {
  return Hand(lane, std::move(task), options, t_running_for != state_.get());
}

}  // namespace attune::exec

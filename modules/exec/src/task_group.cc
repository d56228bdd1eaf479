#include "attune/exec/task_group.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "ring.h"

namespace attune::exec {

namespace {

// Invitations of one group that are in the executor at once: more than there are workers to
// follow them, and few enough to leave the lane to others.
constexpr std::size_t kInvitationsMax = 128;

}  // namespace

struct TaskGroup::State {
  State(TaskQueue& group_queue, Lane group_lane, const char* group_name)
      : queue(group_queue), lane(group_lane), name(group_name) {}

  TaskQueue& queue;
  const Lane lane;
  const char* const name;
  std::mutex mutex;
  std::condition_variable done;
  Ring<Task> pieces;  // nobody has begun these
  std::size_t running = 0;
  std::size_t invitations = 0;  // in the executor
  bool owner_sleeps = false;
  std::optional<Error> error;
  std::stop_source stop;

  // Begins one piece and runs it; false when none waits.
  bool RunOne() {
    Task piece;
    {
      const std::lock_guard lock(mutex);
      if (pieces.empty()) {
        return false;
      }
      piece = pieces.Pop();
      ++running;
    }
    piece.Run();
    Finished();
    return true;
  }

  // After an invitation was followed: whether there is more to do for it.
  bool KeepInvitation() {
    const std::lock_guard lock(mutex);
    const bool keep = invitations <= pieces.size();
    invitations -= keep ? 0U : 1U;
    return keep;
  }

  void EndInvitation() {
    const std::lock_guard lock(mutex);
    --invitations;
  }

  void Finished() {
    const std::lock_guard lock(mutex);
    --running;
    if (running == 0 && pieces.empty()) {
      done.notify_all();
    }
  }

  // Drops what nobody has begun, and asks the rest to stop.
  void Stop(Error why) {
    Ring<Task> dropped;
    const std::stop_source running_ones = Halt(std::move(why), dropped);
    // Without the lock, like the death of the pieces: callbacks and captures may be anything.
    running_ones.request_stop();
  }

  std::stop_source Halt(Error why, Ring<Task>& dropped) {
    const std::lock_guard lock(mutex);
    if (!error) {
      error = std::move(why);
    }
    dropped = std::exchange(pieces, {});
    if (running == 0) {
      done.notify_all();
    }
    return stop;
  }
};

// Invites somebody to help. A refusal is no failure: who waits for the group does the piece.
void TaskGroup::Invite(const std::shared_ptr<State>& state) {
  Task invitation(
      [state] {
        (void)state->RunOne();
        if (state->KeepInvitation()) {
          Invite(state);
        }
      },
      [state](const Error&) { state->EndInvitation(); });
  if (!state->queue.TrySubmit(state->lane, std::move(invitation), {.name = state->name}).ok()) {
    state->EndInvitation();
  }
}

TaskGroup::TaskGroup(TaskQueue& queue, Lane lane, const char* name)
    : state_(std::make_shared<State>(queue, lane, name)) {}

TaskGroup::~TaskGroup() {
  Cancel();
  (void)Wait();
}

void TaskGroup::Add(Task piece) {
  Task overflow;
  bool invite = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->error) {
      return;  // cancelled: dropped like the others
    }
    if (state_->pieces.size() < kPiecesMax) {
      state_->pieces.Push(std::move(piece));
      if (state_->owner_sleeps) {
        state_->done.notify_all();  // a piece added a piece: the owner can help again
      }
      invite = state_->invitations < kInvitationsMax;
      state_->invitations += invite ? 1U : 0U;
    } else {
      overflow = std::move(piece);
      ++state_->running;
    }
  }
  if (overflow) {
    overflow.Run();
    state_->Finished();
  } else if (invite) {
    Invite(state_);
  }
}

Status TaskGroup::Wait() {
  while (state_->RunOne()) {
  }
  std::unique_lock lock(state_->mutex);
  while (state_->running > 0 || !state_->pieces.empty()) {
    if (!state_->pieces.empty()) {
      lock.unlock();
      (void)state_->RunOne();
      lock.lock();
      continue;
    }
    state_->owner_sleeps = true;
    state_->done.wait(lock, [this] { return state_->running == 0 || !state_->pieces.empty(); });
    state_->owner_sleeps = false;
  }
  std::optional<Error> error = std::exchange(state_->error, std::nullopt);
  if (!error) {
    return OkStatus();
  }
  state_->stop = std::stop_source();
  return *std::move(error);
}

void TaskGroup::Fail(Error error) { state_->Stop(std::move(error)); }

void TaskGroup::Cancel() {
  state_->Stop(Error(ErrorCode::kCancelled, std::string("group '") + state_->name + "' was cancelled"));
}

std::stop_token TaskGroup::stop_token() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->stop.get_token();
}

}  // namespace attune::exec

#pragma once
// TaskGroup: work split into pieces that are waited for together (fork and join).
//
//   TaskGroup group(executor, Lane::kBackground, "merge");
//   for (Segment& segment : segments) group.Run([&] { return Merge(segment); });
//   ATTUNE_RETURN_IF_ERROR(group.Wait());
//
// Who waits helps: Wait runs pieces of its own group that nobody has begun, and sleeps
// only while the last ones run elsewhere. So groups inside pieces of groups never deadlock,
// however few workers there are, and a full or stopped executor only means less help.
//
// Ownership  borrows the queue, whose tasks may speak of the group after its end, so that the queue lives
//            longer; and whatever the pieces capture. The group waits for its pieces before it dies.
// Threads    Run and Cancel also from pieces; Wait and destruction belong to the owner.
// Cost       a piece is one entry in the group and one in the executor.
// Errors     a piece answers nothing or a Status. The first error cancels the group:
//            pieces that have not begun are dropped, stop_token() asks the others. Wait answers that error.

#include <concepts>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <type_traits>

#include "attune/base/result.h"
#include "attune/exec/task_queue.h"

namespace attune::exec {

class TaskGroup {
 public:
  // Beyond this many pieces that wait, Run does the next one itself: a bound on memory that also slows
  // down who splits faster than the workers work.
  static constexpr std::size_t kPiecesMax = 1024;

  explicit TaskGroup(TaskQueue& queue, Lane lane = Lane::kBackground, const char* name = "group");
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();  // Cancel and Wait

  template <typename Piece>
    requires(std::is_invocable_v<Piece&>)
  void Run(Piece piece) {
    if constexpr (std::is_void_v<std::invoke_result_t<Piece&>>) {
      Add(std::move(piece));
    } else {
      static_assert(std::same_as<std::invoke_result_t<Piece&>, Status>, "a piece answers nothing or a Status");
      Add([this, piece = std::move(piece)]() mutable {
        if (Status status = piece(); !status.ok()) {
          Fail(std::move(status).error());
        }
      });
    }
  }

  // Waits for every piece; the first error, kCancelled after Cancel. The group can be used again then.
  Status Wait();

  void Cancel();
  std::stop_token stop_token() const noexcept;  // of the pieces that run until the next Wait returns

 private:
  struct State;
  static void Invite(const std::shared_ptr<State>& state);
  void Add(Task piece);
  void Fail(Error error);

  std::shared_ptr<State> state_;  // shared with entries in the executor, which may outlive the group
};

}  // namespace attune::exec

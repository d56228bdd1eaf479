#pragma once
// The parts of the table of operations, one for each subject, and what their functions share.

#include <array>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "attune/engine/engine.h"
#include "attune/exec/task_queue.h"
#include "attune/server/operations.h"

namespace attune::server {

std::span<const Operation> SearchOperations();
std::span<const Operation> NoteOperations();
std::span<const Operation> ChatOperations();
std::span<const Operation> SourceOperations();
std::span<const Operation> SteeringOperations();  // knobs, decisions and status
std::span<const Operation> ServiceOperations();   // health, metrics, the document, events, MCP

// What every list takes. `before_help` says what `before` leaves out; `id_prefix` is that of the list's ids.
constexpr std::array<Parameter, 2> Paging(std::string_view before_help, char id_prefix) {
  return {
      Parameter{.name = "limit",
                .place = Place::kQuery,
                .shape = Shape::kInteger,
                .help = "How many at most.",
                .min = 1,
                .max = 200,
                .default_json = "50"},
      Parameter{
          .name = "before", .place = Place::kQuery, .shape = Shape::kId, .help = before_help, .id_prefix = id_prefix}};
}

// Runs `work` on a thread of the engine, so that a thread that waits for sockets never
// waits for a disk. Exactly one of both functions is called: `refused` when the engine is
// too busy or ends.
void RunOn(engine::Engine& engine, exec::Lane lane, std::function<void()> work,
           std::function<void(const Error&)> refused);

// Somebody waits for a short read: before any work of reading sources.
void RunRead(engine::Engine& engine, Done done, std::function<void(const Done&)> work);
// What may take long.
void RunChange(engine::Engine& engine, Done done, std::function<void(const Done&)> work);

// done(render(*result)), or done(error).
template <typename T, typename Render>
void Reply(Result<T> result, const Done& done, Render render, int status = 200) {
  if (!result.ok()) {
    done(std::move(result).error());
    return;
  }
  done(Answer{.status = status, .body = render(*result)});
}

inline void ReplyNothing(const Status& result, const Done& done) {
  if (!result.ok()) {
    done(Error(result.error()));
    return;
  }
  done(Answer{.status = 204, .body = {}, .content_type = {}});
}

}  // namespace attune::server

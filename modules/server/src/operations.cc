#include "attune/server/operations.h"

#include <algorithm>

#include "attune/exec/executor.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

constexpr Duration kStartWithin = std::chrono::seconds(10);  // nobody waits longer for a read to begin

std::vector<Operation> Collect() {
  std::vector<Operation> all;
  for (const auto group : {SearchOperations(), NoteOperations(), ChatOperations(), SourceOperations(),
                           SteeringOperations(), ServiceOperations()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace

void RunOn(engine::Engine& engine, exec::Lane lane, std::function<void()> work,
           std::function<void(const Error&)> refused) {
  exec::Task task(std::move(work), refused);
  const exec::TaskOptions options{.name = "request", .deadline = engine.clock().Now() + kStartWithin};
  if (Status status = engine.executor().TrySubmit(lane, std::move(task), options); !status.ok()) {
    refused(status.error());
  }
}

namespace {

void RunFor(engine::Engine& engine, exec::Lane lane, Done done, std::function<void(const Done&)> work) {
  auto refused = [done](const Error& why) { done(why); };
  RunOn(engine, lane, [done = std::move(done), work = std::move(work)] { work(done); }, std::move(refused));
}

}  // namespace

void RunRead(engine::Engine& engine, Done done, std::function<void(const Done&)> work) {
  RunFor(engine, exec::Lane::kInteractive, std::move(done), std::move(work));
}

void RunChange(engine::Engine& engine, Done done, std::function<void(const Done&)> work) {
  RunFor(engine, exec::Lane::kBlocking, std::move(done), std::move(work));
}

std::span<const Operation> Operations() {
  static const std::vector<Operation> kAll = Collect();
  return kAll;
}

const Operation* FindOperation(std::string_view name) {
  const auto found = std::ranges::find(Operations(), name, &Operation::name);
  return found == Operations().end() ? nullptr : &*found;
}

const Operation* FindTool(std::string_view tool) {
  if (tool.empty()) return nullptr;
  const auto found = std::ranges::find(Operations(), tool, &Operation::tool);
  return found == Operations().end() ? nullptr : &*found;
}

}  // namespace attune::server

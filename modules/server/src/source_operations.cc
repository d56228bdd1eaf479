// The folders that are read and watched.

#include <array>

#include "attune/server/to_json.h"
#include "checked_arguments.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

constexpr std::array kAddBody = std::to_array<Parameter>({
    {.name = "root", .help = "Absolute path of the folder.", .required = true, .min = 1, .max = 4096},
    {.name = "name", .help = "What to call it; the last part of the path when absent.", .max = 128},
});
constexpr std::array kNamePath = std::to_array<Parameter>({
    {.name = "name", .place = Place::kPath, .help = "Name of a source.", .required = true, .min = 1, .max = 128},
});

void ListSources(Engine& engine, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200, .body = ToJsonList("sources", engine.status().sources)});
}

void AddSource(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  RunChange(engine, std::move(done),
            [&engine, root = arguments.Text("root"), name = arguments.Text("name")](const Done& reply) {
              Reply(engine.AddSource(root, name), reply, [](const auto& source) { return ToJson(source); }, 201);
            });
}

void RemoveSource(Engine& engine, const Value& object, Done done) {
  RunChange(engine, std::move(done), [&engine, name = CheckedArguments(object).Text("name")](const Done& reply) {
    ReplyNothing(engine.RemoveSource(name), reply);
  });
}

constexpr std::array kSourceOperations = std::to_array<Operation>({
    {.name = "list_sources",
     .method = Method::kGet,
     .path = "/v1/sources",
     .summary = "What is read and watched, how far it is, and what is skipped and why.",
     .answer = "SourceList",
     .run = ListSources},
    {.name = "add_source",
     .method = Method::kPost,
     .path = "/v1/sources",
     .summary = "Read and watch one more folder.",
     .parameters = kAddBody,
     .body = BodyKind::kJson,
     .success = 201,
     .answer = "Source",
     .run = AddSource},
    {.name = "remove_source",
     .method = Method::kDelete,
     .path = "/v1/sources/{name}",
     .summary = "Stop watching a folder and forget what was read from it. Its files stay as they are.",
     .parameters = kNamePath,
     .success = 204,
     .run = RemoveSource},
});

}  // namespace

std::span<const Operation> SourceOperations() { return kSourceOperations; }

}  // namespace attune::server

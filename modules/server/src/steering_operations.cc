// Watching the whole and turning its knobs.

#include <array>

#include "attune/server/to_json.h"
#include "checked_arguments.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

constexpr Parameter kKnobName{
    .name = "name", .place = Place::kPath, .help = "Name of a knob.", .required = true, .min = 1, .max = 128};
constexpr std::array kKnobPath = std::to_array<Parameter>({kKnobName});
constexpr std::array kPinParameters = std::to_array<Parameter>({
    kKnobName,
    {.name = "value",
     .shape = Shape::kScalar,
     .help = "The value, as the list of knobs writes it.",
     .required = true,
     .min = 1,
     .max = 128},
});

constexpr auto kDecisionPaging = Paging("Only decisions older than this one.", 'd');
constexpr std::array kJournalParameters = std::to_array<Parameter>({
    kDecisionPaging[0],
    kDecisionPaging[1],
    {.name = "about",
     .place = Place::kQuery,
     .help = "Only what begins so: a knob (ingest.share), a cache (cache.answers), all caches (cache.).",
     .max = 128},
});

void ListKnobs(Engine& engine, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200, .body = ToJsonList("knobs", engine.Knobs())});
}

void PinKnob(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  RunChange(engine, std::move(done),
            [&engine, name = arguments.Text("name"), value = arguments.Text("value")](const Done& reply) {
              Reply(engine.PinKnob(name, value), reply, [](const auto& knob) { return ToJson(knob); });
            });
}

void UnpinKnob(Engine& engine, const Value& object, Done done) {
  RunChange(engine, std::move(done), [&engine, name = CheckedArguments(object).Text("name")](const Done& reply) {
    Reply(engine.UnpinKnob(name), reply, [](const auto& knob) { return ToJson(knob); });
  });
}

void ReadJournal(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  const auto decisions =
      engine.Decisions(arguments.Count("limit"), arguments.Integer("before"), arguments.Text("about"));
  done(Answer{.status = 200, .body = ToJsonList("decisions", decisions)});
}

void ReadStatus(Engine& engine, const Value& /*arguments*/, Done done) {
  done(Answer{.status = 200, .body = ToJson(engine.status())});
}

constexpr std::array kSteeringOperations = std::to_array<Operation>({
    {.name = "list_knobs",
     .method = Method::kGet,
     .path = "/v1/knobs",
     .summary = "Everything that can be turned, with its value, its default and who changed it.",
     .answer = "KnobList",
     .run = ListKnobs},
    {.name = "pin_knob",
     .method = Method::kPut,
     .path = "/v1/knobs/{name}",
     .summary = "Set a knob and keep the autopilot from turning it.",
     .parameters = kPinParameters,
     .body = BodyKind::kJson,
     .answer = "Knob",
     .run = PinKnob},
    {.name = "unpin_knob",
     .method = Method::kDelete,
     .path = "/v1/knobs/{name}",
     .summary = "Give a knob back to its default and to the autopilot.",
     .parameters = kKnobPath,
     .answer = "Knob",
     .run = UnpinKnob},
    {.name = "read_journal",
     .method = Method::kGet,
     .path = "/v1/journal",
     .summary = "What controllers, caches and people decided since the start, and why, newest first.",
     .parameters = kJournalParameters,
     .answer = "Journal",
     .run = ReadJournal},
    {.name = "status",
     .method = Method::kGet,
     .path = "/v1/status",
     .summary = "The whole state: reading, sources, search latency, memory, index, store, warnings.",
     .answer = "Status",
     .tool = "status",
     .tool_help = "What is indexed, how far reading is, and whether memory and latency stay within their budgets.",
     .run = ReadStatus},
});

}  // namespace

std::span<const Operation> SteeringOperations() { return kSteeringOperations; }

}  // namespace attune::server

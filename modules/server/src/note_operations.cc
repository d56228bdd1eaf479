// Remembering, listing and forgetting notes.

#include <array>

#include "attune/server/to_json.h"
#include "checked_arguments.h"
#include "operation_groups.h"

namespace attune::server {
namespace {

using engine::Engine;
using state::Value;

constexpr std::array kRememberBody = std::to_array<Parameter>({
    {.name = "text", .help = "What to remember.", .required = true, .min = 1, .max = 1 << 20},
    {.name = "title", .help = "A short heading.", .max = 512},
    {.name = "tags", .shape = Shape::kTextList, .help = "Words to file it under.", .max = 32},
});
constexpr std::array kNotePaging = Paging("Only notes older than this one.", 'n');
constexpr std::array kNotePath = std::to_array<Parameter>({
    {.name = "id",
     .place = Place::kPath,
     .shape = Shape::kId,
     .help = "Id of a note.",
     .required = true,
     .id_prefix = 'n'},
});

void Remember(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  engine::Note draft;
  draft.text = arguments.Text("text");
  draft.title = arguments.Text("title");
  draft.tags = arguments.Texts("tags");
  engine.Remember(std::move(draft), [done = std::move(done)](Result<engine::Note> note) {
    Reply(std::move(note), done, [](const auto& stored) { return ToJson(stored); }, 201);
  });
}

void ListNotes(Engine& engine, const Value& object, Done done) {
  const CheckedArguments arguments(object);
  RunRead(engine, std::move(done),
          [&engine, limit = arguments.Count("limit"), before = arguments.Integer("before")](const Done& reply) {
            Reply(engine.Notes(limit, before), reply, [](const auto& notes) { return ToJsonList("notes", notes); });
          });
}

void ForgetNote(Engine& engine, const Value& object, Done done) {
  const std::string id = IdText('n', CheckedArguments(object).Integer("id"));
  engine.Forget(id, [done = std::move(done)](const Status& result) { ReplyNothing(result, done); });
}

constexpr std::array kNoteOperations = std::to_array<Operation>({
    {.name = "remember",
     .method = Method::kPost,
     .path = "/v1/notes",
     .summary = "Remember a note. The answer means that it is stored and searchable.",
     .parameters = kRememberBody,
     .body = BodyKind::kJson,
     .success = 201,
     .answer = "Note",
     .tool = "remember",
     .tool_help = "Remember a fact, decision or preference for later conversations. It is stored durably and can be "
                  "found with search and recall.",
     .run = Remember},
    {.name = "list_notes",
     .method = Method::kGet,
     .path = "/v1/notes",
     .summary = "Notes, newest first.",
     .parameters = kNotePaging,
     .answer = "NoteList",
     .run = ListNotes},
    {.name = "forget_note",
     .method = Method::kDelete,
     .path = "/v1/notes/{id}",
     .summary = "Forget a note.",
     .parameters = kNotePath,
     .success = 204,
     .run = ForgetNote},
});

}  // namespace

std::span<const Operation> NoteOperations() { return kNoteOperations; }

}  // namespace attune::server

#include "write_notes.h"

#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"

namespace attune::store {
namespace {

Result<NoteId> InsertNote(WriteScope& scope, const PutNote& op, const std::string& tags) {
  Query query(scope.connection,
              "INSERT INTO notes(text, title, tags, created_at, updated_at, deleted) VALUES (?1, ?2, ?3, ?4, ?5, 0)");
  query.Bind(op.text, op.title, tags, op.created_at.value_or(scope.now), scope.now);
  ATTUNE_RETURN_IF_ERROR(query.Run());
  return NoteId{scope.connection.last_insert_row()};
}

}  // namespace

Result<std::string> JoinTags(const std::vector<std::string>& tags) {
  std::string lines;
  for (const std::string& tag : tags) {
    if (tag.empty() || tag.find('\n') != std::string::npos) {
      return Error(ErrorCode::kInvalidArgument, "the tag '" + tag + "' is empty or has a line break");
    }
    if (!lines.empty()) lines.push_back('\n');
    lines.append(tag);
  }
  return lines;
}

std::vector<std::string> SplitTags(std::string_view lines) {
  std::vector<std::string> tags;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    tags.emplace_back(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return tags;
}

Result<NoteId> Apply(WriteScope& scope, const PutNote& op) {
  ATTUNE_ASSIGN_OR_RETURN(const std::string tags, JoinTags(op.tags));
  scope.bytes += op.text.size();
  if (!op.id) return InsertNote(scope, op, tags);
  Query query(scope.connection,
              "UPDATE notes SET text = ?, title = ?, tags = ?, updated_at = ?, created_at = COALESCE(?, created_at), "
              "deleted = 0 WHERE id = ?");
  ATTUNE_RETURN_IF_ERROR(query.Bind(op.text, op.title, tags, scope.now, op.created_at, op.id.value).Run());
  if (scope.connection.changed_rows() == 1) return op.id;
  return Error(ErrorCode::kNotFound, "there is no note " + std::to_string(op.id.value));
}

Result<bool> Apply(WriteScope& scope, const RemoveNote& op) {
  Query query(scope.connection, "UPDATE notes SET deleted = 1, updated_at = ? WHERE id = ? AND deleted = 0");
  ATTUNE_RETURN_IF_ERROR(query.Bind(scope.now, op.id.value).Run());
  return scope.connection.changed_rows() == 1;
}

Result<void> Apply(WriteScope& scope, const PinKnob& op) {
  if (op.name.empty()) return Error(ErrorCode::kInvalidArgument, "a knob needs a name");
  return Query(scope.connection, "INSERT OR REPLACE INTO knob_pins(name, value) VALUES (?, ?)")
      .Bind(op.name, op.value)
      .Run();
}

Result<bool> Apply(WriteScope& scope, const UnpinKnob& op) {
  ATTUNE_RETURN_IF_ERROR(Query(scope.connection, "DELETE FROM knob_pins WHERE name = ?").Bind(op.name).Run());
  return scope.connection.changed_rows() == 1;
}

}  // namespace attune::store

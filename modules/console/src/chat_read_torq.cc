// A tab of TORQ Console: messages in one line, each with a `type` for its role.
#include <utility>

#include "chat_content.h"
#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_readers.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

// Besides user, assistant and system there are context, error and checkpoint: all
// three are notes of the program in between.
std::string RoleOf(std::string_view type) {
  if (type == "context" || type == "error" || type == "checkpoint") return "system";
  return NormalRole(type);
}

void AddTorqMessage(const state::Value& source, ChatDraft& draft, ImportTally& tally) {
  const std::string_view type = TextField(source, {"type", "role"});
  ChatMessage message;
  message.role = RoleOf(type);
  if (message.role.empty()) {
    tally.Problem(ChatSkip::kBrokenMessage, "message " + std::to_string(draft.nodes()) + " has no type");
    return;
  }
  const state::Value* content = source.Find("content");
  if (content != nullptr) message.content = ReadBlocks(*content).text;
  if (message.content.empty()) {
    tally.Skip(ChatSkip::kEmptyMessage);
    return;
  }
  message.external_id = TextField(source, {"id"});
  message.model = TextField(source, {"model"});
  message.created_at = ReadTimestamp(source.Find("timestamp"));
  state::Object kept;
  if (message.role != type) kept.Set("type", type);
  CopyFields(source, {"tokens", "context_matches"}, kept);
  if (const state::Value* metadata = source.Find("metadata"); metadata != nullptr && metadata->AsObject() != nullptr) {
    for (const state::Member& member : *metadata->AsObject()) kept.Set(member.key, member.value);
  }
  message.metadata = MetadataOf(std::move(kept));
  if (!draft.Add(std::move(message), {})) tally.Skip(ChatSkip::kDuplicateMessage);
}

}  // namespace

Chat ReadTorqChat(const state::Value& element, ImportTally& tally) {
  Chat chat;
  chat.external_id = TextField(element, {"id"});
  chat.title = TextField(element, {"title"});
  chat.origin = OriginOf(ChatShape::kTorq);
  chat.model = TextField(element, {"model"});
  chat.created_at = ReadTimestamp(element.Find("created_at"));
  chat.updated_at = ReadTimestamp(element.Find("last_accessed"));
  state::Object kept;
  CopyFields(element, {"status", "workspace_path", "system_prompt", "context_state", "metadata"}, kept);
  chat.metadata = MetadataOf(std::move(kept));

  ChatDraft draft(chat.external_id);
  for (const state::Value& message : *element.Find("messages")->AsArray()) AddTorqMessage(message, draft, tally);
  std::move(draft).Finish({}, chat, tally.report());
  return chat;
}

}  // namespace attune::console

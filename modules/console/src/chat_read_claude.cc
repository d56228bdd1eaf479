#include <utility>

#include "chat_content.h"
#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_readers.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

// The parent of every first message in exports that name parents.
constexpr std::string_view kNoMessage = "00000000-0000-4000-8000-000000000000";

// Files that were given along: their names, and their text where the export has it.
void AppendFiles(const state::Value& message, std::string_view key, std::string& text) {
  const state::Value* files = message.Find(key);
  if (files == nullptr || files->AsArray() == nullptr) return;
  for (const state::Value& file : *files->AsArray()) {
    std::string block = "[attachment: ";
    block += TextField(file, {"file_name", "name"});
    block += ']';
    if (const std::string_view extracted = TextField(file, {"extracted_content"}); !extracted.empty()) {
      block += '\n';
      block += extracted;
    }
    AppendParagraph(text, block);
  }
}

ChatContent ContentOf(const state::Value& message) {
  ChatContent content;
  if (const state::Value* blocks = message.Find("content")) content = ReadBlocks(*blocks);
  // Older exports have the text here only; newer ones have it in both places.
  if (content.text.empty()) content.text = TextField(message, {"text"});
  AppendFiles(message, "attachments", content.text);
  AppendFiles(message, "files", content.text);
  AppendFiles(message, "files_v2", content.text);
  return content;
}

DraftLink LinkOfMessage(const state::Value& message) {
  const state::Value* parent = message.Find("parent_message_uuid");
  if (parent == nullptr) return {};
  const std::string_view id = TextField(message, {"parent_message_uuid"});
  if (id.empty() || id == kNoMessage) return {DraftLink::Kind::kRoot, {}};
  return {DraftLink::Kind::kNamed, std::string(id)};
}

void AddClaudeMessage(const state::Value& source, ChatDraft& draft, ImportTally& tally) {
  const std::string id(TextField(source, {"uuid"}));
  ChatMessage message;
  message.role = NormalRole(TextField(source, {"sender"}));
  if (message.role.empty()) {
    tally.Problem(ChatSkip::kBrokenMessage, "message " + std::to_string(draft.nodes()) + " has no sender");
    if (!id.empty()) draft.AddGap(id, LinkOfMessage(source));
    return;
  }
  ChatContent content = ContentOf(source);
  if (content.text.empty() && content.thinking.empty()) {
    tally.Skip(ChatSkip::kEmptyMessage);
    if (!id.empty()) draft.AddGap(id, LinkOfMessage(source));
    return;
  }
  message.external_id = id;
  message.content = std::move(content.text);
  message.created_at = ReadTimestamp(source.Find("created_at"));
  state::Object kept;
  if (!content.thinking.empty()) kept.Set("thinking", content.thinking);
  message.metadata = MetadataOf(std::move(kept));
  if (!draft.Add(std::move(message), LinkOfMessage(source))) {
    tally.Problem(ChatSkip::kDuplicateMessage, "message id '" + id + "' comes twice");
  }
}

}  // namespace

Chat ReadClaudeChat(const state::Value& element, ImportTally& tally) {
  Chat chat;
  chat.external_id = TextField(element, {"uuid", "id"});
  chat.title = TextField(element, {"name", "title"});
  chat.origin = OriginOf(ChatShape::kClaude);
  chat.model = TextField(element, {"model"});
  chat.created_at = ReadTimestamp(element.Find("created_at"));
  chat.updated_at = ReadTimestamp(element.Find("updated_at"));
  state::Object kept;
  CopyFields(element, {"summary", "is_starred"}, kept);
  chat.metadata = MetadataOf(std::move(kept));

  ChatDraft draft(chat.external_id);
  for (const state::Value& message : *element.Find("chat_messages")->AsArray()) AddClaudeMessage(message, draft, tally);
  std::move(draft).Finish(TextField(element, {"current_leaf_message_uuid"}), chat, tally.report());
  return chat;
}

}  // namespace attune::console

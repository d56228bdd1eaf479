#include <utility>

#include "chat_content.h"
#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_readers.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

// Never shown to the user: the system message at the top, and what the interface hides.
bool IsHidden(const state::Value& message) {
  const state::Value* metadata = message.Find("metadata");
  if (metadata != nullptr && FlagField(*metadata, "is_visually_hidden_from_conversation")) return true;
  const state::Value* weight = message.Find("weight");
  return weight != nullptr && weight->AsDouble() == 0.0;
}

std::string RoleOf(const state::Value& message) {
  const state::Value* author = message.Find("author");
  return author != nullptr ? NormalRole(TextField(*author, {"role"})) : std::string();
}

state::Value MessageMetadata(const state::Value& message, const state::Value& content, std::string thinking) {
  state::Object kept;
  const std::string_view type = TextField(content, {"content_type"});
  if (type != "text") kept.Set("content_type", type);
  if (const state::Value* author = message.Find("author")) {
    if (const std::string_view name = TextField(*author, {"name"}); !name.empty()) kept.Set("name", name);
  }
  if (const std::string_view to = TextField(message, {"recipient"}); !to.empty() && to != "all")
    kept.Set("recipient", to);
  if (const state::Value* metadata = message.Find("metadata"))
    CopyFields(*metadata, {"attachments", "citations"}, kept);
  if (!thinking.empty()) kept.Set("thinking", thinking);
  return MetadataOf(std::move(kept));
}

DraftLink LinkOfNode(const state::Value& node) {
  const std::string_view parent = TextField(node, {"parent"});
  if (parent.empty()) return {DraftLink::Kind::kRoot, {}};
  return {DraftLink::Kind::kNamed, std::string(parent)};
}

// The message of a node, or nothing if the node is a gap in the tree.
std::optional<ChatMessage> ReadNode(const std::string& id, const state::Value& node, ImportTally& tally) {
  const state::Value* message = node.Find("message");
  if (message == nullptr || message->is_null()) return std::nullopt;  // the root of every export is such a node
  if (IsHidden(*message)) {
    tally.Skip(ChatSkip::kHiddenMessage);
    return std::nullopt;
  }
  ChatMessage read;
  read.role = RoleOf(*message);
  const state::Value* content = message->Find("content");
  if (read.role.empty() || content == nullptr) {
    tally.Problem(ChatSkip::kBrokenMessage, "node '" + id + "' has a message without role or content");
    return std::nullopt;
  }
  ChatContent text = ReadChatGptContent(*content);
  if (text.text.empty() && text.thinking.empty()) {
    tally.Skip(ChatSkip::kEmptyMessage);
    return std::nullopt;
  }
  read.external_id = id;
  read.content = std::move(text.text);
  read.created_at = ReadTimestamp(message->Find("create_time"));
  if (const state::Value* metadata = message->Find("metadata")) read.model = TextField(*metadata, {"model_slug"});
  read.metadata = MessageMetadata(*message, *content, std::move(text.thinking));
  return read;
}

void AddNode(const std::string& id, const state::Value& node, ChatDraft& draft, ImportTally& tally) {
  if (const state::Value* children = node.Find("children"); children != nullptr && children->AsArray() != nullptr) {
    for (const state::Value& child : *children->AsArray()) {
      if (const auto name = child.AsString()) draft.AddChildHint(id, *name);
    }
  }
  // The mapping's keys are unique; only ids that were cut to their hash could meet.
  auto message = ReadNode(id, node, tally);
  const bool added = message ? draft.Add(*std::move(message), LinkOfNode(node)) : draft.AddGap(id, LinkOfNode(node));
  if (!added) tally.Skip(ChatSkip::kDuplicateMessage);
}

}  // namespace

Chat ReadChatGptChat(const state::Value& element, ImportTally& tally) {
  Chat chat;
  chat.external_id = TextField(element, {"conversation_id", "id"});
  chat.title = TextField(element, {"title"});
  chat.origin = OriginOf(ChatShape::kChatGpt);
  chat.model = TextField(element, {"default_model_slug"});
  chat.created_at = ReadTimestamp(element.Find("create_time"));
  chat.updated_at = ReadTimestamp(element.Find("update_time"));
  state::Object kept;
  CopyFields(element, {"gizmo_id", "conversation_template_id", "is_archived", "is_starred", "memory_scope"}, kept);
  chat.metadata = MetadataOf(std::move(kept));

  ChatDraft draft(chat.external_id);
  for (const state::Member& member : *element.Find("mapping")->AsObject()) {
    AddNode(member.key.empty() ? "node" : member.key, member.value, draft, tally);
  }
  std::move(draft).Finish(TextField(element, {"current_node"}), chat, tally.report());
  return chat;
}

}  // namespace attune::console

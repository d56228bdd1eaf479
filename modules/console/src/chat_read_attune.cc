// The lossless format that chat_export.h writes.
#include <utility>

#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_readers.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

state::Value ObjectField(const state::Value& object, std::string_view key) {
  const state::Value* field = object.Find(key);
  return field != nullptr && field->AsObject() != nullptr ? *field : state::Value();
}

void AddAttuneMessage(const state::Value& source, ChatDraft& draft, ImportTally& tally) {
  ChatMessage message;
  message.external_id = TextField(source, {"id"});
  message.role = TextField(source, {"role"});
  if (message.role.empty()) {
    tally.Problem(ChatSkip::kBrokenMessage, "message '" + message.external_id + "' has no role");
    return;
  }
  message.content = TextField(source, {"content"});
  message.model = TextField(source, {"model"});
  message.created_at = ReadTimestamp(source.Find("created_at"));
  message.metadata = ObjectField(source, "metadata");
  const std::string_view parent = TextField(source, {"parent_id"});
  DraftLink link{DraftLink::Kind::kRoot, {}};
  if (!parent.empty()) link = {DraftLink::Kind::kNamed, std::string(parent)};
  const std::string id = message.external_id;
  if (!draft.Add(std::move(message), std::move(link))) {
    tally.Problem(ChatSkip::kDuplicateMessage, "message id '" + id + "' comes twice");
  }
}

}  // namespace

Chat ReadAttuneChat(const state::Value& element, ImportTally& tally) {
  Chat chat;
  chat.external_id = TextField(element, {"id"});
  chat.title = TextField(element, {"title"});
  chat.origin = TextField(element, {"origin"});
  if (chat.origin.empty()) chat.origin = OriginOf(ChatShape::kAttune);
  chat.model = TextField(element, {"model"});
  chat.created_at = ReadTimestamp(element.Find("created_at"));
  chat.updated_at = ReadTimestamp(element.Find("updated_at"));
  chat.metadata = ObjectField(element, "metadata");

  ChatDraft draft(chat.external_id);
  if (const state::Value* messages = element.Find("messages"); messages != nullptr && messages->AsArray() != nullptr) {
    for (const state::Value& message : *messages->AsArray()) AddAttuneMessage(message, draft, tally);
  }
  std::move(draft).Finish(TextField(element, {"head_id"}), chat, tally.report());
  return chat;
}

}  // namespace attune::console

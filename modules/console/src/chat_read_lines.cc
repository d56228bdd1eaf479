// Messages with a role and a content, a line each or in a list: what logs, fine-tuning
// files and agents' session files have in common.
#include <algorithm>
#include <array>
#include <utility>

#include "chat_content.h"
#include "chat_draft.h"
#include "chat_fields.h"
#include "chat_readers.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

constexpr std::array<std::string_view, 3> kIdKeys = {"id", "message_id", "uuid"};
constexpr std::array<std::string_view, 4> kParentKeys = {"parent_id", "parent", "parent_message_id", "parentUuid"};
constexpr std::array<std::string_view, 6> kTimeKeys = {"created_at", "timestamp", "create_time",
                                                       "createdAt",  "time",      "date"};
constexpr std::array<std::string_view, 4> kChatIdKeys = {"id", "chat_id", "conversation_id", "uuid"};

// Some files wrap the message into a record with its id and time.
const state::Value& BodyOf(const state::Value& line) {
  const state::Value* body = line.Find("message");
  return body != nullptr && body->AsObject() != nullptr ? *body : line;
}

// Ids may be numbers.
std::string IdField(const state::Value& object, FieldNames keys) {
  const state::Value* field = AnyField(object, keys);
  if (field == nullptr) return {};
  if (const auto text = field->AsString()) return std::string(*text);
  if (const auto number = field->AsInt()) return std::to_string(*number);
  return {};
}

void ReadParent(const state::Value& line, LineMessage& read) {
  read.parent = IdField(line, kParentKeys);
  if (!read.parent.empty()) {
    read.parent_kind = LineMessage::Parent::kNamed;
    return;
  }
  const bool says_none = std::any_of(kParentKeys.begin(), kParentKeys.end(), [&](std::string_view key) {
    const state::Value* field = line.Find(key);
    return field != nullptr && field->is_null();
  });
  read.parent_kind = says_none ? LineMessage::Parent::kRoot : LineMessage::Parent::kPrevious;
}

// Calls of tools stand beside the content in the format of OpenAI's interface.
void AppendToolCalls(const state::Value& body, std::string& text) {
  const state::Value* calls = body.Find("tool_calls");
  if (calls == nullptr || calls->AsArray() == nullptr) return;
  for (const state::Value& call : *calls->AsArray()) {
    const state::Value* function = call.Find("function");
    if (function == nullptr) continue;
    std::string block = "[tool use: ";
    block += TextField(*function, {"name"});
    block += ']';
    if (const std::string_view arguments = TextField(*function, {"arguments"}); !arguments.empty()) {
      block += "\n" + Fenced(arguments, "json");
    }
    AppendParagraph(text, block);
  }
}

// A list without an id is known by everything that it says.
std::string ListId(const state::Array& list, std::string_view source_name) {
  std::string said;
  for (const state::Value& message : list) {
    const state::Value* content = AnyField(message, {"content", "text", "value"});
    said += NormalRole(TextField(message, {"role", "from", "sender"}));
    said += '\0';
    if (content != nullptr) said += ReadBlocks(*content).text;
    said += '\0';
  }
  return DeriveId({source_name, said});
}

}  // namespace

DraftLink LinkOf(const LineMessage& read) {
  switch (read.parent_kind) {
    case LineMessage::Parent::kRoot:
      return {DraftLink::Kind::kRoot, {}};
    case LineMessage::Parent::kNamed:
      return {DraftLink::Kind::kNamed, read.parent};
    case LineMessage::Parent::kPrevious:
      break;
  }
  return {};
}

std::optional<LineMessage> ReadLineMessage(const state::Value& line, ImportTally& tally) {
  const state::Value& body = BodyOf(line);
  LineMessage read;
  read.message.role = NormalRole(TextField(body, {"role", "sender", "from", "author"}));
  if (read.message.role.empty()) {
    tally.Problem(ChatSkip::kBrokenMessage, "a message without a role");
    return std::nullopt;
  }
  ChatContent content;
  if (const state::Value* said = AnyField(body, {"content", "text", "value"})) content = ReadBlocks(*said);
  if (content.text.empty() && &body == &line) content.text = TextField(line, {"message"});
  AppendToolCalls(body, content.text);
  if (content.text.empty() && content.thinking.empty()) {
    tally.Skip(ChatSkip::kEmptyMessage);
    return std::nullopt;
  }
  read.message.external_id = IdField(line, kIdKeys);
  read.message.content = std::move(content.text);
  read.message.model = TextField(body, {"model"});
  read.message.created_at = ReadTimestamp(AnyField(line, kTimeKeys));
  ReadParent(line, read);
  state::Object kept;
  CopyFields(body, {"name", "tool_call_id"}, kept);
  if (!content.thinking.empty()) kept.Set("thinking", content.thinking);
  if (const state::Value* metadata = line.Find("metadata"); metadata != nullptr && metadata->AsObject() != nullptr) {
    for (const state::Member& member : *metadata->AsObject()) kept.Set(member.key, member.value);
  }
  read.message.metadata = MetadataOf(std::move(kept));
  return read;
}

std::string_view ChatIdOfLine(const state::Value& line) {
  return TextField(line,
                   {"chat_id", "conversation_id", "conversation", "thread_id", "session_id", "sessionId", "session"});
}

Chat ReadMessageList(const state::Value& element, std::string_view source_name, ImportTally& tally) {
  const state::Value* list = element.Find("messages");
  if (list == nullptr || list->AsArray() == nullptr) list = element.Find("conversations");
  const state::Array& messages = *list->AsArray();
  Chat chat;
  chat.external_id = IdField(element, kChatIdKeys);
  if (chat.external_id.empty()) chat.external_id = ListId(messages, source_name);
  chat.title = TextField(element, {"title", "name"});
  chat.origin = OriginOf(ChatShape::kMessageList);
  chat.model = TextField(element, {"model"});
  chat.created_at = ReadTimestamp(AnyField(element, {"created_at", "create_time", "createdAt", "timestamp"}));
  chat.updated_at = ReadTimestamp(AnyField(element, {"updated_at", "update_time", "updatedAt"}));

  ChatDraft draft(chat.external_id);
  for (const state::Value& message : messages) {
    auto read = ReadLineMessage(message, tally);
    if (!read) continue;
    const DraftLink link = LinkOf(*read);
    if (!draft.Add(std::move(read->message), link)) tally.Skip(ChatSkip::kDuplicateMessage);
  }
  std::move(draft).Finish({}, chat, tally.report());
  return chat;
}

}  // namespace attune::console

#include "read_chats.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/result.h"
#include "write_notes.h"

namespace attune::store {
namespace {

constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max();

Chat ChatOf(const Query& row) {
  return Chat{.id = {row.Int(0)},
              .external_id = row.String(1),
              .title = row.String(2),
              .origin = row.String(3),
              .model = row.String(4),
              .created_at = row.Time(5),
              .updated_at = row.Time(6),
              .head = {row.Int(7)},
              .message_count = row.Count(8),
              .metadata_json = row.String(9),
              .archived = row.Int(10) != 0,
              .branch_count = row.Count(11)};
}

// A message is a leaf when no other names it as its parent, and a chat has as many branches.
#define ATTUNE_CHAT_COLUMNS_                                                                                 \
  "id, external_id, title, origin, model, created_at, updated_at, head, message_count, metadata, archived, " \
  "(SELECT COUNT(*) - COUNT(DISTINCT parent_id) FROM messages WHERE chat_id = chats.id)"

Message MessageOf(const Query& row) {
  return Message{.id = {row.Int(0)},
                 .chat = {row.Int(1)},
                 .parent = {row.Int(2)},
                 .external_id = row.String(3),
                 .role = row.String(4),
                 .content = row.String(5),
                 .model = row.String(6),
                 .created_at = row.Time(7),
                 .metadata_json = row.String(8),
                 .tokens = row.IsNull(9) ? std::nullopt : std::optional(row.Small(9))};
}

Note NoteOf(const Query& row) {
  return Note{.id = {row.Int(0)},
              .text = row.String(1),
              .title = row.String(2),
              .tags = SplitTags(row.Text(3)),
              .created_at = row.Time(4),
              .updated_at = row.Time(5),
              .deleted = row.Int(6) != 0};
}

template <typename Record>
Result<std::optional<Record>> TakeOne(Query& query, Record (*decode)(const Query&)) {
  std::optional<Record> record;
  if (query.Next()) record = decode(query);
  ATTUNE_RETURN_IF_ERROR(query.status());
  return record;
}

template <typename Record>
Result<std::vector<Record>> TakeAll(Query& query, Record (*decode)(const Query&)) {
  std::vector<Record> records;
  while (query.Next()) records.push_back(decode(query));
  ATTUNE_RETURN_IF_ERROR(query.status());
  return records;
}

Error NotInChat(MessageId message, ChatId chat) {
  return Error(ErrorCode::kNotFound,
               "there is no message " + std::to_string(message.value) + " in chat " + std::to_string(chat.value));
}

}  // namespace

Result<std::vector<Chat>> ListChats(Connection& connection, const ChatListQuery& list) {
  Query query(connection, "SELECT " ATTUNE_CHAT_COLUMNS_
                          " FROM chats WHERE (updated_at, id) < (?, ?) AND (? OR archived = 0) "
                          "ORDER BY updated_at DESC, id DESC LIMIT ?");
  const std::int64_t before_time = list.before_time ? list.before_time->time_since_epoch().count() : kEndOfTime;
  query.Bind(before_time, list.before ? list.before.value : 0, list.archived ? 1 : 0,
             static_cast<std::uint64_t>(list.limit));
  return TakeAll(query, &ChatOf);
}

Result<std::optional<Chat>> ReadChat(Connection& connection, ChatId id) {
  Query query(connection, "SELECT " ATTUNE_CHAT_COLUMNS_ " FROM chats WHERE id = ?");
  return TakeOne(query.Bind(id.value), &ChatOf);
}

Result<std::optional<Chat>> FindChat(Connection& connection, std::string_view external_id) {
  Query query(connection, "SELECT " ATTUNE_CHAT_COLUMNS_ " FROM chats WHERE external_id = ?");
  return TakeOne(query.Bind(external_id), &ChatOf);
}

Result<std::optional<Message>> ReadMessage(Connection& connection, MessageId id) {
  Query query(connection,
              "SELECT id, chat_id, parent_id, external_id, role, content, model, created_at, metadata, tokens "
              "FROM messages WHERE id = ?");
  return TakeOne(query.Bind(id.value), &MessageOf);
}

Result<MessagePage> ReadMessagePage(Connection& connection, ChatId chat, const MessagesQuery& page) {
  ATTUNE_ASSIGN_OR_RETURN(const Snapshot snapshot, Snapshot::Begin(connection));
  // Not ReadChat: it counts branches, which is a look at every message.
  Query head(connection, "SELECT head FROM chats WHERE id = ?");
  if (!head.Bind(chat.value).Next()) {
    ATTUNE_RETURN_IF_ERROR(head.status());
    return Error(ErrorCode::kNotFound, "there is no chat " + std::to_string(chat.value));
  }
  MessagePage result;
  MessageId next = page.from ? page.from : MessageId{head.Int(0)};
  while (next && result.messages.size() < page.limit) {
    ATTUNE_ASSIGN_OR_RETURN(auto message, ReadMessage(connection, next));
    if (!message || message->chat != chat) return NotInChat(next, chat);
    // Parents are older than their children, so a damaged database cannot make this a circle.
    if (message->parent >= next) return Error(ErrorCode::kCorruption, NotInChat(message->parent, chat).message());
    next = message->parent;
    result.messages.push_back(*std::move(message));
  }
  std::reverse(result.messages.begin(), result.messages.end());
  result.earlier = next;
  return result;
}

Result<std::vector<Message>> NextMessages(Connection& connection, ChatId chat, MessageId after, std::size_t limit) {
  Query query(connection,
              "SELECT id, chat_id, parent_id, external_id, role, content, model, created_at, metadata, tokens "
              "FROM messages WHERE chat_id = ? AND id > ? ORDER BY id LIMIT ?");
  return TakeAll(query.Bind(chat.value, after.value, static_cast<std::uint64_t>(limit)), &MessageOf);
}

Result<std::optional<Note>> ReadNote(Connection& connection, NoteId id) {
  Query query(connection, "SELECT id, text, title, tags, created_at, updated_at, deleted FROM notes WHERE id = ?");
  return TakeOne(query.Bind(id.value), &NoteOf);
}

Result<std::vector<Note>> ListNotes(Connection& connection, const NoteListQuery& list) {
  Query query(connection,
              "SELECT id, text, title, tags, created_at, updated_at, deleted FROM notes "
              "WHERE id < ? AND (? OR deleted = 0) ORDER BY id DESC LIMIT ?");
  query.Bind(list.before ? list.before.value : kEndOfTime, list.deleted ? 1 : 0,
             static_cast<std::uint64_t>(list.limit));
  return TakeAll(query, &NoteOf);
}

Result<std::vector<KnobPin>> ReadKnobPins(Connection& connection) {
  Query query(connection, "SELECT name, value FROM knob_pins ORDER BY name");
  std::vector<KnobPin> pins;
  while (query.Next()) pins.push_back(KnobPin{.name = query.String(0), .value = query.String(1)});
  ATTUNE_RETURN_IF_ERROR(query.status());
  return pins;
}

}  // namespace attune::store

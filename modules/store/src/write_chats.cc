#include "write_chats.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "attune/base/result.h"

namespace attune::store {
namespace {

Error NoChat(ChatId chat) { return Error(ErrorCode::kNotFound, "there is no chat " + std::to_string(chat.value)); }

Error NoMessage(MessageId message, ChatId chat) {
  return Error(ErrorCode::kNotFound,
               "there is no message " + std::to_string(message.value) + " in chat " + std::to_string(chat.value));
}

// nullopt: no such chat; a head of 0: it is empty.
Result<std::optional<MessageId>> FindHead(WriteScope& scope, ChatId chat) {
  Query query(scope.connection, "SELECT head FROM chats WHERE id = ?");
  std::optional<MessageId> head;
  if (query.Bind(chat.value).Next()) head = MessageId{query.Int(0)};
  ATTUNE_RETURN_IF_ERROR(query.status());
  return head;
}

Status ExpectMessage(WriteScope& scope, ChatId chat, MessageId message) {
  Query query(scope.connection, "SELECT 1 FROM messages WHERE id = ? AND chat_id = ?");
  const bool found = query.Bind(message.value, chat.value).Next();
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found ? OkStatus() : Status(NoMessage(message, chat));
}

Result<MessageId> FindByExternalId(WriteScope& scope, ChatId chat, std::string_view external_id) {
  Query query(scope.connection, "SELECT id FROM messages WHERE chat_id = ? AND external_id = ?");
  MessageId found;
  if (query.Bind(chat.value, external_id).Next()) found.value = query.Int(0);
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found;
}

std::optional<std::int64_t> ValueOrNull(MessageId id) { return id ? std::optional(id.value) : std::nullopt; }

// Message is AppendMessage or ImportedMessage: the fields have the same names.
template <typename Message>
Result<MessageId> Insert(WriteScope& scope, ChatId chat, MessageId parent, const Message& message) {
  Query query(
      scope.connection,
      "INSERT INTO messages(chat_id, parent_id, external_id, role, content, model, created_at, metadata, tokens) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Bind(chat.value, ValueOrNull(parent), TextOrNull{message.external_id}, message.role, message.content,
             message.model, message.created_at.value_or(scope.now), message.metadata_json, message.tokens);
  ATTUNE_RETURN_IF_ERROR(query.Run());
  scope.bytes += message.content.size() + message.metadata_json.size();
  return MessageId{scope.connection.last_insert_row()};
}

Status MoveHead(WriteScope& scope, ChatId chat, MessageId head, std::uint64_t added, WallTime updated_at) {
  Query query(
      scope.connection,
      "UPDATE chats SET head = ?, message_count = message_count + ?, updated_at = MAX(updated_at, ?) WHERE id = ?");
  return query.Bind(ValueOrNull(head), added, updated_at, chat.value).Run();
}

Result<ChatId> InsertChat(WriteScope& scope, const CreateChat& op) {
  Query query(scope.connection,
              "INSERT INTO chats(external_id, title, origin, model, created_at, updated_at, metadata) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)");
  query.Bind(TextOrNull{op.external_id}, op.title, op.origin, op.model, op.created_at.value_or(scope.now),
             op.metadata_json);
  ATTUNE_RETURN_IF_ERROR(query.Run());
  return ChatId{scope.connection.last_insert_row()};
}

Result<ChatId> FindChatRow(WriteScope& scope, std::string_view external_id) {
  Query query(scope.connection, "SELECT id FROM chats WHERE external_id = ?");
  ChatId found;
  if (query.Bind(external_id).Next()) found.value = query.Int(0);
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found;
}

// Finds parents among what was just imported first, then among what is stored.
class ImportedIds {
 public:
  ImportedIds(WriteScope& scope, ChatId chat, bool chat_is_new)
      : scope_(scope), chat_(chat), chat_is_new_(chat_is_new) {}

  void Add(std::string_view external_id, MessageId id) { seen_.emplace(external_id, id); }

  Result<MessageId> Find(std::string_view external_id) {
    const auto seen = seen_.find(external_id);
    if (seen != seen_.end()) return seen->second;
    if (chat_is_new_) return MessageId{};
    return FindByExternalId(scope_, chat_, external_id);
  }

 private:
  WriteScope& scope_;
  ChatId chat_;
  bool chat_is_new_;
  std::unordered_map<std::string_view, MessageId> seen_;  // views into the operation
};

Result<MessageId> FindParent(ImportedIds& ids, const ImportedMessage& message) {
  if (message.parent_external_id.empty()) return MessageId{};
  ATTUNE_ASSIGN_OR_RETURN(const MessageId parent, ids.Find(message.parent_external_id));
  if (parent) return parent;
  return Error(ErrorCode::kInvalidArgument, "message '" + message.external_id + "' names the parent '" +
                                                message.parent_external_id + "', which is not before it");
}

Status ImportMessages(WriteScope& scope, const ImportChat& op, ImportedIds& ids, ImportChatOutcome& outcome) {
  for (const ImportedMessage& message : op.messages) {
    if (message.external_id.empty())
      return Error(ErrorCode::kInvalidArgument, "an imported message needs an external id");
    ATTUNE_ASSIGN_OR_RETURN(const MessageId known, ids.Find(message.external_id));
    if (known) {
      ++outcome.unchanged;
      ids.Add(message.external_id, known);
      continue;
    }
    ATTUNE_ASSIGN_OR_RETURN(const MessageId parent, FindParent(ids, message));
    ATTUNE_ASSIGN_OR_RETURN(const MessageId added, Insert(scope, outcome.chat, parent, message));
    outcome.added.push_back(added);
    ids.Add(message.external_id, added);
  }
  return OkStatus();
}

Result<MessageId> FindImportedHead(const ImportChat& op, ImportedIds& ids) {
  if (op.head_external_id.empty()) return ids.Find(op.messages.back().external_id);
  ATTUNE_ASSIGN_OR_RETURN(const MessageId head, ids.Find(op.head_external_id));
  if (head) return head;
  return Error(ErrorCode::kInvalidArgument,
               "chat '" + op.external_id + "' names the head '" + op.head_external_id + "', which it does not have");
}

WallTime LatestTime(const ImportChat& op, WallTime otherwise) {
  if (op.updated_at) return *op.updated_at;
  WallTime latest{};
  for (const ImportedMessage& message : op.messages) latest = std::max(latest, message.created_at.value_or(latest));
  return latest == WallTime{} ? otherwise : latest;
}

}  // namespace

Result<ChatId> Apply(WriteScope& scope, const CreateChat& op) {
  if (!op.external_id.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(const ChatId taken, FindChatRow(scope, op.external_id));
    if (taken) {
      return Error(ErrorCode::kConflict,
                   "chat " + std::to_string(taken.value) + " has the external id '" + op.external_id + "' already");
    }
  }
  return InsertChat(scope, op);
}

Result<void> Apply(WriteScope& scope, const UpdateChat& op) {
  ATTUNE_ASSIGN_OR_RETURN(const auto head, FindHead(scope, op.chat));
  if (!head) return NoChat(op.chat);
  if (op.head && !ExpectMessage(scope, op.chat, *op.head).ok()) {
    return Error(ErrorCode::kInvalidArgument, NoMessage(*op.head, op.chat).message() + ", so it cannot be the head");
  }
  Query query(
      scope.connection,
      "UPDATE chats SET title = COALESCE(?, title), metadata = COALESCE(?, metadata), "
      "archived = COALESCE(?, archived), head = COALESCE(?, head), updated_at = MAX(updated_at, ?) WHERE id = ?");
  const auto new_head = op.head ? ValueOrNull(*op.head) : std::nullopt;
  return query.Bind(op.title, op.metadata_json, op.archived, new_head, scope.now, op.chat.value).Run();
}

Result<MessageId> Apply(WriteScope& scope, const AppendMessage& op) {
  ATTUNE_ASSIGN_OR_RETURN(const auto head, FindHead(scope, op.chat));
  if (!head) return NoChat(op.chat);
  if (!op.external_id.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(const MessageId known, FindByExternalId(scope, op.chat, op.external_id));
    if (known) return known;
  }
  if (op.parent) ATTUNE_RETURN_IF_ERROR(ExpectMessage(scope, op.chat, op.parent));
  ATTUNE_ASSIGN_OR_RETURN(const MessageId added, Insert(scope, op.chat, op.parent ? op.parent : *head, op));
  ATTUNE_RETURN_IF_ERROR(MoveHead(scope, op.chat, added, 1, op.created_at.value_or(scope.now)));
  return added;
}

Result<ImportChatOutcome> Apply(WriteScope& scope, const ImportChat& op) {
  if (op.external_id.empty()) return Error(ErrorCode::kInvalidArgument, "an imported chat needs an external id");
  ImportChatOutcome outcome;
  ATTUNE_ASSIGN_OR_RETURN(outcome.chat, FindChatRow(scope, op.external_id));
  if (!outcome.chat) {
    outcome.created = true;
    const CreateChat create{.external_id = op.external_id,
                            .title = op.title,
                            .origin = op.origin,
                            .model = op.model,
                            .created_at = op.created_at,
                            .metadata_json = op.metadata_json};
    ATTUNE_ASSIGN_OR_RETURN(outcome.chat, InsertChat(scope, create));
  }
  ImportedIds ids(scope, outcome.chat, outcome.created);
  ATTUNE_RETURN_IF_ERROR(ImportMessages(scope, op, ids, outcome));
  if (outcome.added.empty()) return outcome;
  ATTUNE_ASSIGN_OR_RETURN(const MessageId head, FindImportedHead(op, ids));
  ATTUNE_RETURN_IF_ERROR(MoveHead(scope, outcome.chat, head, outcome.added.size(), LatestTime(op, scope.now)));
  return outcome;
}

Result<std::vector<MessageId>> Apply(WriteScope& scope, const DeleteChat& op) {
  std::vector<MessageId> removed;
  {
    Query query(scope.connection, "SELECT id FROM messages WHERE chat_id = ? ORDER BY id");
    query.Bind(op.chat.value);
    while (query.Next()) removed.push_back(MessageId{query.Int(0)});
    ATTUNE_RETURN_IF_ERROR(query.status());
  }
  ATTUNE_RETURN_IF_ERROR(Query(scope.connection, "DELETE FROM messages WHERE chat_id = ?").Bind(op.chat.value).Run());
  ATTUNE_RETURN_IF_ERROR(Query(scope.connection, "DELETE FROM chats WHERE id = ?").Bind(op.chat.value).Run());
  if (scope.connection.changed_rows() == 0) return NoChat(op.chat);
  return removed;
}

}  // namespace attune::store

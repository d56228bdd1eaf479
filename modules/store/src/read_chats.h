#pragma once
// Reading chats, messages, notes and knob pins.

#include <optional>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/store/records.h"
#include "attune/store/store.h"
#include "connection.h"

namespace attune::store {

Result<std::vector<Chat>> ListChats(Connection& connection, const ChatListQuery& list);
Result<std::optional<Chat>> ReadChat(Connection& connection, ChatId id);
Result<std::optional<Chat>> FindChat(Connection& connection, std::string_view external_id);
Result<std::optional<Message>> ReadMessage(Connection& connection, MessageId id);
Result<MessagePage> ReadMessagePage(Connection& connection, ChatId chat, const MessagesQuery& page);
// The next `limit` messages of the chat above `after`, on all branches.
Result<std::vector<Message>> NextMessages(Connection& connection, ChatId chat, MessageId after, std::size_t limit);

Result<std::optional<Note>> ReadNote(Connection& connection, NoteId id);
Result<std::vector<Note>> ListNotes(Connection& connection, const NoteListQuery& list);
Result<std::vector<KnobPin>> ReadKnobPins(Connection& connection);

}  // namespace attune::store

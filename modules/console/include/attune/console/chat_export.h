#pragma once
// Chats as text to keep, to read and to take elsewhere.
//
//   WriteChat(ChatFileFormat::kMarkdown, chat, out);
//
// kAttune    one JSON object a line a chat; ImportChats gives back an equal Chat.
// kJsonLines one JSON object a line a message, with chat_id, id and parent_id.
// kMarkdown  to read: the current branch first, then every other branch from where it leaves.
// kChatGpt   one conversation with its `mapping`, for programs that read ChatGPT's
//            exports. Put several into an array with ',' between them.
//
// Threads    pure functions.
// Cost       linear in the text; appends to `out`.
// Errors     none. REQUIRES: CheckChat(chat).

#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/result.h"
#include "attune/console/chat.h"

namespace attune::console {

enum class ChatFileFormat : std::uint8_t { kAttune, kJsonLines, kMarkdown, kChatGpt };

// "attune", "jsonl", "markdown", "chatgpt"; kInvalidArgument lists these.
Result<ChatFileFormat> ParseChatFileFormat(std::string_view name);

// Every line, and every chat, ends with '\n'.
void WriteChat(ChatFileFormat format, const Chat& chat, std::string& out);

}  // namespace attune::console

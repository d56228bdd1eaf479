#pragma once
// Chat: a conversation as a tree of messages, whoever wrote it down first. An
// edited or regenerated message is a branch beside the old one; nothing is lost
// by going back.
//
//   for (const std::size_t i : CurrentBranch(chat)) Show(chat.messages[i].role, chat.messages[i].content);
//
// Ownership  plain values that own their strings.
// Threads    const access from many threads is safe; anything else is not.
// Cost       CurrentBranch and CheckChat are linear in the messages.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/state/value.h"

namespace attune::console {

struct ChatMessage {
  std::string external_id{};            // stable over imports, unique within its chat, never empty
  std::optional<std::size_t> parent{};  // index of an earlier message; none for a root
  std::string role{};                   // "user", "assistant", "system", "tool", or what the source says, lower case
  std::string content{};                // readable text: code in fences, attachments and tool calls as marked blocks
  std::string model{};
  std::optional<WallTime> created_at{};
  state::Value metadata{};  // an object or null: what the source says and no field above holds

  friend bool operator==(const ChatMessage&, const ChatMessage&) = default;
};

struct Chat {
  std::string external_id{};  // stable over imports, never empty
  std::string title{};
  std::string origin{};  // "chatgpt", "claude", "jsonl", "torq", "attune", …
  std::string model{};
  std::optional<WallTime> created_at{};
  std::optional<WallTime> updated_at{};
  state::Value metadata{};              // an object or null
  std::vector<ChatMessage> messages{};  // every message behind its parent
  std::optional<std::size_t> head{};    // the leaf of the branch that is shown; none only without messages

  friend bool operator==(const Chat&, const Chat&) = default;
};

// Names the first field that breaks a promise written beside it above.
Status CheckChat(const Chat& chat);

// From the root to the head.
// REQUIRES: CheckChat(chat).
std::vector<std::size_t> CurrentBranch(const Chat& chat);

}  // namespace attune::console

#include <cstddef>
#include <utility>

#include "chat_fields.h"
#include "chat_readers.h"

namespace attune::console {
namespace {

const state::Value* FirstOf(const state::Value* list) { return list != nullptr ? list->At(0) : nullptr; }

bool IsList(const state::Value* value) { return value != nullptr && value->AsArray() != nullptr; }

// The last message of a TORQ tab and of no other format has `type` for its role.
bool LooksLikeTab(const state::Value& element) {
  if (!IsList(element.Find("messages"))) return false;
  if (element.Find("context_state") != nullptr || element.Find("last_accessed") != nullptr) return true;
  const state::Value* first = FirstOf(element.Find("messages"));
  return first != nullptr && first->Find("role") == nullptr && first->Find("context_matches") != nullptr;
}

}  // namespace

ChatShape ShapeOf(const state::Value& element) noexcept {
  if (element.AsObject() == nullptr) return ChatShape::kUnknown;
  if (const state::Value* mapping = element.Find("mapping"); mapping != nullptr && mapping->AsObject() != nullptr) {
    return ChatShape::kChatGpt;
  }
  if (IsList(element.Find("chat_messages"))) return ChatShape::kClaude;
  if (TextField(element, {"format"}) == "attune.chat") return ChatShape::kAttune;
  if (LooksLikeTab(element)) return ChatShape::kTorq;
  if (IsList(element.Find("messages")) || IsList(element.Find("conversations"))) return ChatShape::kMessageList;
  const state::Value* body = element.Find("message");
  const state::Value& message = body != nullptr && body->AsObject() != nullptr ? *body : element;
  const bool has_role = !TextField(message, {"role", "sender", "from", "author"}).empty();
  const bool has_content = AnyField(message, {"content", "text", "value", "message"}) != nullptr;
  return has_role && has_content ? ChatShape::kMessage : ChatShape::kUnknown;
}

std::string_view OriginOf(ChatShape shape) noexcept {
  switch (shape) {
    case ChatShape::kChatGpt:
      return "chatgpt";
    case ChatShape::kClaude:
      return "claude";
    case ChatShape::kAttune:
      return "attune";
    case ChatShape::kTorq:
      return "torq";
    case ChatShape::kMessageList:
    case ChatShape::kMessage:
      return "jsonl";
    case ChatShape::kUnknown:
      break;
  }
  return "unknown";
}

void ImportTally::Problem(ChatSkip reason, std::string what) {
  Skip(reason);
  if (on_problem_) on_problem_(reason, std::move(what));
}

}  // namespace attune::console
